import { type RolledBackVersion, rolledBackSchema } from '../../../shared/block-list/entry.ts';
import { printMoment } from '../../../shared/block-list/moment.ts';
import type { Blocks } from '../../../shared/decision/blocks.ts';
import { decide } from '../../../shared/decision/decide.ts';
import type { LookUp } from '../../../shared/decision/look-up.ts';
import { retag } from '../../../shared/image/reference.ts';
import type { Site } from '../../../shared/manifest/site.ts';
import type { ImageUpdate } from '../../../shared/queue/messages.ts';
import type { AllowOrder } from './allow-order.ts';
import { type HoldBack, knowing, siteKey } from './apply-updates.ts';
import type { PastVersion, SitePast } from './site-past.ts';

/** A person said no to an update, by what a pull request came to. */
export interface Declined {
  readonly reason: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

export interface HoldBackPorts {
  readonly blocks: Blocks;
  readonly past: Pick<SitePast, 'of'>;
  readonly order: Pick<AllowOrder, 'isAfterRollback' | 'isAfterTime'>;
  readonly declined: ReadonlyMap<ImageUpdate, Declined>;
  readonly lookUpFor: (image: string) => LookUp;
  /** Is told of what holds a place back and is better written down: its history will not tell of it for much longer. */
  readonly note: (rollback: RolledBackVersion) => void;
}

/**
 * Respects what people have said of versions: in the block list, by closing a pull request, or by moving a site away
 * from what had been set. Such a site takes only what its policy would take if it still stood on that version. An
 * `allow` that came later takes a no back.
 */
export function holdBackBy({ blocks, past, order, declined, lookUpFor, note }: HoldBackPorts): HoldBack {
  // A site that several updates move is looked at as it stood before the first.
  const rollbacks = new Map<string, PastVersion | undefined>();
  return async (update, site) => {
    const { image, to } = update;
    const blocked = blocks.against(image, to);
    if (blocked !== undefined) {
      return blocked;
    }
    const no = declined.get(update);
    if (no !== undefined && !(await isAny(blocks.allowedBy(image, to), (entry) => order.isAfterTime(entry, no.at)))) {
      return no.reason;
    }
    const key = siteKey(update.site);
    const version = rollbacks.has(key) ? rollbacks.get(key) : await past.of(site);
    rollbacks.set(key, version);
    if (version === undefined || !(await isNoStepFrom(version, update, site, lookUpFor(image)))) {
      return undefined;
    }
    const { file } = update.site;
    const allowed = blocks.allowedBy(image, version);
    if (await isAny(allowed, (entry) => order.isAfterRollback(entry, version, file))) {
      return undefined;
    }
    const written = version.isFar ? await noteOf(update, version) : undefined;
    if (written !== undefined) {
      note(written);
    }
    return rolledBackReason(update, version);
  };
}

async function isAny<T>(items: readonly T[], isMeant: (item: T) => Promise<boolean>): Promise<boolean> {
  for (const item of items) {
    if (await isMeant(item)) {
      return true;
    }
  }
  return false;
}

/** Would a site that still stood on this version stay there? One that left the registry was built before it was set. */
async function isNoStepFrom(past: PastVersion, update: ImageUpdate, site: Site, lookUp: LookUp): Promise<boolean> {
  const asIfThere = { ...site, image: retag(site.image, past) };
  const decision = await decide(asIfThere, update.to.tag, knowing(update, lookUp), { whenSet: async () => past.setAt });
  return decision.action !== 'update';
}

/** Undefined for what no list can say: a commit may have any time, and its message any digest. */
async function noteOf({ site, image }: ImageUpdate, past: PastVersion): Promise<RolledBackVersion | undefined> {
  const { file, object, container } = site;
  const movedAt = (await past.movedIn())?.committedAt;
  const times = { set: printMoment(past.setAt), since: movedAt === undefined ? undefined : printMoment(movedAt) };
  const note = { image, tag: past.tag, file, object, container, commit: past.revision, ...times };
  const readable = [{ ...note, digest: past.digest }, note].map((one) => rolledBackSchema.safeParse(one).data);
  return readable.find((one) => one !== undefined);
}

function rolledBackReason({ image, to }: ImageUpdate, past: PastVersion): string {
  const version = `${image}:${past.tag}`;
  const found = to.tag === past.tag ? 'it' : `${to.tag}, which is not newer,`;
  return (
    `a person moved this place away from ${past.tag}, which commit ${past.revision.slice(0, 12)} had set; ` +
    `${found} comes back only by \`sluice allow ${version}\``
  );
}
