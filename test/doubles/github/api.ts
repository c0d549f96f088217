import type { App } from './app.ts';
import type { PackageVersion } from './package-version.ts';
import type { Pull } from './pull.ts';
import type { RateLimit } from './rate-limit.ts';
import type { Repository } from './repository.ts';
import type { User } from './users.ts';

/** Who asks. */
export type Actor =
  | { readonly kind: 'nobody' }
  | { readonly kind: 'user'; readonly user: User; readonly canWrite: boolean }
  /** An App by its JWT; it may do nothing to repositories. */
  | { readonly kind: 'app' }
  /** An App by the token of an installation. */
  | {
      readonly kind: 'installation';
      readonly user: User;
      readonly permissions: Readonly<Record<string, string>>;
      /** All of the installation where undefined. */
      readonly repositories: readonly string[] | undefined;
    };

/** What all endpoints share. */
export interface Host {
  /** `http://127.0.0.1:PORT/api/v3` */
  readonly api: string;
  /** `http://127.0.0.1:PORT` */
  readonly web: string;
  readonly now: () => number;
  readonly app: App;
  readonly rateLimit: RateLimit;
  /** The versions of each container, by `acme/hello`, in the order in which they came. */
  readonly packages: ReadonlyMap<string, readonly PackageVersion[]>;
  /** Counts up, for whatever needs a number of its own. */
  nextId(): number;
  /** Undefined where there is none on disk. */
  find(name: string): Repository | undefined;
  /** The new name of what was renamed. */
  movedTo(name: string): string | undefined;
  findById(id: number): Repository | undefined;
  /** The pull requests of all repositories. */
  pulls(): readonly { readonly repository: Repository; readonly pull: Pull }[];
  /** Lets a download pass once, and gives its address. */
  download(repository: Repository, ref: string): string;
}

/** A request that was let in. */
export interface ApiRequest {
  readonly host: Host;
  readonly actor: Actor;
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly body: Readonly<Record<string, unknown>>;
  readonly accept: string;
}

/** A request about a repository that the caller may see. */
export interface RepositoryRequest extends ApiRequest {
  readonly repository: Repository;
}

/** What an endpoint answers; `bytes` instead of `body` where it is not JSON. */
export interface Reply {
  readonly status: number;
  readonly body?: unknown;
  readonly bytes?: { readonly type: string; readonly content: Buffer };
  readonly headers?: Readonly<Record<string, string>>;
}

/** The account of whoever asks. */
export function userOf(actor: Actor): User {
  if (actor.kind === 'user' || actor.kind === 'installation') {
    return actor.user;
  }
  throw new Error('Nobody is there.');
}

/** A time as GitHub writes it, without fractions. */
export function timestamp(millis: number): string {
  return new Date(millis).toISOString().replace(/\.\d+Z$/, 'Z');
}

/** The address of a repository in the API. */
export function repositoryUrl({ api }: Host, { name }: Repository): string {
  return `${api}/repos/acme/${encodeURIComponent(name)}`;
}
