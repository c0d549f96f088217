import { selects } from '../label-selector.ts';
import type { Declaration } from './declaration.ts';
import { type Declared, DeclaredObjects } from './declared-objects.ts';
import type { Remark } from './dialect.ts';
import { covers, whyIdle } from './flux-v2-automation.ts';
import type { FluxAutomation, FluxPolicy } from './flux-v2-facts.ts';

/** Of one repository: each site is held against all of them. */
const MAX_AUTOMATIONS = 500;
/** Of one site, so that its message stays small. */
const MAX_WRITERS = 20;

/** What writes the images of a policy, and why it does not now. */
interface Writer {
  readonly automations: readonly Declared<FluxAutomation>[];
  readonly held: string | undefined;
}

/** The automations of Flux v2 in a repository. */
export class FluxAutomations {
  /** Of those that write elsewhere than Sluice. */
  readonly remarks: readonly Remark[];
  readonly #all: readonly Declared<FluxAutomation>[];

  constructor(declarations: readonly Declaration[]) {
    this.#all = new DeclaredObjects('ImageUpdateAutomation', declarations, isAutomation).all;
    this.remarks = ofBranches(this.#all);
  }

  /**
   * The automations that write a policy's images into a file. Where the repository has none at all they stand elsewhere,
   * and a marker counts in every file.
   */
  writing({ facts, object }: Declared<FluxPolicy>, file: string): Writer | { readonly fault: string } {
    if (this.#all.length > MAX_AUTOMATIONS) {
      return { automations: [], held: `more than ${MAX_AUTOMATIONS} ImageUpdateAutomations are declared` };
    }
    const taking = this.#all.filter(
      ({ facts: one }) =>
        (one.namespace === undefined || facts.namespace === undefined || one.namespace === facts.namespace) &&
        (one.selector === undefined || selects(one.selector, facts.labels)),
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
    return this.#all.length === 0 ? { automations: [], held: undefined } : { fault: none };
  }
}

function ofBranches(automations: readonly Declared<FluxAutomation>[]): readonly Remark[] {
  return automations.flatMap(({ file, object, facts: { branch } }) =>
    branch === undefined
      ? []
      : [{ file, reason: `${object} writes to ${branch}; Sluice to the branch that sluice.yml names`, isNote: true }],
  );
}

function isAutomation(one: Declaration['facts']): one is FluxAutomation {
  return one.kind === 'flux-automation';
}
