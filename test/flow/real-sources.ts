import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startGitServer } from '../../infra/demo/git-server/server.ts';
import { makeImage, pushImage } from '../cluster/images.ts';
import { startDockerRegistry } from '../cluster/registry.ts';
import { type Gate, startGate } from './gate.ts';
import { createHello } from './repository.ts';

/** What the functions are told by, and what they write to: Debian's registry, and Git over HTTP. */
export interface RealSources {
  /** For whoever adds parts: gone after `stop`. */
  readonly directory: string;
  /** `127.0.0.1:5000/hello`, by the gate's host: so the registry names it in its events. */
  readonly image: string;
  /** The bare repository, and its URL past the gate. */
  readonly repository: string;
  readonly repositoryUrl: string;
  /** Between the functions and the registry, and between the functions and Git. */
  readonly registryGate: Gate;
  readonly gitGate: Gate;
  /** The secret that the registry sends. */
  readonly secret: string;
  push(tag: string, created: Date): Promise<void>;
  stop(): Promise<void>;
}

const SECRET = 'a secret of the flow test';

/**
 * Starts them, with version 0.1.0 of hello in both.
 *
 * @param pushUrl where the registry tells of pushes
 */
export async function openRealSources(pushUrl: string): Promise<RealSources> {
  const directory = mkdtempSync(join(tmpdir(), 'sluice-flow-'));
  const registry = await startDockerRegistry({
    notify: [{ url: pushUrl, headers: { authorization: `Bearer ${SECRET}` } }],
  });
  const registryGate = await startGate(registry.host);
  const push = async (tag: string, created: Date) => {
    await pushImage(registryGate.host, 'hello', tag, await makeImage({ created }));
  };
  await push('0.1.0', new Date(Date.UTC(2026, 10, 23, 9)));
  const repository = await createHello(directory, registryGate.host);
  const git = await startGitServer({ directory });
  const gitGate = await startGate(new URL(git.url).host);
  return {
    directory,
    image: `${registryGate.host}/hello`,
    repository,
    repositoryUrl: `${git.url}/hello.git`,
    registryGate,
    gitGate,
    secret: SECRET,
    push,
    async stop() {
      await Promise.all([registryGate.stop(), gitGate.stop()]);
      await Promise.all([registry.stop(), git.stop()]);
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
