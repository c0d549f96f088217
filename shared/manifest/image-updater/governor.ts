import { asksForDigest } from '../../policy/parse.ts';
import type { Declaration, Facts } from '../declarations/declaration.ts';
import type { Declared } from '../declarations/declared-objects.ts';
import type { Governed, GovernedImage, Governor, Origin, Remark } from '../declarations/dialect.ts';
import { holdsDigest } from '../marked-image.ts';
import { faultAt, isEntryAt, isPlaceOf, valuePath } from './entry-place.ts';
import type { ApplicationFacts, ApplicationSetFacts, UpdaterObjectFacts } from './facts.ts';
import type { ImageEntry } from './settings.ts';
import { type UpdatedApplication, updatedApplication } from './updated-application.ts';

/** An image of an Application that a place is of. */
interface Claim {
  readonly application: UpdatedApplication;
  readonly entry: ImageEntry;
}

/** What Applications and `ImageUpdater` objects in a repository say of the images in its files. */
export class ImageUpdaterGovernor implements Governor {
  readonly #applications: readonly UpdatedApplication[];
  readonly #words: readonly Remark[];
  /** Images that were found somewhere. */
  readonly #found = new Set<ImageEntry>();

  constructor(declarations: readonly Declaration[], origin: Origin | undefined) {
    const updaters = ofKind(declarations, isUpdater);
    const read = ofKind(declarations, isApplication).map((one) => updatedApplication(one, updaters, origin));
    // Those of the deepest path first: an Application of Applications has the others below its own.
    this.#applications = read
      .flatMap(({ updated }) => updated ?? [])
      .toSorted((a, b) => (b.path?.length ?? 0) - (a.path?.length ?? 0));
    this.#words = [
      ...updaters.flatMap(({ file, object, facts }) =>
        facts.faults.map((fault) => ({ file, reason: `${object}: ${fault}` })),
      ),
      ...ofKind(declarations, isSet).map(({ file, object }) => ({
        file,
        reason: `${object}: what its template says of images is not read; write an ImageUpdater or annotations on Applications that stand in a file`,
      })),
      ...read.flatMap(({ remarks }) => remarks),
    ];
  }

  /** What is worth a word; of images that stand nowhere, once all were asked for. */
  get remarks(): readonly Remark[] {
    return [...this.#words, ...this.#applications.flatMap((application) => this.#remarksOn(application))];
  }

  govern(image: GovernedImage): Governed | undefined {
    const claims = this.#applications
      .filter((application) => isPlaceOf(application, image))
      .flatMap((application) =>
        application.images.filter((entry) => isEntryAt(entry, image)).map((entry) => ({ application, entry })),
      );
    const [first, ...others] = claims;
    if (first === undefined) {
      return undefined;
    }
    for (const { entry } of claims) {
      this.#found.add(entry);
    }
    return governedBy(first, others, image);
  }

  #remarksOn({ declared, images, target, path, elsewhere }: UpdatedApplication): readonly Remark[] {
    const { file, object } = declared;
    const remark = (reason: string, isNote?: boolean): Remark => ({ file, reason: `${object}: ${reason}`, isNote });
    const missing = images.filter((entry) => !this.#found.has(entry));
    const unread = images.filter(({ platforms }) => platforms.length > 0);
    return [
      ...missing.map(({ image, policy, helm }) => {
        const at = target.kind === 'kustomization' ? `the images of the kustomization in ${target.folder || '.'}` : '';
        const values = target.kind === 'helmvalues' ? `${valuePath(helm)} of ${target.file}` : '';
        const where = at || values || `its manifest or ${path === undefined ? 'its path' : path || '.'}`;
        const why =
          'refused' in policy
            ? policy.refused
            : `no tag of it stands in ${where}${elsewhere === undefined ? '' : `; ${elsewhere}`}`;
        return remark(`${image} is not updated: ${why}`);
      }),
      ...unread.map(({ image, platforms }) =>
        remark(`the platforms of ${image} (${platforms.join(', ')}) are not looked at`, true),
      ),
    ];
  }
}

/** The first one decides; what another says that differs is named beside it. */
function governedBy({ application, entry }: Claim, others: readonly Claim[], image: GovernedImage): Governed {
  const { declared, declaredIn } = application;
  const { policy } = entry;
  const refused = application.fault ?? ('refused' in policy ? policy.refused : undefined);
  const line = 'line' in policy ? policy.line : '';
  const fault =
    refused ?? sharedPathFault(application, entry, image) ?? faultAt(entry, image) ?? digestFault(line, image);
  if (fault !== undefined) {
    return { name: entry.image, fault: `${declared.object}: ${entry.image} is not updated: ${fault}` };
  }
  const overruled = others.flatMap((other) => {
    const said = 'line' in other.entry.policy ? other.entry.policy.line : 'what cannot be read';
    return said === line ? [] : [`image-updater ${said} (${other.application.declared.object})`];
  });
  return {
    name: entry.image,
    policy: {
      dialect: 'image-updater',
      text: line,
      declaredIn,
      overruled: overruled.length === 0 ? undefined : overruled,
    },
  };
}

/** Several images that are written to one value would take turns. */
function sharedPathFault(
  { images }: UpdatedApplication,
  entry: ImageEntry,
  { place }: GovernedImage,
): string | undefined {
  const isOfChart = place?.role === 'value' || place?.role === 'parameter';
  const other = images.find((one) => one !== entry && valuePath(one.helm) === valuePath(entry.helm));
  return isOfChart && other !== undefined
    ? `${other.image} is written to ${valuePath(entry.helm)} too; name another value for one of them by helm.image-tag`
    : undefined;
}

function digestFault(line: string, { parts }: GovernedImage): string | undefined {
  return asksForDigest(line) && !holdsDigest(parts)
    ? 'its policy asks for a digest, and there is no place for one; write digest: "" beside newTag'
    : undefined;
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
