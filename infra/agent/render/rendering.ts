import { createHash } from 'node:crypto';
import type { Cluster } from '../cluster/cluster.ts';
import type { LeftOut } from './left-out.ts';
import { openMemory } from './memory.ts';
import { render } from './render.ts';
import type { Rendered } from './rendered.ts';
import type { SandboxMode } from './sandbox.ts';
import { openTools } from './tools.ts';
import { readVariables, type Variables, type VariablesRef } from './variables-from.ts';

/** What the command line says of rendering. */
export interface RenderSettings {
  readonly kustomize: string;
  readonly helm: string;
  readonly sops: string;
  readonly sopsAgeKeyFile?: string | undefined;
  /** Milliseconds, for one call of one of these. */
  readonly renderTimeout: number;
  /** Bytes, likewise. */
  readonly renderMemory: number;
  /** Whether they run where no sandbox can be made as well. */
  readonly renderSandbox: SandboxMode;
  /** Where variables are; with none, `${NAME}` is text. */
  readonly variablesFrom: readonly VariablesRef[];
}

/** Where it is rendered for. */
export interface RenderPlace {
  /** Like PATH. */
  readonly searchPath: string;
  readonly cluster: Pick<Cluster, 'read'>;
  /** Of the objects that hold variables. */
  readonly ownNamespace: string;
  /** Of the releases of charts that do not say. */
  readonly defaultNamespace: string;
}

/** More than any cluster takes. */
const MAX_OUTPUT_BYTES = 64 * 1024 * 1024;

/** A revision, and the way to its files. */
export interface RevisionFiles {
  readonly commit: string;
  readonly paths: readonly string[];
  /** Gives the directory with the files to the work, and what it lacks, and removes it then. */
  readonly use: (work: (directory: string, left?: readonly LeftOut[]) => Promise<Rendered>) => Promise<Rendered>;
}

/**
 * Renders a revision with the variables as they are in the cluster then. What would be the same as the last time is not
 * rendered again, and its files are not asked for.
 */
export type Rendering = (revision: RevisionFiles) => Promise<Rendered>;

/** Ties rendering to the tools and the cluster that settings name. */
export function openRendering(
  settings: RenderSettings,
  { searchPath, cluster, ownNamespace, defaultNamespace }: RenderPlace,
): Rendering {
  const { kustomize, helm, sops, variablesFrom } = settings;
  const tools = openTools({
    commands: { kustomize, helm, sops },
    searchPath,
    timeoutMillis: settings.renderTimeout,
    memoryBytes: settings.renderMemory,
    outputBytes: MAX_OUTPUT_BYTES,
    sandbox: settings.renderSandbox,
  });
  const memory = openMemory();
  let last: { readonly made: string; readonly rendered: Rendered } | undefined;
  return async ({ commit, paths, use }) => {
    const variables =
      variablesFrom.length === 0 ? undefined : await readVariables(cluster, ownNamespace, variablesFrom);
    const made = digestOf(commit, variables);
    if (last?.made === made) {
      return last.rendered;
    }
    const { sopsAgeKeyFile: ageKeyFile } = settings;
    const { values, secretNames: secretVariables, secrets = [] } = variables ?? {};
    const options = {
      ...{ tools, namespace: defaultNamespace, ageKeyFile, read: memory.next() },
      ...{ variables: values, secretVariables },
    };
    const found = await use(async (directory, left) => render(directory, paths, { ...options, left }));
    const rendered = { ...found, secrets: [...secrets, ...found.secrets] };
    // What failed may succeed the next time: a command took too long, or a key came late.
    last = rendered.failures.length === 0 ? { made, rendered } : undefined;
    return rendered;
  };
}

/** All that a rendering depends on besides the settings; of variables only the hash is kept. */
function digestOf(commit: string, { values = new Map(), secretNames = new Set() }: Partial<Variables> = {}): string {
  return createHash('sha256')
    .update(JSON.stringify([commit, [...values], [...secretNames]]))
    .digest('hex');
}
