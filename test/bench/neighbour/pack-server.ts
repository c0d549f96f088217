import { createServer, type Server } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { FLUSH, pktLine } from '../../../shared/git/wire/pkt-line.ts';
import { type Listener, listen } from '../../cluster/listener.ts';

/** A repository as its host sends it. */
export interface Packed {
  /** The commit at the head of `main`. */
  readonly head: string;
  readonly pack: Buffer;
}

/** Stands in the place of a pack: the host answers with an error page of this body, packed by gzip. */
export interface ErrorPage {
  readonly gzip: Buffer;
}

/** As hosts on the Internet take for an answer. */
const LATENCY_MILLIS = 20;
const BAND_BYTES = 65_000;

/** A Git host over HTTP that sends packs as they are given, by the names of their repositories. */
export async function startPackServer(repositories: ReadonlyMap<string, Packed | ErrorPage>): Promise<Listener> {
  return listen(serverOf(repositories));
}

function serverOf(repositories: ReadonlyMap<string, Packed | ErrorPage>): Server {
  return createServer((request, response) => {
    const [, name = '', ...rest] = (request.url ?? '').split(/[/?]/);
    const found = repositories.get(name);
    request.resume().on('end', () => {
      void sleep(LATENCY_MILLIS).then(() => {
        if (found === undefined || 'gzip' in found) {
          const headers = { 'content-type': 'text/plain', 'content-encoding': 'gzip' };
          response.writeHead(found === undefined ? 404 : 500, headers).end(found?.gzip);
          return;
        }
        const isAdvertisement = rest[0] === 'info';
        const type = `application/x-git-upload-pack-${isAdvertisement ? 'advertisement' : 'result'}`;
        response.writeHead(200, { 'content-type': type }).end(isAdvertisement ? advertisement(found) : reply(found));
      });
    });
  });
}

function advertisement({ head }: Packed): Buffer {
  const capabilities = 'side-band-64k ofs-delta thin-pack agent=bench';
  return Buffer.concat([
    ...[pktLine('# service=git-upload-pack\n'), FLUSH],
    ...[pktLine(`${head} HEAD\0${capabilities}\n`), pktLine(`${head} refs/heads/main\n`), FLUSH],
  ]);
}

function reply({ pack }: Packed): Buffer {
  const bands = Array.from({ length: Math.ceil(pack.length / BAND_BYTES) }, (_, index) => {
    const part = pack.subarray(index * BAND_BYTES, (index + 1) * BAND_BYTES);
    return Buffer.concat([Buffer.from((part.length + 5).toString(16).padStart(4, '0')), Buffer.from([1]), part]);
  });
  return Buffer.concat([pktLine('NAK\n'), ...bands, FLUSH]);
}
