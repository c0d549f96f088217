import { stringify } from 'yaml';
import { SluiceError } from '../../../shared/errors.ts';
import type * as z from '../../../shared/schema.ts';
import { faultInFile } from '../settings/config-faults.ts';
import {
  AGE_KEY_FILE,
  KNOWN_HOSTS_FILE,
  MOUNTS,
  NUDGE_SECRET_FILE,
  REPORT_SECRET_FILE,
  REPORT_TOKEN_FILE,
  TOKEN_FILE,
} from './options.ts';

/** The flags that stand for fields of agent.yml. */
export interface ConfigFlags {
  readonly gitUrl?: string;
  readonly gitBranch: string;
  readonly gitPath: readonly string[];
  readonly gitTokenSecret?: string;
  readonly knownHosts?: string;
  readonly verify?: string;
  readonly verifySecret?: string;
  readonly marker: boolean;
  readonly as: readonly string[];
  readonly reportFunction?: string;
  readonly reportRegion?: string;
  readonly reportEndpoint?: string;
  readonly reportSecret?: string;
  readonly reportTokenSecret?: string;
  readonly nudgeSecret?: string;
  readonly ageSecret?: string;
  readonly variablesFrom: readonly string[];
  readonly targetNamespace: readonly string[];
}

/** The flags by the places in agent.yml that they stand for. */
const FLAGS: Readonly<Record<string, string>> = {
  'sources.0.url': '--git-url',
  'sources.0.branch': '--git-branch',
  'sources.0.paths': '--git-path',
  'sources.0.credentials.tokenFile': '--git-token-secret',
  'sources.0.knownHosts': '--known-hosts',
  'sources.0.verify': '--verify',
  'sources.0.verifyKeys': '--verify-secret',
  'sources.0.as': '--as',
  'sources.0.defaultNamespace': '--target-namespace',
  'sources.0.variablesFrom': '--variables-from',
  reportFunction: '--report-function',
  reportRegion: '--report-region',
  reportEndpoint: '--report-endpoint',
  reportSecretFile: '--report-secret',
  reportTokenFile: '--report-token-secret',
};

/** Says what is wrong in an agent.yml that flags made, by the flag. */
export function faultOfFlag(issue: z.core.$ZodIssue): string {
  const places = issue.path.map((_, index) => issue.path.slice(0, index + 1).join('.'));
  const flag = places.map((place) => FLAGS[place]).findLast((one) => one !== undefined);
  return flag === undefined ? faultInFile(issue) : `${flag}: ${issue.message}`;
}

/**
 * Writes the agent.yml that flags stand for; what Secrets hold is named by the files that it is mounted as.
 *
 * @throws SluiceError `config-invalid` without a repository, or with two accounts to apply as
 */
export function agentConfig(flags: ConfigFlags): string {
  const { gitUrl: url, gitBranch: branch, gitPath, gitTokenSecret, knownHosts, verify, verifySecret, as } = flags;
  if (url === undefined || as.length > 1) {
    throw new SluiceError({
      code: 'config-invalid',
      subject: 'sluice install',
      expected: url === undefined ? '--git-url, or --config with sources' : '--as once',
      found: url === undefined ? 'neither' : as.join(', '),
      next: 'A file for --config may have any number of sources, each with its own account.',
    });
  }
  const source = {
    url,
    branch,
    ...(gitPath.length > 0 && { paths: gitPath }),
    ...(gitTokenSecret !== undefined && { credentials: { tokenFile: TOKEN_FILE } }),
    ...(knownHosts !== undefined && { knownHosts: KNOWN_HOSTS_FILE }),
    ...(verify !== undefined && { verify }),
    ...(verifySecret !== undefined && { verifyKeys: MOUNTS.verify }),
    ...(as[0] !== undefined && { as: as[0] }),
    // What may be applied to one namespace alone goes there where it does not say.
    ...(flags.targetNamespace.length === 1 && { defaultNamespace: flags.targetNamespace[0] }),
    ...(flags.variablesFrom.length > 0 && { variablesFrom: flags.variablesFrom }),
    ...(flags.ageSecret !== undefined && { sopsAgeKeyFile: AGE_KEY_FILE }),
    ...(!flags.marker && { marker: false }),
  };
  const { reportFunction, reportRegion, reportEndpoint, reportSecret, reportTokenSecret, nudgeSecret } = flags;
  return stringify({
    sources: [source],
    ...(reportFunction !== undefined && { reportFunction }),
    ...(reportRegion !== undefined && { reportRegion }),
    ...(reportEndpoint !== undefined && { reportEndpoint }),
    ...(reportSecret !== undefined && { reportSecretFile: REPORT_SECRET_FILE }),
    ...(reportTokenSecret !== undefined && { reportTokenFile: REPORT_TOKEN_FILE }),
    ...(nudgeSecret !== undefined && { nudgeSecretFile: NUDGE_SECRET_FILE }),
  });
}
