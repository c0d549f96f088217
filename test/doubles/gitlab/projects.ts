import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { CommitStatusSchema } from '@gitbeaker/core';
import { type Git, gitIn } from './git.ts';
import type { MergeRequest } from './merge-request.ts';

/** gitbeaker's type, with null where GitLab answers that and gitbeaker takes it for left out. */
export type StatusReply = { [Key in keyof CommitStatusSchema]: CommitStatusSchema[Key] | null };

/** A project, with what a test may change of it. */
export interface Project {
  readonly id: number;
  /** `acme/team/hello` */
  readonly path: string;
  readonly directory: string;
  readonly git: Git;
  /** Nothing can be written. */
  archived: boolean;
  /** Tokens do not see it. */
  hidden: boolean;
  /** Nobody may push to these. */
  readonly protectedBranches: Set<string>;
  /** The role of whoever asks, by their group; null for a member by an invitation of theirs. */
  accessLevel: number | null;
  /** What `compare_timeout` says. */
  compareTimesOut: boolean;
  readonly mergeRequests: MergeRequest[];
  readonly statuses: StatusReply[];
}

/** The projects of a directory of bare repositories: `NAME.git` is `acme/NAME` and `acme/team/NAME`. */
export interface Projects {
  /** By its number, or its path; undefined for none. */
  find(id: string): Project | undefined;
  /** Stands in where a request is about no project. */
  readonly none: Project;
  /** Old paths of projects that moved, and where to. */
  readonly moved: Map<string, string>;
}

const PATH = /^acme\/(?:team\/)?([^/]+)$/;

export function projectsOf(directory: string): Projects {
  const projects: Project[] = [];
  const make = (path: string): Project | undefined => {
    const bare = join(directory, `${PATH.exec(path)?.[1] ?? ''}.git`);
    if (!PATH.test(path) || !existsSync(bare)) {
      return undefined;
    }
    const project = newProject(projects.length + 1, path, bare);
    projects.push(project);
    return project;
  };
  return {
    find: (id) =>
      projects.find((project) => project.path === id || String(project.id) === id) ??
      (id.includes('/') ? make(id) : undefined),
    none: newProject(0, '', directory),
    moved: new Map(),
  };
}

function newProject(id: number, path: string, directory: string): Project {
  return {
    id,
    path,
    directory,
    git: gitIn(directory),
    archived: false,
    hidden: false,
    protectedBranches: new Set(),
    accessLevel: 30,
    compareTimesOut: false,
    mergeRequests: [],
    statuses: [],
  };
}
