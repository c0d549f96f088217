import { didYouMean } from '../../near-miss.ts';
import { filterClauses } from '../../policy/line.ts';
import { holdsDigest } from '../marked-image.ts';
import type { Declaration } from './declaration.ts';
import { type Declared, DeclaredObjects } from './declared-objects.ts';
import type { Governed, GovernedImage, Governor, Remark } from './dialect.ts';
import { covers, selects, whyIdle } from './flux-v2-automation.ts';
import type { FluxAutomation, FluxPolicy, FluxRepository } from './flux-v2-facts.ts';
import { heldAsOther, nameOf } from './image-name.ts';

/** What a repository leaves out where it says nothing of it, `^.*\.sig$`: signatures of cosign. */
const DEFAULT_IGNORE = ['*.sig'];

/** What the objects of Flux v2 in a repository say of the images that markers name. */
export class FluxV2Governor implements Governor {
  readonly remarks: readonly Remark[];
  readonly #policies: DeclaredObjects<FluxPolicy>;
  readonly #repositories: DeclaredObjects<FluxRepository>;
  readonly #automations: readonly Declared<FluxAutomation>[];

  constructor(declarations: readonly Declaration[]) {
    this.#policies = new DeclaredObjects('ImagePolicy', declarations, isPolicy);
    this.#repositories = new DeclaredObjects('ImageRepository', declarations, isRepository);
    this.#automations = new DeclaredObjects('ImageUpdateAutomation', declarations, isAutomation).all;
    this.remarks = [...ofIntervals(this.#policies.all), ...ofBranches(this.#automations)];
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
    const writer = this.#writerOf(policy, image.file);
    if ('fault' in writer) {
      return { fault: writer.fault, name };
    }
    const held = heldBy(policy, repository) ?? writer.held ?? heldAsOther(image.image, name, repository.object);
    const text = lineOf(facts.line.text, repository.facts, facts.pins && holdsDigest(image.parts));
    const declaredIn = filesOf([policy, repository, ...writer.automations]);
    return { name, policy: { dialect: 'flux-v2', text, held, declaredIn } };
  }

  /**
   * The automations that write a policy's images into a file. Where the repository has none at all they stand elsewhere,
   * and a marker counts in every file.
   */
  #writerOf({ facts, object }: Declared<FluxPolicy>, file: string): Writer | { readonly fault: string } {
    if (this.#automations.length > MAX_AUTOMATIONS) {
      return { automations: [], held: `more than ${MAX_AUTOMATIONS} ImageUpdateAutomations are declared` };
    }
    const taking = this.#automations.filter(
      ({ facts: one }) =>
        (one.namespace === undefined || facts.namespace === undefined || one.namespace === facts.namespace) &&
        selects(one, facts.labels),
    );
    const covering = taking.filter((one) => covers(one.facts, file)).slice(0, MAX_WRITERS);
    const [first] = covering;
    if (first !== undefined) {
      const isIdle = covering.every((one) => whyIdle(one.facts) !== undefined);
      return { automations: covering, held: isIdle ? `${first.object} ${whyIdle(first.facts)}` : undefined };
    }
    const [other] = taking;
    if (other !== undefined) {
      return { fault: `${file} is outside of ${other.facts.path}, below which ${other.object} writes` };
    }
    const none = `no ImageUpdateAutomation of its namespace takes ${object}`;
    return this.#automations.length === 0 ? { automations: [], held: undefined } : { fault: none };
  }
}

/** Of one repository: each site is held against all of them. */
const MAX_AUTOMATIONS = 500;
/** Of one site, so that its message stays small. */
const MAX_WRITERS = 20;

interface Writer {
  readonly automations: readonly Declared<FluxAutomation>[];
  readonly held: string | undefined;
}

function ofIntervals(policies: readonly Declared<FluxPolicy>[]): readonly Remark[] {
  const [first, ...others] = policies.filter(({ facts }) => facts.interval !== undefined);
  const more = others.length === 0 ? '' : ` and ${others.length} more`;
  const why = 'a push tells of a new digest, and sweep finds what no push told';
  return first === undefined
    ? []
    : [{ file: first.file, reason: `the interval of ${first.object}${more} does not count: ${why}`, isNote: true }];
}

function ofBranches(automations: readonly Declared<FluxAutomation>[]): readonly Remark[] {
  return automations.flatMap(({ file, object, facts: { branch } }) =>
    branch === undefined
      ? []
      : [{ file, reason: `${object} writes to ${branch}; Sluice to the branch that sluice.yml names`, isNote: true }],
  );
}

function isPolicy(one: Declaration['facts']): one is FluxPolicy {
  return one.kind === 'flux-policy';
}

function isRepository(one: Declaration['facts']): one is FluxRepository {
  return one.kind === 'flux-repository';
}

function isAutomation(one: Declaration['facts']): one is FluxAutomation {
  return one.kind === 'flux-automation';
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
