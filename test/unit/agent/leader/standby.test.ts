import { expect, test } from 'vitest';
import { waitUntilReached } from '../../../../infra/agent/leader/standby.ts';
import { createLog } from '../../../../shared/log.ts';

test('a replica that stands by tells each fault of its repository once, until it reaches it', async () => {
  const faults = ['no such host', 'no such host', 'refused', 'refused', 'no such host', undefined, 'never asked'];
  const lines: string[] = [];
  const head = async () => {
    const fault = faults.shift();
    if (fault !== undefined) {
      throw new Error(fault);
    }
  };
  const log = createLog({}, 'info', { write: (line) => void lines.push(line) });
  await waitUntilReached({ head, pollMillis: 1, log }, new AbortController().signal);
  const told = lines.map((line) => JSON.parse(line)).map(({ message, error }) => `${message}: ${error.message}`);
  expect(told).toEqual(['no such host', 'refused', 'no such host'].map((fault) => `repository not reached: ${fault}`));
  expect(faults).toEqual(['never asked']);
});
