import type { Blocks } from '../../shared/decision/blocks.ts';
import { decide } from '../../shared/decision/decide.ts';
import type { LookUp } from '../../shared/decision/look-up.ts';
import type { PastCommit } from '../../shared/git-host/port.ts';
import { rolledBack } from '../../shared/history/rollback.ts';
import { retag } from '../../shared/image/reference.ts';
import type { ImageUpdate } from '../../shared/queue/messages.ts';
import { type HoldBack, knowing, siteKey } from './fold.ts';

export interface HoldBackPorts {
  readonly blocks: Blocks;
  /** The commits up to the head, that first. */
  readonly history: readonly PastCommit[];
  readonly lookUpFor: (image: string) => LookUp;
}

type Rollback = ReturnType<typeof rolledBack>;

/**
 * Respects what people have said of versions: in the block list, or by moving a site away from what Sluice had set. Such
 * a site takes only what its policy would take if it still stood on that version.
 */
export function holdBackBy({ blocks, history, lookUpFor }: HoldBackPorts): HoldBack {
  // A site that several updates move is looked at as it stood before the first.
  const rollbacks = new Map<string, Rollback>();
  return async (update, site) => {
    const { image, to } = update;
    const blocked = blocks.against(image, to);
    if (blocked !== undefined) {
      return blocked;
    }
    const key = siteKey(update.site);
    const past = rollbacks.has(key) ? rollbacks.get(key) : rolledBack(site, history);
    rollbacks.set(key, past);
    if (past === undefined || blocks.allows(image, past)) {
      return undefined;
    }
    const asIfThere = { ...site, image: retag(site.image, past) };
    const decision = await decide(asIfThere, to.tag, knowing(update, lookUpFor(image)));
    return decision.action === 'update' ? undefined : rolledBackReason(update, past);
  };
}

function rolledBackReason({ image, to }: ImageUpdate, past: NonNullable<Rollback>): string {
  const version = `${image}:${past.tag}`;
  const found = to.tag === past.tag ? 'it' : `${to.tag}, which is not newer,`;
  return (
    `a person moved this place away from ${past.tag}, which commit ${past.revision.slice(0, 12)} had set; ` +
    `${found} comes back only by \`sluice allow ${version}\``
  );
}
