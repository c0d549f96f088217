import { ecrRegistry } from '../registry/ecr-address.ts';
import { parseSecretReference } from '../secrets/secret-reference.ts';
import { reachOf } from './reach.ts';
import type { RepositoryConfig } from './repository.ts';
import type { Config, RegistryConfig } from './schema.ts';
import { type SecretPlace, secretPlaces } from './secret-places.ts';

/** Where a configuration is to be deployed. */
export interface DeploymentTarget {
  /** The variables that are passed to the functions, beside those of Sluice. */
  readonly variables?: readonly string[];
  /** Of AWS; left out where it is not known. */
  readonly region?: string;
  /** Is it an emulator on this machine, from which loopback is this machine? */
  readonly isEmulated?: boolean;
  /** Do the functions run in a VPC, from which private addresses may be reached? */
  readonly isInVpc?: boolean;
}

/** What a deployment of a good configuration would suffer from, each with its path. */
export interface DeploymentFindings {
  /** What cannot work on AWS. */
  readonly faults: readonly string[];
  /** What works, or may work, otherwise than one might think. */
  readonly warnings: readonly string[];
}

/** Checks what only a deployment to AWS asks for; nothing is asked of anybody. */
export function checkDeployment(config: Config, target: DeploymentTarget = {}): DeploymentFindings {
  const findings = [
    ...secretPlaces(config).flatMap((place) => secretFindings(place, target)),
    ...config.repositories.flatMap((repository, at) =>
      under(`repositories[${at}]`, repositoryFindings(repository, target)),
    ),
    ...config.registries.flatMap((registry, at) => under(`registries[${at}]`, registryFindings(registry, target))),
    ...sweepFindings(config),
  ];
  const textsOf = (kind: Finding['kind']) => findings.filter((one) => one.kind === kind).map(({ text }) => text);
  return { faults: textsOf('fault'), warnings: textsOf('warning') };
}

interface Finding {
  readonly kind: 'fault' | 'warning';
  readonly text: string;
}

const fault = (text: string): readonly Finding[] => [{ kind: 'fault', text }];
const warning = (text: string): readonly Finding[] => [{ kind: 'warning', text }];

function under(path: string, findings: readonly Finding[]): readonly Finding[] {
  return findings.map(({ kind, text }) => ({ kind, text: `${path}.${text}` }));
}

function secretFindings({ path, reference }: SecretPlace, { variables = [] }: DeploymentTarget): readonly Finding[] {
  const { store, name = '' } = parseSecretReference(reference) ?? {};
  if (store === 'env') {
    return variables.includes(name)
      ? warning(`${path}: ${reference} stands readable in the configuration of the functions; ssm: does not`)
      : fault(`${path}: expected ssm: or secretsmanager:, found ${reference}, which no function on Lambda has`);
  }
  if (store === 'file') {
    // The package is unpacked where the functions begin; a layer is at /opt, a file system at /mnt.
    return /^(?:\/(?!opt\/|mnt\/))|(?:^|\/)\.\.(?:\/|$)/.test(name)
      ? fault(`${path}: expected ssm: or secretsmanager:, found ${reference}, which is not on Lambda`)
      : warning(`${path}: ${reference} has to be in the package, where all who may read the functions read it`);
  }
  const rule = store === 'ssm' ? PARAMETER_NAMES.find(({ breaks }) => breaks.test(name)) : undefined;
  return rule === undefined ? [] : fault(`${path}: expected ${rule.expected}, found ${reference}`);
}

/** What Parameter Store asks of names: https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_PutParameter.html */
const PARAMETER_NAMES = [
  { breaks: /^[^/]+\//, expected: 'a name that begins with / where it has folders' },
  { breaks: /\/\/|\/$/, expected: 'a name without empty folders' },
  { breaks: /^\/?(aws|ssm)/i, expected: 'a name that begins with neither aws nor ssm, which AWS keeps for itself' },
  { breaks: /^(\/[^/]*){16}/, expected: 'a name of 15 folders at most' },
];

function repositoryFindings(repository: RepositoryConfig, target: DeploymentTarget): readonly Finding[] {
  const { url, api, credentials, knownHosts } = repository;
  const isOverSsh = url.startsWith('ssh:') || !url.includes('://');
  if (reachOf(url).reach === 'nowhere') {
    return fault(`url: expected https://… or ssh://…, found ${url}, which is not on Lambda`);
  }
  return [
    ...reachFindings('url', url, target),
    ...(api === undefined ? [] : reachFindings('api', api, target)),
    ...(url.startsWith('http:') && credentials !== undefined ? warning('url: http:// sends credentials readable') : []),
    ...(!isOverSsh && credentials === undefined
      ? warning('credentials: none, so that nothing can be committed but where anybody may push')
      : []),
    ...(isOverSsh && credentials === undefined
      ? fault('credentials: expected an SSH key for this url, found none')
      : []),
    ...(isOverSsh && knownHosts === undefined
      ? fault('knownHosts: expected the keys of the host beside an SSH key')
      : []),
  ];
}

function registryFindings(registry: RegistryConfig, target: DeploymentTarget): readonly Finding[] {
  const { host, alsoAt = [], insecure, push, credentials } = registry;
  const ecr = ecrRegistry(host);
  const isElsewhere = ecr !== undefined && target.region !== undefined && ecr.region !== target.region;
  return [
    ...reachFindings('host', `https://${host}`, target),
    ...alsoAt.flatMap((other, at) => reachFindings(`alsoAt[${at}]`, `https://${other}`, target)),
    ...(insecure ? warning('insecure: plain HTTP sends credentials readable, and anybody on the way may answer') : []),
    ...(push === undefined ? warning('push: none, so that only the sweep finds what is pushed there') : []),
    ...(push?.source === 'ecr' && isElsewhere
      ? warning(`push: its events arise in ${ecr.region}; a rule there has to send them to ${target.region}`)
      : []),
    ...(ecr !== undefined && credentials !== undefined
      ? warning('credentials: a token of ECR lives twelve hours; without credentials IAM opens it')
      : []),
  ];
}

/** https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html#rate-based: whole minutes. */
function sweepFindings({ sweep }: Config): readonly Finding[] {
  return sweep.every % 60 === 0 ? [] : fault(`sweep.every: expected whole minutes, found ${sweep.every} s`);
}

function reachFindings(key: string, address: string, target: DeploymentTarget): readonly Finding[] {
  const { host, reach } = reachOf(address);
  if (reach === 'loopback' && target.isEmulated !== true) {
    return fault(`${key}: expected a host that AWS reaches, found ${host}, which is each machine itself`);
  }
  return reach === 'private' && target.isInVpc !== true
    ? warning(`${key}: ${host} can be reached from a VPC only (--param subnets, securityGroups)`)
    : [];
}
