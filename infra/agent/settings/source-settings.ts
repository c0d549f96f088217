import * as z from 'zod';
import { isRefName, sshServer } from '../../../shared/git/address.ts';
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
  tokenFile: file.optional(),
  /** A private key; the agent's own where it is left out. */
  sshKeyFile: file.optional(),
});

/** What the agent follows, and how. Durations are in milliseconds, sizes in bytes. */
export const sourceSchema = z
  .strictObject({
    /** Tells sources apart; the one without has the agent's own name. */
    name: labelName.optional(),
    url: repositoryUrl,
    branch: text('the name of a branch').default('main'),
    /** Folders or files with manifests; `''` is the root. */
    paths: z
      .array(z.string('expected a path'), 'expected a list of paths')
      .min(1, 'expected at least one path')
      .default(['']),
    credentials: credentials.prefault({}),
    /** A known_hosts file, for SSH. */
    knownHosts: file.optional(),
    pollInterval: duration.prefault('15s'),
    /** For one call of git. */
    gitTimeout: duration.prefault('20s'),
    /** What a fetch may bring, and a commit's files may come to. */
    gitMaxSize: size.prefault('100MiB'),
    /** How many files a commit may have. */
    gitMaxFiles: count.default(50_000),
    /** What one process of git may write to of memory. */
    gitMemory: size.prefault('256MiB'),
    verify: z.enum(['none', 'head', 'all'], 'expected none, head or all').default('none'),
    /** A folder with `*.asc` and `*.gpg` and `allowed_signers`. */
    verifyKeys: file.optional(),
    /** A service account that is impersonated. */
    as: serviceAccount.optional(),
    /** Of objects that do not say; where it is left out the kubeconfig's, in a cluster `default`. */
    defaultNamespace: text('a namespace').optional(),
    /** Holds the age keys to decrypt with. */
    sopsAgeKeyFile: file.optional(),
    /** Where variables are, in the agent's namespace. */
    variablesFrom: z.array(variablesRef, 'expected a list of configmap/NAME and secret/NAME').default([]),
    /** How much one revision may delete. */
    pruneLimit: pruneLimit.prefault('50%'),
    /** What may be lost: what others have in a namespace or definition, the data of a claim that is made anew. */
    pruneAllow: z
      .array(
        z.enum(ALLOWANCES, 'expected namespaces, crds or claims'),
        'expected a list of namespaces, crds and claims',
      )
      .default([]),
    /** The tag that stands on what was applied; `false` for none. */
    marker: z.union([z.string().refine(isRefName, MARKER), z.literal(false)], MARKER).default('sluice-sync'),
    /** How long a revision may take to become healthy. */
    timeout: duration.prefault('5m'),
  })
  .refine(({ verify, verifyKeys }) => verify === 'none' || verifyKeys !== undefined, {
    path: ['verifyKeys'],
    message: 'expected the folder of the keys that verify asks for',
  })
  .superRefine(({ url, verify, verifyKeys, knownHosts, credentials: { tokenFile, sshKeyFile } }, context) => {
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
  });

/** One repository, branch and set of paths that are applied as one. */
export type SourceSettings = z.output<typeof sourceSchema>;

/** What inventories and labels name the owner of a source's objects by: the agent, or `agent.source`. */
export function ownerOf(agent: string, { name }: { readonly name?: string | undefined }): string {
  return name === undefined ? agent : `${agent}.${name}`;
}
