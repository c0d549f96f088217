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
  const clock = openPushClock(ECR, { credentials: undefined, aws: service.account, now: Date.now, log });
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

const CREDENTIALS = { username: 'ci', password: 'token' };

test.each([
  { host: ECR, credentials: undefined, has: true },
  { host: ECR, credentials: CREDENTIALS, has: false },
  { host: 'ghcr.io', credentials: CREDENTIALS, has: true },
  { host: 'ghcr.io', credentials: undefined, has: false },
  { host: 'quay.io', credentials: undefined, has: true },
  { host: 'quay.io', credentials: CREDENTIALS, has: false },
  { host: 'registry.gitlab.com', credentials: CREDENTIALS, has: false },
  { host: 'docker.io', credentials: CREDENTIALS, has: false },
  { host: 'public.ecr.aws', credentials: undefined, has: false },
])('$host with $credentials has a clock that is read: $has', async ({ host, credentials, has }) => {
  const service = await startAwsService(() => ({}));
  onTestFinished(() => service.stop());
  const { log } = recordingLog();
  const clock = openPushClock(host, { credentials, aws: service.account, now: Date.now, log });
  expect(clock !== undefined).toBe(has);
});
