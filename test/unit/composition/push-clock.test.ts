import { expect, onTestFinished, test } from 'vitest';
import { openPushClock } from '../../../shared/composition/push-clock.ts';
import { startAwsService } from '../../fakes/aws-service.ts';
import { recordingLog } from '../../fakes/recording.ts';

const ECR = '123456789012.dkr.ecr.eu-central-1.amazonaws.com';
const VERSION = { tag: '1.0.0', digest: `sha256:${'1'.repeat(64)}` };

test('a clock that cannot be read says nothing, and the log says why', async () => {
  const service = await startAwsService(() => ({ error: 'AccessDeniedException', message: 'no' }));
  onTestFinished(() => service.stop());
  const { log, lines } = recordingLog();
  const clock = openPushClock(ECR, { aws: service.account, log });
  expect(await clock?.pushedAt('hello', VERSION)).toBeUndefined();
  expect(lines).toEqual([
    expect.objectContaining({
      level: 'warn',
      message: 'clock of a registry not read',
      registry: ECR,
      repository: 'hello',
      error: expect.objectContaining({ code: 'registry-unauthorized' }),
    }),
  ]);
});

test.each(['ghcr.io', 'registry.gitlab.com', 'localhost:5000', 'public.ecr.aws'])(
  '%s has no clock that is read',
  async (host) => {
    const service = await startAwsService(() => ({}));
    onTestFinished(() => service.stop());
    expect(openPushClock(host, { aws: service.account, log: recordingLog().log })).toBeUndefined();
  },
);
