import { createServer, type Server, type ServerResponse } from 'node:http';
import { afterEach, expect, test } from 'vitest';
import * as z from 'zod';
import { listenOnLoopback } from '../../../infra/local/loopback.ts';
import { openAwsService } from '../../../shared/aws/service.ts';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.close();
    server.closeAllConnections();
  }
});

/** A service that answers so, each time. */
async function open(answer: (response: ServerResponse, call: number) => void) {
  let calls = 0;
  const server = createServer((request, response) => {
    calls += 1;
    request.resume().on('end', () => answer(response, calls));
  });
  servers.push(server);
  const { host } = await listenOnLoopback(server, 0);
  const service = openAwsService({
    name: 'sqs',
    target: 'AmazonSQS',
    contentType: 'application/x-amz-json-1.0',
    region: () => 'eu-central-1',
    endpoint: () => `http://${host}`,
    credentials: async () => ({ accessKeyId: 'key', secretAccessKey: 'secret' }),
  });
  return { calls: () => calls, service };
}

const ok = z.object({ ok: z.boolean() });

test('what passes is tried again', async () => {
  const { service, calls } = await open((response, call) => {
    if (call === 1) {
      response.destroy();
    } else {
      response.end('{"ok":true}');
    }
  });
  expect(await service.call('SendMessage', {}, ok)).toEqual({ ok: true });
  expect(calls()).toBe(2);
});

test.each<{ name: string; answer: (response: ServerResponse) => void; timeoutMillis?: number; error: object }>([
  {
    name: 'a redirection is no answer, even one that looks like it',
    answer: (response) => response.writeHead(307, { location: 'http://127.0.0.1:1/' }).end('{"ok":true}'),
    error: { name: 'UnreadableReply', message: 'status 307', status: 307 },
  },
  {
    name: 'an error has the name that the service gave it',
    answer: (response) =>
      response.writeHead(400).end('{"__type":"com.amazonaws.sqs#QueueDoesNotExist","message":"none"}'),
    error: { name: 'QueueDoesNotExist', message: 'none', status: 400 },
  },
  {
    name: 'silence is told as such',
    answer: () => {},
    timeoutMillis: 50,
    error: { name: 'NoAnswer', message: 'nothing within 0.05 seconds' },
  },
  {
    name: 'an answer that breaks off is none',
    answer: (response) => {
      response.writeHead(200, { 'content-length': '100' }).write('{"ok"');
      response.destroy();
    },
    error: { name: 'NoAnswer' },
  },
  {
    name: 'one that never ends is told as silence',
    answer: (response) => void response.writeHead(200, { 'content-length': '100' }).write('{"ok"'),
    timeoutMillis: 50,
    error: { name: 'NoAnswer', message: 'nothing within 0.05 seconds' },
  },
])('$name', async ({ answer, timeoutMillis = 10_000, error }) => {
  const { service } = await open(answer);
  await expect(service.call('SendMessage', {}, ok, { timeoutMillis, attempts: 1 })).rejects.toMatchObject(error);
});

test('who waits no longer is told so', async () => {
  const ended = new AbortController();
  const { service } = await open(() => ended.abort());
  await expect(service.call('SendMessage', {}, ok, { signal: ended.signal })).rejects.toMatchObject({
    name: 'NoAnswer',
    message: 'This operation was aborted',
  });
});
