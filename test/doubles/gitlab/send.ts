import type { ServerResponse } from 'node:http';
import type { Answer } from './answer.ts';

/** Writes an answer: JSON, or bytes as they are; cut in half where it is to be. */
export function send(method: string, answer: Answer, cut: boolean, response: ServerResponse): void {
  const { status, body, headers = {} } = answer;
  const content = Buffer.isBuffer(body) ? body : Buffer.from(JSON.stringify(body));
  const type = Buffer.isBuffer(body) ? 'text/plain' : 'application/json';
  response.writeHead(status, { 'content-type': type, 'content-length': content.length, ...headers });
  if (cut) {
    response.write(content.subarray(0, Math.floor(content.length / 2)), () => response.destroy());
  } else {
    response.end(method === 'HEAD' ? undefined : content);
  }
}
