import { didYouMean } from '../../near-miss.ts';
import { filterClauses } from '../../policy/line.ts';
import { holdsDigest } from '../marked-image.ts';
import type { Declaration } from './declaration.ts';
import { type Declared, DeclaredObjects } from './declared-objects.ts';
import type { Governed, GovernedImage, Governor, Remark } from './dialect.ts';
import { FluxAutomations } from './flux-v2-automations.ts';
import type { FluxPolicy, FluxRepository } from './flux-v2-facts.ts';
import { heldAsOther, nameOf } from './image-name.ts';

/** What a repository leaves out where it says nothing of it, `^.*\.sig$`: signatures of cosign. */
const DEFAULT_IGNORE = ['*.sig'];

/** What the objects of Flux v2 in a repository say of the images that markers name. */
export class FluxV2Governor implements Governor {
  readonly remarks: readonly Remark[];
  readonly #policies: DeclaredObjects<FluxPolicy>;
  readonly #repositories: DeclaredObjects<FluxRepository>;
  readonly #automations: FluxAutomations;

  constructor(declarations: readonly Declaration[]) {
    this.#policies = new DeclaredObjects('ImagePolicy', declarations, isPolicy);
    this.#repositories = new DeclaredObjects('ImageRepository', declarations, isRepository);
    this.#automations = new FluxAutomations(declarations);
    this.remarks = [...ofIntervals(this.#policies.all), ...this.#automations.remarks];
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
    const fault = repositoryFault(repository, name);
    if (name === undefined || fault !== undefined || 'fault' in facts.line) {
      return { name, fault: 'fault' in facts.line ? `${policy.object}: ${facts.line.fault}` : `${fault}` };
    }
    const writer = this.#automations.writing(policy, image.file);
    if ('fault' in writer) {
      return { fault: writer.fault, name };
    }
    const held = heldBy(policy, repository) ?? writer.held ?? heldAsOther(image.image, name, repository.object);
    const text = lineOf(facts.line.text, repository.facts, facts.pins && holdsDigest(image.parts));
    const declaredIn = filesOf([policy, repository, ...writer.automations]);
    return { name, policy: { dialect: 'flux-v2', text, held, declaredIn } };
  }
}

function ofIntervals(policies: readonly Declared<FluxPolicy>[]): readonly Remark[] {
  const [first, ...others] = policies.filter(({ facts }) => facts.interval !== undefined);
  const more = others.length === 0 ? '' : ` and ${others.length} more`;
  const why = 'a push tells of a new digest, and sweep finds what no push told';
  return first === undefined
    ? []
    : [{ file: first.file, reason: `the interval of ${first.object}${more} does not count: ${why}`, isNote: true }];
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

function repositoryFault({ facts, object }: Declared<FluxRepository>, name: string | undefined): string | undefined {
  if (name === undefined) {
    return `${object} has the image ${JSON.stringify(facts.image ?? '')}, which is none`;
  }
  return facts.fault === undefined ? undefined : `${object}: ${facts.fault}`;
}

function heldBy(...objects: readonly Declared<FluxPolicy | FluxRepository>[]): string | undefined {
  const suspended = objects.find(({ facts }) => facts.suspended);
  return suspended === undefined ? undefined : `${suspended.object} is suspended`;
}

function lineOf(text: string, { exclusions }: FluxRepository, pins: boolean): string {
  const excluded = filterClauses(
    exclusions === undefined ? { ignore: DEFAULT_IGNORE } : { exclude: anyOf(exclusions) },
  );
  return `${text}${excluded}${pins ? '; pin' : ''}`;
}

function anyOf(patterns: readonly string[]): string {
  const [only = '', ...others] = patterns;
  return others.length === 0 ? only : patterns.map((one) => `(?:${one})`).join('|');
}

function filesOf(objects: readonly Pick<Declaration, 'file'>[]): readonly string[] {
  return [...new Set(objects.map(({ file }) => file))];
}
