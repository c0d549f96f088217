import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { startDaemon, waitFor } from './daemon.ts';
import { freePort } from './free-port.ts';
import { debianPath } from './parts.ts';
import {
  type NotificationEndpoint,
  type RegistryAuthentication,
  writeRegistryConfiguration,
} from './registry-configuration.ts';
import { makeRunFolder } from './run-folder.ts';

/** Whom the registry tells about pushes, and whom it lets in; default nobody and everybody. */
export interface DockerRegistryOptions {
  readonly notify?: readonly NotificationEndpoint[];
  readonly authentication?: RegistryAuthentication;
}

/** One line of the registry's access log. */
interface RegistryRequest {
  readonly method: string;
  /** Path and query, such as `/v2/hello/tags/list?n=100`. */
  readonly target: string;
  readonly status: number;
}

/** A running registry with a storage of its own. */
export interface DockerRegistry {
  /** `127.0.0.1:PORT`, as it stands at the start of image references. */
  readonly host: string;
  /** `http://127.0.0.1:PORT`. */
  readonly url: string;
  /** Every request served so far, oldest first. The log is written after the reply, so the very last one may be missing for a moment. */
  requests(): readonly RegistryRequest[];
  /** Ends the registry and removes its storage; safe to call twice. */
  stop(): Promise<void>;
}

const startTimeoutMillis = 15_000;

/** Starts Debian's docker-registry (distribution) over plain HTTP on a free loopback port; resolves when it answers `/v2/`. */
export async function startDockerRegistry(options: DockerRegistryOptions = {}): Promise<DockerRegistry> {
  const directory = await makeRunFolder('sluice-registry');
  mkdirSync(join(directory, 'storage'));
  const port = await freePort();
  const host = `127.0.0.1:${port}`;
  const url = `http://${host}`;
  const { notify = [], authentication = { kind: 'none' } } = options;
  const configuration = writeRegistryConfiguration({ directory, port, notify, authentication });
  const daemon = await startDaemon({
    name: 'docker-registry',
    command: debianPath('docker-registry'),
    arguments: ['serve', configuration],
    logDirectory: directory,
  });
  let lines = '';
  const stop = async (): Promise<void> => {
    await daemon.stop(1000);
    rmSync(directory, { recursive: true, force: true });
  };
  try {
    const expected = authentication.kind === 'none' ? 200 : 401;
    const answers = async () => (await fetch(`${url}/v2/`)).status === expected;
    await waitFor(`docker-registry answers /v2/ with ${expected}`, answers, {
      timeoutMillis: startTimeoutMillis,
      daemons: [daemon],
    });
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    host,
    url,
    requests: () => {
      // The log goes with the directory; what was served stays known after the end.
      if (daemon.ended() === undefined) lines = daemon.log();
      return accessLog(lines);
    },
    stop,
  };
}

/** Apache's combined format: `127.0.0.1 - - [date] "GET /v2/ HTTP/1.1" 200 2 "" "agent"`; other lines are skipped. */
function accessLog(log: string): RegistryRequest[] {
  return [...log.matchAll(/^\S+ - \S+ \[[^\]]+\] "([A-Z]+) (\S+) HTTP\/[\d.]+" (\d{3}) /gm)].map(
    ([, method = '', target = '', status]) => ({ method, target, status: Number(status) }),
  );
}
