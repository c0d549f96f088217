import { createHash } from 'node:crypto';
import { type Decision, decide, usesImage } from '../../shared/decision/decide.ts';
import { type LookUp, lookUpImage, type RegistryFor } from '../../shared/decision/look-up.ts';
import type { SiteReader, WatchedRepository } from '../../shared/decision/repository.ts';
import type { Log } from '../../shared/log.ts';
import type { Site } from '../../shared/manifest/site.ts';
import type { TagFacts } from '../../shared/policy/policy.ts';
import type { ImagePush, ImageUpdate } from '../../shared/queue/messages.ts';
import type { MessageSender } from '../../shared/queue/port.ts';

/** What evaluate-policy holds: eyes on repositories and registries, and one queue to send to. */
export interface EvaluatePorts {
  readonly repositories: readonly WatchedRepository[];
  readonly readSites: SiteReader;
  readonly registry: RegistryFor;
  readonly updates: MessageSender;
  readonly log: Log;
}

/**
 * Finds the sites that use the pushed image, decides each, and sends what is to be changed.
 *
 * @throws SluiceError where a repository or registry did not answer; evaluating the push again is safe
 */
export async function evaluatePush(push: ImagePush, ports: EvaluatePorts): Promise<void> {
  const image = `${push.registry}/${push.repository}`;
  const log = ports.log.with({ push: push.id, image, tag: push.tag });
  const lookUp = lookUpImage(push.registry, push.repository, ports.registry);
  const looks = await Promise.allSettled(
    ports.repositories.map(async (repository) => ({ repository, found: await ports.readSites(repository) })),
  );
  const updates: ImageUpdate[] = [];
  let used = false;
  for (const look of looks) {
    if (look.status === 'fulfilled') {
      const { repository, found } = look.value;
      for (const site of found.sites.filter((candidate) => usesImage(candidate, image))) {
        used = true;
        const told = log.with({ repository: repository.config.url, ...describe(site) });
        const decision = await decideSite(site, push, lookUp);
        tell(decision, site, told);
        if (decision?.action === 'update') {
          updates.push(updateOf(site, push, decision.to, repository, found.revision));
        }
      }
    }
  }
  await ports.updates.send(updates.map(messageOf));
  const failed = looks.find((look) => look.status === 'rejected');
  if (failed !== undefined) {
    throw failed.reason;
  }
  if (!used) {
    log.info('image not used', { reason: `no manifest of the configured repositories names ${image}` });
  }
}

async function decideSite(site: Site, push: ImagePush, lookUp: LookUp): Promise<Decision | undefined> {
  if (site.policy === undefined || site.policy.held !== undefined) {
    return undefined;
  }
  return decide(site, { tag: push.tag, pushedAt: push.pushedAt }, lookUp);
}

function tell(decision: Decision | undefined, site: Site, log: Log): void {
  if (decision === undefined) {
    const reason = site.policy?.held ?? 'nothing beside it asks for updates';
    log.info('image kept', { because: site.policy === undefined ? 'no-policy' : 'held', reason });
  } else if (decision.action === 'update') {
    log.info('update decided', { from: site.image, to: decision.to.tag, reason: decision.reason });
  } else if (decision.action === 'keep') {
    log.info('image kept', { because: decision.because, reason: decision.reason });
  } else {
    log.error('policy refused', { error: decision.error, reason: decision.reason });
  }
}

function describe(site: Site): Record<string, string> {
  return { object: site.object, container: site.container, file: site.file };
}

function updateOf(
  site: Site,
  push: ImagePush,
  to: TagFacts,
  { config }: WatchedRepository,
  revision: string,
): ImageUpdate {
  return {
    version: 1,
    repository: config.url,
    branch: config.branch,
    revision,
    site: { file: site.file, object: site.object, container: site.container },
    image: `${push.registry}/${push.repository}`,
    from: site.image,
    to: { tag: to.tag, digest: to.digest, created: to.created, pushedAt: to.pushedAt },
    policy: site.policy?.text ?? '',
    push: { id: push.id, source: push.source, pushedAt: push.pushedAt, receivedAt: push.receivedAt },
  };
}

/**
 * One group for each branch, so that its commits follow one another. The revision is part of the id: a decision that
 * was made anew on another revision is another message, a delivery that came twice is not.
 */
function messageOf(update: ImageUpdate) {
  const { repository, branch, revision, site, to } = update;
  const identity = JSON.stringify([repository, branch, revision, site, to.tag, to.digest]);
  return {
    body: JSON.stringify(update),
    groupId: digest(`${repository} ${branch}`),
    deduplicationId: digest(identity),
  };
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
