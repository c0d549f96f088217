import { isSameNote, type RollbackNotes } from '../../../shared/block-list/edit.ts';
import { type RolledBackVersion, rolledBackSchema } from '../../../shared/block-list/entry.ts';
import { type Blocks, withNotes } from '../../../shared/decision/blocks.ts';
import { decide } from '../../../shared/decision/decide.ts';
import type { TagLookup } from '../../../shared/decision/tag-lookup.ts';
import { siteImageKey, siteKey } from '../../../shared/history/trailers.ts';
import { retag } from '../../../shared/image/reference.ts';
import type { Site } from '../../../shared/manifest/site.ts';
import { printMoment } from '../../../shared/moment.ts';
import type { ImageUpdate } from '../../../shared/queue/messages.ts';
import type { CommittedChange } from '../message/commit-message.ts';
import { AllowOrder } from './allow-order.ts';
import { knowing } from './decide-again.ts';
import { type PastVersion, SitePast, type SitePastPorts } from './site-past.ts';

/** A person said no to an update, by what a pull request came to. */
export interface Declined {
  readonly reason: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

/** What people are known to have said, beside the block list and the history of the branch. */
export interface KnownRefusals extends Pick<SitePastPorts, 'merged' | 'proposed'> {
  /** What people have said no to by a pull request. */
  readonly declined?: ReadonlyMap<ImageUpdate, Declined>;
  /** What was written down on a push branch, and its base may not have. */
  readonly carriedNotes?: readonly RolledBackVersion[] | undefined;
}

export interface GuardPorts extends KnownRefusals, Pick<SitePastPorts, 'repository' | 'branch' | 'head' | 'heads'> {
  readonly blocks: Blocks;
  readonly lookUpFor: (image: string) => TagLookup;
}

/**
 * Respects what people have said of versions: in the block list, by closing a pull request, or by moving a site away
 * from what had been set. Such a site takes only what its policy would take if it still stood on that version. An
 * `allow` that came later takes a no back.
 */
export class UpdateGuards {
  readonly #blocks: Blocks;
  readonly #past: SitePast;
  #allowOrder: AllowOrder | undefined;
  readonly #declined: ReadonlyMap<ImageUpdate, Declined>;
  readonly #lookUpFor: GuardPorts['lookUpFor'];
  /** A site that several updates move is looked at as it stood before the first. */
  readonly #rollbacks = new Map<string, PastVersion | undefined>();
  /** What is better written down: its history will not tell of it for much longer. */
  readonly #noted: Map<string, RolledBackVersion>;

  constructor({ blocks, declined = new Map(), carriedNotes = [], lookUpFor, ...past }: GuardPorts) {
    this.#blocks = withNotes(blocks, carriedNotes);
    this.#past = new SitePast({ ...past, blocks: this.#blocks });
    this.#declined = declined;
    this.#lookUpFor = lookUpFor;
    this.#noted = new Map(carriedNotes.map((one) => [siteImageKey(one.image, one), one]));
  }

  /** Why a site must not take an update that its policy asks for; undefined where it may. */
  async heldBack(update: ImageUpdate, site: Site): Promise<string | undefined> {
    const { image, to } = update;
    const no = this.#blocks.against(image, to) ?? (await this.#declinedReason(update));
    if (no !== undefined) {
      return no;
    }
    const version = await this.#movedAwayFrom(update, site);
    if (version === undefined || !(await isNoStepFrom(version, update, site, this.#lookUpFor(image)))) {
      return undefined;
    }
    const allowed = this.#blocks.allowedBy(image, version);
    if (await isAny(allowed, (entry) => this.#order().isAfterRollback(entry, version, update.site.file))) {
      return undefined;
    }
    this.#note(version.isFar ? await noteOf(update, version) : undefined);
    return rolledBackReason(update, version);
  }

  /** When Sluice set what stands at a place, in milliseconds since the epoch; undefined where it did not. */
  async whenSet(site: Site): Promise<number | undefined> {
    return this.#past.whenSet(site);
  }

  /** What is to be written down of rollbacks, or taken out, once these changes are committed. */
  notes(changes: readonly CommittedChange[]): RollbackNotes {
    for (const { update } of changes) {
      this.#noted.delete(siteImageKey(update.image, update.site));
    }
    const over = changes.flatMap(({ update }) => this.#blocks.rolledBackAt(update.image, update.site) ?? []);
    return { noted: [...this.#noted.values()], over };
  }

  /** Opened where somebody allowed a version that somebody had said no to. */
  #order(): AllowOrder {
    this.#allowOrder ??= new AllowOrder(this.#past.place, async () => this.#past.ofBranch());
    return this.#allowOrder;
  }

  async #declinedReason(update: ImageUpdate): Promise<string | undefined> {
    const no = this.#declined.get(update);
    const allowed = no === undefined ? [] : this.#blocks.allowedBy(update.image, update.to);
    return no === undefined || (await isAny(allowed, (entry) => this.#order().isAfterTime(entry, no.at)))
      ? undefined
      : no.reason;
  }

  async #movedAwayFrom(update: ImageUpdate, site: Site): Promise<PastVersion | undefined> {
    const key = siteKey(update.site);
    const version = this.#rollbacks.has(key) ? this.#rollbacks.get(key) : await this.#past.of(site);
    this.#rollbacks.set(key, version);
    return version;
  }

  #note(rollback: RolledBackVersion | undefined): void {
    const known = rollback && this.#blocks.rolledBackAt(rollback.image, rollback);
    if (rollback !== undefined && (known === undefined || !isSameNote(known, rollback))) {
      this.#noted.set(siteImageKey(rollback.image, rollback), rollback);
    }
  }
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
async function isNoStepFrom(past: PastVersion, update: ImageUpdate, site: Site, lookUp: TagLookup): Promise<boolean> {
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
