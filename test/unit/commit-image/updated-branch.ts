import { expect } from 'vitest';
import { createHandler } from '../../../functions/commit-image/handler.ts';
import { contextOf } from '../../../infra/local/functions.ts';
import { parseBlockList } from '../../../shared/block-list/block-list.ts';
import { imageUpdate, updatesEvent } from '../../fakes/image-updates.ts';
import { deployment } from '../../fakes/manifests.ts';
import { memoryGitHost, watched } from '../../fakes/memory-git-host.ts';
import { memoryRegistry } from '../../fakes/memory-registry.ts';
import { recordingLog, recordingSender } from '../../fakes/recording.ts';

export const IMAGE = 'registry.example.com/web';
export const FILE = 'web.yml';
export const LIST = '.sluice/blocked.yml';
export const manifest = (tag: string) => deployment(`${IMAGE}:${tag}`, 'semver:~1');

/** A branch that Sluice moved from 1.0.0 to 1.0.1 and then to 1.0.2. */
export async function updatedBranch() {
  const host = memoryGitHost({ [FILE]: manifest('1.0.0') });
  const { log, lines } = recordingLog();
  const open = () =>
    createHandler({
      repositories: [watched(host)],
      registry: () =>
        memoryRegistry({ '1.0.0': undefined, '1.0.1': undefined, '1.0.2': undefined, '1.0.3': undefined }),
      deadLetters: recordingSender(),
      maxReceives: 5,
      log,
      now: () => Date.parse('2026-11-24T00:00:00Z'),
      rateLimit: async () => {},
    });
  const tag = async () => {
    const [file] = await host.files(await host.head('main'), [FILE]);
    return /image: \S+:(\S+)/.exec(file?.text ?? '')?.[1];
  };
  const deliver = async (to: string, handler = open()) => {
    const update = imageUpdate({
      url: 'https://git.example.com/hello.git',
      image: IMAGE,
      file: FILE,
      from: (await tag()) ?? '',
      to,
      revision: await host.head('main'),
    });
    expect(await handler(updatesEvent([[update]]), contextOf('commit-image'))).toEqual({ batchItemFailures: [] });
  };
  const handler = open();
  await deliver('1.0.1', handler);
  await deliver('1.0.2', handler);
  expect(await tag()).toBe('1.0.2');
  const list = async () => {
    const [file] = await host.files(await host.head('main'), [LIST]);
    return parseBlockList(file?.text ?? '');
  };
  return {
    host,
    tag,
    list,
    lines,
    deliver,
    handler,
    reasons: () => lines.flatMap(({ reason }) => (reason === undefined ? [] : [reason])),
  };
}
