import type { Deployment } from './deployment.ts';

/** Why it cannot be packaged or deployed, every fault at once; undefined where it can. */
export function refusalOf({ configFile, isExample, faults }: Deployment, isDeployed: boolean): string | undefined {
  if (isDeployed && isExample) {
    return `sluice.yml: expected what is to be deployed, found none. Copy ${configFile} to sluice.yml and make it yours.`;
  }
  if (faults.length === 0) {
    return undefined;
  }
  const count = faults.length === 1 ? 'a fault' : `${faults.length} faults`;
  return [`${configFile} and the params have ${count}:`, ...faults.map((fault) => `- ${fault}`)].join('\n');
}
