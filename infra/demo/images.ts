import { createHmac } from 'node:crypto';
import { SluiceError } from '../../shared/errors.ts';
import { parseReference } from '../../shared/image/reference.ts';
import { pushImage } from './registry/push-image.ts';
import { startLocalRegistry } from './registry/server.ts';

/** A step of the story: a tag that comes, and what becomes of it. */
export interface DemoStep {
  readonly tag: string;
  readonly becomes: 'kept' | 'rolled out';
  readonly push: () => Promise<void>;
}

/** The images that a demo deploys, and how pushes of them are told. */
export interface DemoImages {
  /** What the manifest names first: `127.0.0.1:5000/hello:0.1.0`. */
  readonly first: string;
  /** The registry's host, as sluice.yml names it, and who tells of its pushes. */
  readonly host: string;
  readonly source: 'distribution' | 'generic';
  /** `http://127.0.0.1:PORT` of the demo's own registry; undefined for images of a person's. */
  readonly registry: string | undefined;
  /** Has the runtime at this URL told of pushes from now on. */
  readonly tell: (runtimeUrl: string, secret: string) => void;
  /** @param commit what the pipeline of that commit tags its image by */
  readonly steps: (commit: string) => readonly DemoStep[];
  /** Is this image in the registry? */
  readonly has: (image: string) => Promise<boolean>;
  readonly stop: () => Promise<void>;
}

/** An image of a person's, by two of its tags. */
export interface PersonsImage {
  /** `registry.example.com/app:1.0.0` */
  readonly image: string;
  readonly next: string;
}

const REPOSITORY = 'hello';
const FIRST_TAG = '0.1.0';
const AN_HOUR_MILLIS = 3_600_000;

/** Images of hello in a registry of the demo's own: what CI pushes, a first tag for its tests, then that of the commit. */
export async function ownImages(directory: string): Promise<DemoImages> {
  const server = await startLocalRegistry({ directory });
  const { host } = server;
  const registry = `http://${host}`;
  const push = async (tag: string, created: Date, content: string) => {
    await pushImage({ registry, repository: REPOSITORY, tag, created, content });
  };
  await push(FIRST_TAG, new Date(Date.now() - AN_HOUR_MILLIS), FIRST_TAG);
  return {
    first: `${host}/${REPOSITORY}:${FIRST_TAG}`,
    host,
    source: 'distribution',
    registry,
    tell: (runtimeUrl, secret) =>
      server.notify({ url: `${runtimeUrl}/push/distribution`, headers: { authorization: `Bearer ${secret}` } }),
    steps(commit) {
      const created = new Date();
      return [
        { tag: 'tmp', becomes: 'kept', push: async () => push('tmp', created, commit) },
        { tag: commit, becomes: 'rolled out', push: async () => push(commit, created, commit) },
      ];
    },
    async has(image) {
      const { registry: of, repository, tag = 'latest', digest } = parseReference(image);
      const url = `${registry}/v2/${repository}/manifests/${digest ?? tag}`;
      return of === host && (await fetch(url, { method: 'HEAD' })).ok;
    },
    stop: async () => server.stop(),
  };
}

/**
 * An image that is there already: the second tag is told of as a CI job would, and looked up where it is.
 *
 * @throws SluiceError `reference-invalid`, or `config-invalid` for an image without a tag
 */
export function personsImages({ image, next }: PersonsImage): DemoImages {
  const { registry: host, repository, tag } = parseReference(image);
  if (tag === undefined) {
    const details = { subject: `--image ${image}`, expected: 'an image with a tag', found: 'none' } as const;
    throw new SluiceError({ code: 'config-invalid', ...details });
  }
  let end: { readonly url: string; readonly secret: string } | undefined;
  return {
    first: image,
    host,
    source: 'generic',
    registry: undefined,
    tell(runtimeUrl, secret) {
      end = { url: `${runtimeUrl}/push/generic`, secret };
    },
    steps: () => [{ tag: next, becomes: 'rolled out', push: async () => tellOf(`${host}/${repository}:${next}`, end) }],
    has: async () => true,
    stop: async () => {},
  };
}

async function tellOf(
  image: string,
  end: { readonly url: string; readonly secret: string } | undefined,
): Promise<void> {
  const { url = '', secret = '' } = end ?? {};
  const body = JSON.stringify({ image });
  const signature = createHmac('sha256', secret).update(body).digest('hex');
  const reply = await fetch(url, { method: 'POST', headers: { 'x-signature': `sha256=${signature}` }, body });
  if (!reply.ok) {
    const found = `status ${reply.status}`;
    throw new SluiceError({ code: 'push-malformed', subject: `push of ${image}`, expected: 'to be taken', found });
  }
}
