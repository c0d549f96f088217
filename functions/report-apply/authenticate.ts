import { SluiceError } from '../../shared/errors.ts';
import type { ApplyReport } from '../../shared/queue/messages.ts';
import { hasProof, isProven } from '../../shared/queue/report-proof.ts';

/** A cluster's agent, and what proves its reports. */
export interface ClusterSecret {
  /** The agent's `--name`; each of its sources reports as `name.source`. */
  readonly name: string;
  readonly secret: string;
}

/**
 * Checks that a report is from the agent that it names.
 *
 * @param message as it came
 * @param clusters those of sluice.yml; undefined where it has none, and any agent that may invoke is believed
 * @throws SluiceError `message-invalid`
 */
export function authenticateReport(
  message: unknown,
  { cluster }: Pick<ApplyReport, 'cluster'>,
  clusters: readonly ClusterSecret[] | undefined,
): void {
  if (clusters === undefined) {
    return;
  }
  // `prod.eu` may be a source of prod, or an agent of its own.
  const [owner] = clusters
    .filter(({ name }) => cluster === name || cluster.startsWith(`${name}.`))
    .toSorted((one, other) => other.name.length - one.name.length);
  if (owner === undefined) {
    throw unproven(cluster, 'one of clusters in sluice.yml', 'another name', 'Name it there, with a secret.');
  }
  if (!isProven(message, owner.secret)) {
    const found = hasProof(message) ? 'that of another secret' : 'none';
    const next = 'Give its agent that secret in --report-secret-file.';
    throw unproven(cluster, `the proof of cluster ${owner.name} in sluice.yml`, found, next);
  }
}

function unproven(cluster: string, expected: string, found: string, next: string): SluiceError {
  return new SluiceError({ code: 'message-invalid', subject: `report of ${cluster}`, expected, found, next });
}
