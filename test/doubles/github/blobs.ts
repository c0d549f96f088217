import { type Reply, type RepositoryRequest, repositoryUrl } from './api.ts';
import { textOf } from './json.ts';
import { notFound } from './refusal.ts';
import { objectType } from './revisions.ts';
import { nodeId } from './users.ts';

/** GitHub breaks base64 after so many characters. */
const BASE64_LINE = /.{60}/g;

/** As GitHub writes the bytes of a file into JSON. */
export function base64Lines(content: Buffer): string {
  return `${content.toString('base64').replaceAll(BASE64_LINE, '$&\n')}\n`;
}

/** `GET …/git/blobs/{file_sha}`, raw where `Accept` asks for it. */
export async function getBlob({ host, repository, params, accept }: RepositoryRequest): Promise<Reply> {
  const sha = params['file_sha'] ?? '';
  if ((await objectType(repository.git, sha)) !== 'blob') {
    throw notFound();
  }
  const content = await repository.git.run(['cat-file', 'blob', sha]);
  if (isRaw(accept)) {
    return { status: 200, bytes: { type: 'application/vnd.github.raw; charset=utf-8', content } };
  }
  const url = `${repositoryUrl(host, repository)}/git/blobs/${sha}`;
  const body = { sha, node_id: nodeId('Blob', sha), size: content.length, url };
  return { status: 200, body: { ...body, content: base64Lines(content), encoding: 'base64' } };
}

/** `POST …/git/blobs` */
export async function createBlob({ host, repository, body }: RepositoryRequest): Promise<Reply> {
  const content = Buffer.from(textOf(body, 'content') ?? '', body['encoding'] === 'base64' ? 'base64' : 'utf8');
  const output = await repository.git.run(['hash-object', '-w', '--stdin'], content);
  const sha = output.toString('utf8').trim();
  const url = `${repositoryUrl(host, repository)}/git/blobs/${sha}`;
  return { status: 201, body: { sha, url }, headers: { location: url } };
}

/** Whether bytes are asked for rather than JSON. */
export function isRaw(accept: string): boolean {
  return /application\/vnd\.github(\.v3)?\.raw(\+json)?/.test(accept);
}
