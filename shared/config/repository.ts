import { isSluiceError } from '../errors.ts';
import { branchRef, repositoryAddress } from '../git/address.ts';
import * as z from '../schema.ts';
import { secretReferenceSchema } from '../secrets/secret-reference.ts';
import { templateFaults } from './message-template.ts';

const template = z.string().check(
  z.superRefine((text, context) => {
    for (const message of templateFaults(text)) {
      context.addIssue({ code: 'custom', message });
    }
  }),
);

const person = z.strictObject({ name: z.string().check(z.minLength(1)), email: z.string().check(z.minLength(1)) });

const githubApp = z
  .strictObject({
    app: z.string().check(z.minLength(1), z.describe("The App's id or client id")),
    privateKey: secretReferenceSchema.check(z.describe('Its private key, PEM')),
    installation: z
      .optional(z.int().check(z.positive()))
      .check(z.describe('Found by the repository where it is left out')),
  })
  .check(z.describe('GitHub only: an App that is installed on the repository'));

const delivery = z._default(
  z.strictObject({
    mode: z._default(z.enum(['commit', 'pull-request']), 'commit'),
    skipCi: z
      ._default(z.union([z.boolean(), z.literal('push-option')]), false)
      .check(
        z.describe("true: [ci skip] in the message; push-option: Git's push option ci.skip, for hosts that take it"),
      ),
    pushBranch: z
      .optional(z.string().check(z.minLength(1)))
      .check(z.describe('Commit to this branch instead; for pull requests, what their branches begin with')),
    message: z
      ._default(z.strictObject({ subject: z.optional(template), body: z.optional(template) }), {})
      .check(z.describe('Mustache templates of the commit message; trailers are added to any')),
    group: z
      .optional(z.enum(['branch', 'image']))
      .check(z.describe('One pull request for all that waits for the branch, or one for each image; default: branch')),
    labels: z.optional(z.array(z.string().check(z.minLength(1)))),
    assignees: z.optional(z.array(z.string().check(z.minLength(1)))),
    autoMerge: z.optional(z.boolean()).check(z.describe("Merge when the host's own conditions are met")),
  }),
  { mode: 'commit', skipCi: false, message: {} },
);

/** One repository and branch of `sluice.yml`. */
export const repositorySchema = z.strictObject({
  url: z
    .string()
    .check(
      z.minLength(1, 'expected the URL of a Git repository'),
      z.describe('https://…, ssh://…, git@host:path or a path'),
    ),
  host: z
    .optional(z.enum(['github', 'gitlab', 'git']))
    .check(z.describe("Whose API is spoken; by default that of github.com and gitlab.com, else Git's own")),
  api: z
    .optional(z.url({ protocol: /^https?$/ }))
    .check(z.describe('Base URL of that API, where it is not beside the url')),
  branch: z._default(z.string().check(z.minLength(1)), 'main'),
  paths: z
    ._default(z.array(z.string()).check(z.minLength(1)), [''])
    .check(z.describe('Folders or files that hold manifests, from the root')),
  credentials: z
    .optional(z.union([secretReferenceSchema, githubApp]))
    .check(z.describe('A token, user:password, an SSH private key in OpenSSH form, or a GitHub App')),
  readCredentials: z
    .optional(z.union([secretReferenceSchema, githubApp]))
    .check(z.describe('Of evaluate-policy and sweep, which then hold no token that writes')),
  knownHosts: z.optional(secretReferenceSchema).check(z.describe('SSH only: lines of a known_hosts file')),
  delivery,
  author: z
    .optional(person)
    .check(z.describe('Of the commits; by default the account of the credentials, on plain Git Sluice')),
  committer: z.optional(person).check(z.describe('Of the commits; by default the author')),
});

export type RepositoryConfig = z.output<typeof repositorySchema>;

/** What a repository is opened for: to read it, to commit to it, or to say something of its commits. */
export type RepositoryUse = 'read' | 'commit' | 'status';

/** What opens a repository for a use. */
export function credentialsFor(
  { credentials, readCredentials }: RepositoryConfig,
  use: RepositoryUse,
): RepositoryConfig['credentials'] {
  return use === 'read' ? (readCredentials ?? credentials) : credentials;
}

/** The kind of host that a repository is at. */
export function hostOf({
  host,
  url,
}: {
  readonly host?: RepositoryConfig['host'];
  readonly url: string;
}): 'github' | 'gitlab' | 'git' {
  if (host !== undefined) {
    return host;
  }
  // An SSH key opens no API.
  const name = /^https?:\/\/(?:[^/@]*@)?([^/:]+)/.exec(url)?.[1];
  return name === 'github.com' ? 'github' : name === 'gitlab.com' ? 'gitlab' : 'git';
}

/** Can something be said of a commit beside it? Plain Git has no such thing. */
export function knowsStatuses(repository: RepositoryConfig): boolean {
  return hostOf(repository) !== 'git';
}

/** Faults of one repository that no single value shows, each with the path below it. */
export function repositoryFaults(repository: RepositoryConfig): readonly string[] {
  const { credentials, readCredentials, api, delivery: asked, url, branch, committer } = repository;
  const kind = hostOf(repository);
  const faults = [
    ...addressFaults('url', () => repositoryAddress(url)),
    ...addressFaults('branch', () => branchRef(branch)),
  ];
  for (const [key, value] of Object.entries({ credentials, readCredentials })) {
    if (typeof value === 'object' && kind !== 'github') {
      faults.push(`${key}: expected a secret, found a GitHub App for a repository at ${kind}`);
    }
  }
  if (api !== undefined && kind === 'git') {
    faults.push('api: expected only with host: github or gitlab');
  }
  if (kind !== 'git' && !/^https?:/.test(url)) {
    faults.push(`url: expected https://… for host: ${kind}, found ${url}`);
  }
  if (committer !== undefined && kind === 'gitlab') {
    faults.push("committer: expected none, since GitLab's API takes an author only");
  }
  if (asked.skipCi === 'push-option' && kind !== 'git') {
    faults.push('delivery.skipCi: expected true, since push-option works over Git itself only (host: git)');
  }
  if (asked.mode === 'pull-request' && kind === 'git') {
    faults.push('delivery.mode: expected commit, since plain Git has no pull requests (host: github or gitlab has)');
  }
  if (asked.mode === 'commit') {
    const keys = (['group', 'labels', 'assignees', 'autoMerge'] as const).filter((key) => asked[key] !== undefined);
    faults.push(...keys.map((key) => `delivery.${key}: expected only with mode: pull-request`));
  }
  return faults;
}

function addressFaults(key: string, check: () => unknown): readonly string[] {
  try {
    check();
    return [];
  } catch (error) {
    if (isSluiceError(error, 'config-invalid')) {
      return [`${key}: expected ${error.expected}, found ${error.found}`];
    }
    throw error;
  }
}
