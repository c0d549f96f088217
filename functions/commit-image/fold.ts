import { type Decision, decide } from '../../shared/decision/decide.ts';
import type { LookUp } from '../../shared/decision/look-up.ts';
import type { CommittedChange } from '../../shared/git-host/commit-message.ts';
import type { FileEdit, RepositoryFile } from '../../shared/git-host/port.ts';
import { parseReference, retag } from '../../shared/image/reference.ts';
import { findSite, scanFile } from '../../shared/manifest/scan.ts';
import type { Site } from '../../shared/manifest/site.ts';
import { setImage } from '../../shared/manifest/splice.ts';
import type { TagFacts } from '../../shared/policy/policy.ts';
import type { ImageUpdate } from '../../shared/queue/messages.ts';

/** What became of one update when it was folded into the tree at the head. */
export type Folded =
  | (CommittedChange & { readonly action: 'change' })
  | {
      readonly update: ImageUpdate;
      readonly action: 'drop';
      readonly reason: string;
      /** Its place is not in the tree. */
      readonly isMissing?: boolean;
    }
  | { readonly update: ImageUpdate; readonly action: 'fail'; readonly error: unknown };

/** The new content of the files, and what became of each update, in their order. */
export interface Fold {
  readonly edits: readonly FileEdit[];
  readonly folded: readonly Folded[];
}

/** Why a site must not take an update that its policy asks for; undefined where it may. `site` is as it stands. */
export type HoldBack = (update: ImageUpdate, site: Site) => Promise<string | undefined>;

export interface FoldPorts {
  /** Asks the registry of an image; needed only where a site has moved since the update was decided. */
  readonly lookUpFor: (image: string) => LookUp;
  readonly holdBack: HoldBack;
}

/**
 * Folds updates into the files as they stand at the head, deciding each one again there: what a person or another
 * update changed in the meantime counts, and nothing moves backwards. A file that cannot be edited fails its own
 * updates only.
 */
export async function foldUpdates(
  updates: readonly ImageUpdate[],
  files: readonly RepositoryFile[],
  ports: FoldPorts,
): Promise<Fold> {
  const texts = new Map(files.map(({ path, text }) => [path, text]));
  const moved = new Map<string, TagFacts>();
  const folded: Folded[] = [];
  for (const update of updates) {
    try {
      folded.push(await foldOne(update, texts, moved, ports));
    } catch (error) {
      folded.push({ update, action: 'fail', error });
    }
  }
  const before = new Map(files.map(({ path, text }) => [path, text]));
  const edits = [...texts].filter(([path, text]) => before.get(path) !== text).map(([path, text]) => ({ path, text }));
  return { edits, folded: withoutSteps(folded) };
}

/** The same for updates of one place. */
export function siteKey({ file, object, container }: ImageUpdate['site']): string {
  return JSON.stringify([file, object, container]);
}

/** Of several changes of one site only the last one shows, from what stood there at first. */
function withoutSteps(folded: readonly Folded[]): readonly Folded[] {
  const changes = Map.groupBy(
    folded.filter((one) => one.action === 'change'),
    ({ update }) => siteKey(update.site),
  );
  return folded.map((one) => {
    const steps = one.action === 'change' ? (changes.get(siteKey(one.update.site)) ?? []) : [];
    const [first, last] = [steps[0], steps.at(-1)];
    if (one.action !== 'change' || first === undefined || last === undefined || steps.length === 1) {
      return one;
    }
    return one === last
      ? { ...one, from: first.from }
      : { update: one.update, action: 'drop', reason: `${last.to} came in the same commit` };
  });
}

async function foldOne(
  update: ImageUpdate,
  texts: Map<string, string>,
  moved: Map<string, TagFacts>,
  { lookUpFor, holdBack }: FoldPorts,
): Promise<Folded> {
  const { file } = update.site;
  const text = texts.get(file);
  if (text === undefined) {
    return { update, action: 'drop', reason: `${file} is no longer there`, isMissing: true };
  }
  const scanned = scanFile(file, text);
  const site = findSite(scanned, { ...update.site, image: update.from });
  if (site === undefined) {
    const [fault] = scanned.faults;
    return fault === undefined
      ? {
          update,
          action: 'drop',
          reason: `${update.site.object} no longer has a container ${update.site.container}`,
          isMissing: true,
        }
      : { update, action: 'fail', error: fault };
  }
  const wanted = retag(site.image, update.to);
  if (wanted === site.image) {
    return { update, action: 'drop', reason: `${site.image} stands there already` };
  }
  const key = siteKey(update.site);
  const decision = await decideAgain(update, site, moved.get(key), lookUpFor(update.image));
  if (decision.action !== 'update') {
    return { update, action: 'drop', reason: decision.reason };
  }
  const held = await holdBack(update, site);
  if (held !== undefined) {
    return { update, action: 'drop', reason: held };
  }
  texts.set(file, setImage(text, site, wanted));
  moved.set(key, { tag: update.to.tag, digest: update.to.digest, created: update.to.created });
  return { update, action: 'change', from: site.image, to: wanted };
}

/** The decision as it was made, where nothing it stood on has changed; else a new one on what stands there now. */
async function decideAgain(
  update: ImageUpdate,
  site: Site,
  current: TagFacts | undefined,
  lookUp: LookUp,
): Promise<Decision> {
  if (site.policy === undefined || site.policy.held !== undefined) {
    return { action: 'keep', because: 'no-match', reason: site.policy?.held ?? 'its policy was taken away' };
  }
  if (site.image === update.from && site.policy.text === update.policy) {
    return { action: 'update', to: update.to, reason: 'as decided' };
  }
  const { tag, digest: pinned } = parseReference(site.image);
  const standing = current === undefined ? undefined : { ...current, digest: pinned };
  // A tag that was moved again: nothing but the registry tells which of its images is the last.
  const isMovedTag = tag === update.to.tag && pinned !== undefined;
  const asked = isMovedTag ? lookUp : knowing(update, lookUp);
  const decision = await decide(site, update.to.tag, asked, { current: standing });
  if (decision.action !== 'update') {
    return decision;
  }
  if (decision.to.tag !== update.to.tag) {
    return { action: 'keep', because: 'not-newer', reason: `${decision.to.tag} is the best match by now` };
  }
  return isMovedTag && decision.to.digest !== update.to.digest
    ? { action: 'keep', because: 'not-newer', reason: leftAgain(update, decision.to.digest) }
    : decision;
}

function leftAgain({ to: { tag, digest } }: ImageUpdate, now: string | undefined): string {
  return `${tag} points to ${now} by now, no longer to ${digest}`;
}

/** Look-ups that need not ask for what the update says. */
export function knowing({ to }: ImageUpdate, lookUp: LookUp): LookUp {
  return {
    ...lookUp,
    facts: async (tagOrDigest, needs) => (tagOrDigest === to.tag ? to : lookUp.facts(tagOrDigest, needs)),
  };
}
