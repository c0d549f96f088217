import type { Declaration, Facts } from '../declarations/declaration.ts';
import type { Declared } from '../declarations/declared-objects.ts';
import type { Governed, GovernedImage, Governor, Origin, Remark } from '../declarations/dialect.ts';
import { addressesFor, addressesOf } from './address.ts';
import { EntryIndex, namedPlace } from './entry-index.ts';
import type { ApplicationFacts, ApplicationSetFacts, UpdaterObjectFacts } from './facts.ts';
import { placeFault } from './place-fault.ts';
import { remarkOnSet, remarksOn, remarksOnUpdater } from './remarks.ts';
import { openRules } from './select-rule.ts';
import type { ImageEntry } from './settings.ts';
import { type UpdatedApplication, updatedApplication } from './updated-application.ts';

/** An image of an Application that a place is of. */
interface Claim {
  readonly application: UpdatedApplication;
  readonly entry: ImageEntry;
}

interface IndexedApplication {
  readonly application: UpdatedApplication;
  readonly entries: EntryIndex;
  /** Its images that were found somewhere. */
  readonly found: Set<ImageEntry>;
}

/** Of others that say otherwise so many are named. */
const MAX_OVERRULED = 10;

/** What Applications and `ImageUpdater` objects in a repository say of the images in its files. */
export class ImageUpdaterGovernor implements Governor {
  readonly #applications: readonly IndexedApplication[];
  readonly #byAddress: ReadonlyMap<string, readonly { readonly indexed: IndexedApplication }[]>;
  readonly #words: readonly Remark[];

  constructor(declarations: readonly Declaration[], origin: Origin | undefined) {
    const updaters = ofKind(declarations, isUpdater);
    const opened = updaters.map((one) => ({ declared: one, rules: openRules(one.facts.rules) }));
    const applications = ofKind(declarations, isApplication);
    const read = applications.map((one) => updatedApplication(one, opened, origin));
    const updated = read.flatMap((one) => one.updated ?? []);
    this.#applications = updated.map((application) => ({
      application,
      entries: new EntryIndex(application.images),
      found: new Set(),
    }));
    const addressed = this.#applications.flatMap((indexed) =>
      addressesFor(indexed.application).map((address) => ({ address, indexed })),
    );
    this.#byAddress = Map.groupBy(addressed, ({ address }) => address);
    const selecting = new Set(read.flatMap(({ selectedBy }) => selectedBy));
    const names = applications.map(({ facts }) => facts.name);
    this.#words = [
      ...updaters.flatMap((updater) => remarksOnUpdater(updater, selecting.has(updater), names)),
      ...ofKind(declarations, isSet).map(remarkOnSet),
      ...read.flatMap(({ remarks }) => remarks),
    ];
  }

  /** What is worth a word; of images that stand nowhere, once all were asked for. */
  get remarks(): readonly Remark[] {
    return [...this.#words, ...this.#applications.flatMap(({ application, found }) => remarksOn(application, found))];
  }

  govern(image: GovernedImage): Governed | undefined {
    const there = addressesOf(image).flatMap((address) => this.#byAddress.get(address) ?? []);
    const named = namedPlace(image);
    const claims = [...new Set(there.map(({ indexed }) => indexed))].flatMap(({ application, entries, found }) =>
      entries.at(named).map((entry) => {
        found.add(entry);
        return { application, entry };
      }),
    );
    const [first, ...others] = claims;
    return first && governedBy(first, others, image);
  }
}

/** The first one decides; what another says that differs is named beside it. */
function governedBy({ application, entry }: Claim, others: readonly Claim[], image: GovernedImage): Governed {
  const { declared, declaredIn } = application;
  const { policy } = entry;
  const refused = application.fault ?? ('refused' in policy ? policy.refused : undefined);
  const line = 'line' in policy ? policy.line : '';
  const fault = refused ?? placeFault(entry, line, application.images, image);
  if (fault !== undefined) {
    return { name: entry.image, fault: `${declared.object}: ${entry.image} is not updated: ${fault}` };
  }
  const differing = others.flatMap((other) => {
    const said = 'line' in other.entry.policy ? other.entry.policy.line : 'what cannot be read';
    return said === line ? [] : [`image-updater ${said} (${other.application.declared.object})`];
  });
  return {
    name: entry.image,
    policy: {
      dialect: 'image-updater',
      text: line,
      declaredIn,
      overruled: differing.length === 0 ? undefined : differing.slice(0, MAX_OVERRULED),
    },
  };
}

function ofKind<F extends Facts>(
  declarations: readonly Declaration[],
  isOf: (facts: Facts) => facts is F,
): readonly Declared<F>[] {
  return declarations.flatMap(({ facts, ...one }) => (isOf(facts) ? [{ ...one, facts }] : []));
}

function isApplication(facts: Facts): facts is ApplicationFacts {
  return facts.kind === 'argo-application';
}

function isUpdater(facts: Facts): facts is UpdaterObjectFacts {
  return facts.kind === 'image-updater';
}

function isSet(facts: Facts): facts is ApplicationSetFacts {
  return facts.kind === 'argo-application-set';
}
