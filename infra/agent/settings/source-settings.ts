import { isRefName, sshServer } from '../../../shared/git/address.ts';
import * as z from '../../../shared/schema.ts';
import { ALLOWANCES } from '../prune/deletion-guard.ts';
import {
  count,
  duration,
  file,
  labelName,
  pruneLimit,
  repositoryUrl,
  serviceAccount,
  size,
  text,
  variablesRef,
} from './setting-types.ts';

const MARKER = 'expected the name of a tag as Git allows it, or false';

const credentials = z.strictObject({
  /** Holds a token or `user:password`, for HTTPS. */
  tokenFile: z.optional(file),
  /** A private key; the agent's own where it is left out. */
  sshKeyFile: z.optional(file),
});

/** What the agent follows, and how. Durations are in milliseconds, sizes in bytes. */
export const sourceSchema = z
  .strictObject({
    /** Tells sources apart; the one without has the agent's own name. */
    name: z.optional(labelName),
    url: repositoryUrl,
    branch: z._default(text('the name of a branch'), 'main'),
    /** Folders or files with manifests; `''` is the root. */
    paths: z._default(
      z
        .array(z.string('expected a path'), 'expected a list of paths')
        .check(z.minLength(1, 'expected at least one path')),
      [''],
    ),
    credentials: z.prefault(credentials, {}),
    /** A known_hosts file, for SSH. */
    knownHosts: z.optional(file),
    pollInterval: z.prefault(duration, '15s'),
    /** For one call of git. */
    gitTimeout: z.prefault(duration, '20s'),
    /** What a fetch may bring, and a commit's files may come to. */
    gitMaxSize: z.prefault(size, '100MiB'),
    /** How many files a commit may have. */
    gitMaxFiles: z._default(count, 50_000),
    /** What one process of git may write to of memory. */
    gitMemory: z.prefault(size, '256MiB'),
    verify: z._default(z.enum(['none', 'head', 'all'], 'expected none, head or all'), 'none'),
    /** A folder with `*.asc` and `*.gpg` and `allowed_signers`. */
    verifyKeys: z.optional(file),
    /** A service account that is impersonated. */
    as: z.optional(serviceAccount),
    /** Of objects that do not say; where it is left out the kubeconfig's, in a cluster `default`. */
    defaultNamespace: z.optional(text('a namespace')),
    /** Holds the age keys to decrypt with. */
    sopsAgeKeyFile: z.optional(file),
    /** Where variables are, in the agent's namespace. */
    variablesFrom: z._default(z.array(variablesRef, 'expected a list of configmap/NAME and secret/NAME'), []),
    /** How much one revision may delete. */
    pruneLimit: z.prefault(pruneLimit, '50%'),
    /** What may be lost: what others have in a namespace or definition, the data of a claim that is made anew. */
    pruneAllow: z._default(
      z.array(
        z.enum(ALLOWANCES, 'expected namespaces, crds or claims'),
        'expected a list of namespaces, crds and claims',
      ),
      [],
    ),
    /** The tag that stands on what was applied; `false` for none. */
    marker: z._default(
      z.union([z.string().check(z.refine(isRefName, MARKER)), z.literal(false)], MARKER),
      'sluice-sync',
    ),
    /** How long a revision may take to become healthy. */
    timeout: z.prefault(duration, '5m'),
  })
  .check(
    z.refine(({ verify, verifyKeys }) => verify === 'none' || verifyKeys !== undefined, {
      path: ['verifyKeys'],
      message: 'expected the folder of the keys that verify asks for',
    }),
    z.superRefine(({ url, verify, verifyKeys, knownHosts, credentials: { tokenFile, sshKeyFile } }, context) => {
      const refuse = (isGiven: boolean, message: string, ...path: readonly string[]) => {
        if (isGiven) {
          context.addIssue({ code: 'custom', path: [...path], message });
        }
      };
      const isHttp = /^https?:/.test(url);
      const keys = 'expected verify: head or all beside it; without that no signature is looked at';
      refuse(verify === 'none' && verifyKeys !== undefined, keys, 'verifyKeys');
      refuse(
        sshServer(url) !== undefined && tokenFile !== undefined,
        'expected an http(s) url: a token opens no other',
        'credentials',
        'tokenFile',
      );
      refuse(
        isHttp && sshKeyFile !== undefined,
        'expected a url of SSH: a key opens no other',
        'credentials',
        'sshKeyFile',
      );
      refuse(isHttp && knownHosts !== undefined, 'expected a url of SSH: no other asks for known hosts', 'knownHosts');
    }),
  );

/** One repository, branch and set of paths that are applied as one. */
export type SourceSettings = z.output<typeof sourceSchema>;

/** What inventories and labels name the owner of a source's objects by: the agent, or `agent.source`. */
export function ownerOf(agent: string, { name }: { readonly name?: string | undefined }): string {
  return name === undefined ? agent : `${agent}.${name}`;
}
