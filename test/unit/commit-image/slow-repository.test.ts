import { expect, onTestFinished, test, vi } from 'vitest';
import { createHandler } from '../../../functions/commit-image/handler.ts';
import { lambdaContext } from '../../../infra/local/lambda-context.ts';
import { imageUpdate, updatesEvent } from '../../fakes/image-updates.ts';
import { deployment } from '../../fakes/manifests.ts';
import { type MemoryGitHost, memoryGitHost, watched } from '../../fakes/memory-git-host.ts';
import { memoryRegistry } from '../../fakes/memory-registry.ts';
import { recordingLog, recordingSender } from '../../fakes/recording.ts';

const IMAGE = 'registry.example.com/hello';
const urlOf = (name: string) => `https://git.example.com/${name}.git`;

function repository(name: string, host: MemoryGitHost) {
  const { config } = watched(host);
  return { host, config: { ...config, url: urlOf(name) } };
}

test('a branch whose host never answers fails alone, after the commit of another branch of the batch', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  onTestFinished(() => {
    vi.useRealTimers();
  });
  const files = { 'deploy.yml': deployment(`${IMAGE}:1.0.0`, 'semver:~1') };
  const good = memoryGitHost(files);
  const silent = memoryGitHost(files);
  silent.files = async () => new Promise<never>(() => {});
  const { log, lines } = recordingLog();
  const deadLetters = recordingSender();
  const handler = createHandler({
    repositories: [repository('silent', silent), repository('good', good)],
    registry: () => memoryRegistry({ '1.0.1': undefined }),
    ...{ deadLetters, log, maxReceives: 5, now: Date.now },
  });
  const updates = await Promise.all(
    [silent, good].map(async (host, index) => {
      const url = urlOf(index === 0 ? 'silent' : 'good');
      const revision = await host.head('main');
      return imageUpdate({ url, image: IMAGE, file: 'deploy.yml', from: '1.0.0', to: '1.0.1', revision });
    }),
  );
  const answer = handler(updatesEvent(updates.map((one) => [one])), lambdaContext('commit-image', 60_000));
  await vi.waitUntil(() => good.commits.length > 0);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(await answer).toEqual({ batchItemFailures: [{ itemIdentifier: 'message-0' }] });
  expect(good.commits).toHaveLength(1);
  expect(lines).toContainEqual(
    expect.objectContaining({
      message: 'message goes back to its queue',
      repository: urlOf('silent'),
      error: expect.objectContaining({ code: 'git-too-slow' }),
    }),
  );
});
