import { expect, test } from 'vitest';
import { SluiceError } from '../../../shared/errors.ts';
import { silentLog } from '../../../shared/log.ts';
import { inlineSender } from '../../../shared/queue/inline-sender.ts';
import { recordingLog, recordingSender } from '../../fakes/recording.ts';

test('each body is worked on in order, and what fails is a dead letter with its reason, of which the others know nothing', async () => {
  const done: string[] = [];
  const deadLetters = recordingSender();
  const { log, lines } = recordingLog();
  const work = async (body: string) => {
    if (body === 'poison') {
      throw new SluiceError({ code: 'message-invalid', subject: 'event', expected: 'sense', found: 'none' });
    }
    done.push(body);
  };
  await inlineSender(work, { deadLetters, log }).send(['a', 'poison', 'b'].map((body) => ({ body })));
  expect(done).toEqual(['a', 'b']);
  expect(deadLetters.sent).toEqual([{ body: 'poison', attributes: { error: 'event: expected sense, found none' } }]);
  expect(lines).toEqual([
    expect.objectContaining({
      message: 'message goes to the dead-letter queue',
      error: expect.objectContaining({ code: 'message-invalid' }),
    }),
  ]);
});

test('nothing is lost where the dead letters cannot be kept', async () => {
  const fail = async () => Promise.reject(new Error('away'));
  await expect(
    inlineSender(fail, { deadLetters: { send: fail }, log: silentLog }).send([{ body: 'a' }]),
  ).rejects.toThrow('away');
});
