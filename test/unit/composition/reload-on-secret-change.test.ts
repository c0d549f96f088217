import { expect, test } from 'vitest';
import { ReloadOnSecretChange } from '../../../shared/composition/reload-on-secret-change.ts';

test('what fails to open late leaves alone what was opened since, with the new secret', async () => {
  const openings = [Promise.withResolvers<string>(), Promise.withResolvers<string>()];
  let count = 0;
  let isChanged = true;
  const changed = async () => {
    const answer = isChanged;
    isChanged = false;
    return answer;
  };
  const opened = new ReloadOnSecretChange(
    async () => {
      count += 1;
      return openings[count - 1]?.promise ?? 'opened once more';
    },
    () => ({ changed, refused: async () => false }),
  );
  const first = opened.get();
  await opened.before();
  const second = opened.get();
  openings[1]?.resolve('with the new secret');
  expect(await second).toBe('with the new secret');
  openings[0]?.reject(new Error('the old secret'));
  await expect(first).rejects.toThrow('the old secret');
  expect(await opened.get()).toBe('with the new secret');
});
