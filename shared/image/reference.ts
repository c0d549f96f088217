import { SluiceError } from '../errors.ts';

/** An image's name in normal form: `alpine:3` is `docker.io/library/alpine:3`. No tag is made up where none stands. */
export interface ImageReference {
  /** Host, with its port where one is written. */
  readonly registry: string;
  readonly repository: string;
  readonly tag?: string;
  readonly digest?: string;
}

// https://pkg.go.dev/github.com/distribution/reference: the grammar at the head of the package.
const COMPONENT = String.raw`[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*`;
const DOMAIN_COMPONENT = '(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])';
const IPV6 = String.raw`\[[a-fA-F0-9:]+\]`;
const DOMAIN = String.raw`(?:${DOMAIN_COMPONENT}(?:\.${DOMAIN_COMPONENT})*|${IPV6})(?::[0-9]+)?`;
const TAG = String.raw`\w[\w.-]{0,127}`;
// https://github.com/opencontainers/image-spec/blob/main/descriptor.md#registered-algorithms
const DIGEST = 'sha256:[0-9a-f]{64}|sha384:[0-9a-f]{96}|sha512:[0-9a-f]{128}';
const NAME = `(?:${DOMAIN}/)?${COMPONENT}(?:/${COMPONENT})*`;
const REFERENCE = new RegExp(`^(?<name>${NAME})(?::(?<tag>${TAG}))?(?:@(?<digest>${DIGEST}))?$`);
/** As far as a text is the beginning of a reference. */
const BEGINNING = new RegExp(`^(?:${NAME}(?::${TAG})?(?:@(?:${DIGEST}))?)?[/:@]?`);
const REGISTRY = new RegExp(`^${DOMAIN}$`);
/** Of the repository's path, the registry left out. The same source. */
const LONGEST_REPOSITORY = 255;
/** The id of an image, which runtimes take as one. The same source. */
const IMAGE_ID = /^[0-9a-f]{64}$/;

const DEFAULT_REGISTRY = 'docker.io';

/** The parts of a reference as they are written. */
export interface WrittenParts {
  /** The name as it is written, without tag and digest. */
  readonly name: string;
  readonly tag: string | undefined;
  readonly digest: string | undefined;
}

/**
 * Reads an image's name by the grammar of `distribution/reference`. `host:5000/x` is a repository, not the tag
 * `5000/x`; `localhost/x` has the registry localhost; `foo/x` is a repository of Docker Hub.
 *
 * @throws SluiceError `reference-invalid`
 */
export function parseReference(text: string): ImageReference {
  const { name, tag, digest } = writtenParts(text);
  const { registry, repository } = splitName(name);
  return {
    registry,
    repository,
    ...(tag === undefined ? {} : { tag }),
    ...(digest === undefined ? {} : { digest }),
  };
}

/** The normal form: `registry/repository[:tag][@digest]`. */
export function printReference(reference: ImageReference): string {
  const { tag, digest } = reference;
  return `${imageName(reference)}${tag === undefined ? '' : `:${tag}`}${digest === undefined ? '' : `@${digest}`}`;
}

/** The name without tag and digest: `registry/repository`. Two references with the same name are the same image. */
export function imageName({ registry, repository }: ImageReference): string {
  return `${registry}/${repository}`;
}

/** What an image is changed to. */
export interface NewTag {
  readonly tag: string;
  readonly digest?: string | undefined;
  /** Does a text without a digest get one too? */
  readonly pin?: boolean;
}

/**
 * Changes the tag of an image as it is written, and its digest where it has one or is to; the name keeps its spelling. A
 * text without a tag gets one.
 *
 * @throws SluiceError `reference-invalid` for a text that is no reference, for a new tag or digest that could not
 *   stand in one, and where the text is pinned to a digest and the new one is not known: a stale digest beside a new
 *   tag would run the old image
 */
export function retag(text: string, to: NewTag): string {
  const { name, digest } = writtenParts(text);
  if (digest !== undefined && to.digest === undefined) {
    throw new SluiceError({
      code: 'reference-invalid',
      subject: `image ${text}`,
      expected: `the digest of tag ${to.tag}, since the image is pinned to one`,
      found: 'none',
    });
  }
  const isPinned = digest !== undefined || (to.pin === true && to.digest !== undefined);
  const retagged = `${name}:${to.tag}${isPinned ? `@${to.digest}` : ''}`;
  writtenParts(retagged);
  return retagged;
}

/** The parts of a reference as they are written, none filled in. @throws SluiceError `reference-invalid` */
export function writtenParts(text: string): WrittenParts {
  const { name, tag, digest } = REFERENCE.exec(text)?.groups ?? {};
  const { registry, repository } = splitName(name ?? '');
  // `a.b_c/x` is a name by the grammar, but `a.b_c` is no host.
  if (name === undefined || IMAGE_ID.test(text) || !REGISTRY.test(registry)) {
    throw invalid(text, 'an image like registry.example.com/team/app:1.0.0, with the repository in lower case');
  }
  if (repository.length > LONGEST_REPOSITORY) {
    throw invalid(text, `a repository of at most ${LONGEST_REPOSITORY} characters`);
  }
  return { name, tag, digest };
}

/** The first part is a registry where it has a dot or a port, is `localhost`, or cannot be a repository's. */
function splitName(name: string): { readonly registry: string; readonly repository: string } {
  const slash = name.indexOf('/');
  const first = name.slice(0, Math.max(slash, 0));
  const isRegistry = /[.:]/.test(first) || first === 'localhost' || first !== first.toLowerCase();
  const registry = isRegistry ? first : DEFAULT_REGISTRY;
  const repository = isRegistry ? name.slice(slash + 1) : name;
  if (registry !== DEFAULT_REGISTRY && registry !== `index.${DEFAULT_REGISTRY}`) {
    return { registry, repository };
  }
  return { registry: DEFAULT_REGISTRY, repository: repository.includes('/') ? repository : `library/${repository}` };
}

function invalid(text: string, expected: string): SluiceError {
  const found = `${JSON.stringify(text)}${faultIn(text)}`;
  return new SluiceError({ code: 'reference-invalid', subject: 'image', expected, found });
}

/** Where a text stops being a reference, as ` (wrong at character 9)`; empty where every part of it is right. */
function faultIn(text: string): string {
  const right = BEGINNING.exec(text)?.[0].length ?? 0;
  if (text === '' || REFERENCE.test(text)) {
    return '';
  }
  return right === text.length ? ' (ends too soon)' : ` (wrong at character ${right + 1})`;
}
