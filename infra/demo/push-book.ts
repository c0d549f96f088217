/** A line of a log: its fields as text, an error's as its message. */
export type Line = Readonly<Record<string, string>>;

/** A push that is shown. */
export interface ShownPush {
  /** `hello:1.0.1` */
  readonly image: string;
  /** When it came, in milliseconds since the epoch. */
  readonly at: number;
}

/** Tells which push a line of a log is about: several may be in work at once. */
export class PushBook {
  readonly #now: () => number;
  readonly #pushes = new Map<string, ShownPush>();
  readonly #commits = new Map<string, ShownPush>();
  readonly #announced = new Set<ShownPush>();
  /** The commit that the agent is at; most of its lines do not say. */
  #revision = '';
  #shown: ShownPush | undefined;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** The push whose lines are being shown. */
  get shown(): ShownPush | undefined {
    return this.#shown;
  }

  receive(line: Line): void {
    this.#pushes.set(line['push'] ?? '', { image: imageOf(line), at: this.#now() });
  }

  /** Undefined for a line of no push's, such as those of the first revision. */
  pushOf(line: Line): ShownPush | undefined {
    const { push, pushes, commit, revision, service } = line;
    if (commit !== undefined && push !== undefined) {
      const known = this.#pushes.get(push);
      if (known !== undefined) {
        this.#commits.set(commit, known);
      }
    }
    if (push !== undefined || pushes !== undefined) {
      return this.#pushes.get(push ?? pushes?.split('; ')[0] ?? '');
    }
    if (service === 'agent') {
      this.#revision = revision ?? this.#revision;
    }
    return this.#commits.get(revision ?? (service === 'agent' ? this.#revision : ''));
  }

  hasShown(push: ShownPush): boolean {
    return this.#announced.has(push);
  }

  /** Lines of this push follow. */
  show(push: ShownPush): void {
    this.#announced.add(push);
    this.#shown = push;
  }
}

function imageOf(line: Line): string {
  return `${(line['image'] ?? '').split('/').slice(1).join('/')}:${line['tag']}`;
}
