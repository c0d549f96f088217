import { isSluiceError } from '../../errors.ts';
import { imageName, parseReference, writtenParts } from '../../image/reference.ts';
import { didYouMean } from '../../near-miss.ts';
import { filterClauses } from '../../policy/line.ts';
import { holdsDigest } from '../marked-image.ts';
import type { Declaration } from './declaration.ts';
import { type Declared, DeclaredObjects } from './declared-objects.ts';
import type { Governed, GovernedImage, Governor, Remark } from './dialect.ts';
import type { FluxPolicy, FluxRepository } from './flux-v2-facts.ts';

/** What a repository leaves out where it says nothing of it: signatures of cosign. */
const DEFAULT_IGNORE = ['*.sig'];

/** What the objects of Flux v2 in a repository say of the images that markers name. */
export class FluxV2Governor implements Governor {
  readonly remarks: readonly Remark[] = [];
  readonly #policies: DeclaredObjects<FluxPolicy>;
  readonly #repositories: DeclaredObjects<FluxRepository>;

  constructor(declarations: readonly Declaration[]) {
    this.#policies = new DeclaredObjects('ImagePolicy', declarations, isPolicy);
    this.#repositories = new DeclaredObjects('ImageRepository', declarations, isRepository);
  }

  govern(image: GovernedImage): Governed | undefined {
    const { marker } = image;
    if (marker?.dialect !== 'flux-v2') {
      return undefined;
    }
    const [namespace, name, ...rest] = marker.policy.split(':');
    if (namespace === undefined || name === undefined || name === '' || rest.length > 0) {
      return { fault: badMarker(marker.policy, rest[0]) };
    }
    const policy = this.#policies.find({ namespace, name }, image.file);
    if ('fault' in policy) {
      return { fault: `the marker names ${policy.fault}` };
    }
    return this.#governBy(policy, image);
  }

  #governBy(policy: Declared<FluxPolicy>, image: GovernedImage): Governed {
    const { facts } = policy;
    const repository =
      facts.repository === undefined
        ? { fault: 'no ImageRepository in spec.imageRepositoryRef' }
        : this.#repositories.find(facts.repository, policy.file);
    if ('fault' in repository) {
      return { fault: `${policy.object} names ${repository.fault}` };
    }
    const name = nameOf(repository.facts.image);
    if (name === undefined || 'fault' in facts.line) {
      const found = `the image ${JSON.stringify(repository.facts.image ?? '')} of ${repository.object} is none`;
      return { fault: 'fault' in facts.line ? `${policy.object}: ${facts.line.fault}` : found };
    }
    const held = heldBy(policy, repository) ?? otherImage(image.image, name, repository);
    const text = lineOf(facts.line.text, repository.facts, facts.pins && holdsDigest(image.parts));
    return { name, policy: { dialect: 'flux-v2', text, held, declaredIn: filesOf([policy, repository]) } };
  }
}

function isPolicy(one: Declaration['facts']): one is FluxPolicy {
  return one.kind === 'flux-policy';
}

function isRepository(one: Declaration['facts']): one is FluxRepository {
  return one.kind === 'flux-repository';
}

function badMarker(policy: string, part: string | undefined): string {
  const hint = part === undefined ? '' : didYouMean(part, ['tag', 'name', 'digest']);
  return `the marker says ${JSON.stringify(policy)}, and not namespace:name, perhaps with :tag, :name or :digest${hint}`;
}

/** The image without a tag, as it is written; undefined where it is none. */
function nameOf(image: string | undefined): string | undefined {
  try {
    return image === undefined ? undefined : writtenParts(image.trim()).name;
  } catch (error) {
    if (isSluiceError(error, 'reference-invalid')) {
      return undefined;
    }
    throw error;
  }
}

function heldBy(...objects: readonly Declared<FluxPolicy | FluxRepository>[]): string | undefined {
  const suspended = objects.find(({ facts }) => facts.suspended);
  return suspended === undefined ? undefined : `${suspended.object} is suspended`;
}

/** Flux v2 writes the name too; an image that moved elsewhere is a step that a person should see. */
function otherImage(
  written: string | undefined,
  name: string,
  { object }: Declared<FluxRepository>,
): string | undefined {
  const [standing, wanted] = [written, name].map((one) => one && imageName(parseReference(one)));
  return standing === undefined || standing === wanted
    ? undefined
    : `${standing} stands there, and ${object} is of ${wanted}: write that name by hand once`;
}

function lineOf(text: string, { exclusions }: FluxRepository, pins: boolean): string {
  const excluded = exclusions === undefined ? filterClauses({ ignore: DEFAULT_IGNORE }) : '';
  return `${text}${excluded}${pins ? '; pin' : ''}`;
}

function filesOf(objects: readonly Pick<Declaration, 'file'>[]): readonly string[] {
  return [...new Set(objects.map(({ file }) => file))];
}
