import { expect, test } from 'vitest';
import { createScreen } from '../../../infra/demo/screen.ts';

test.each([
  {
    what: 'a field of a log line',
    line: JSON.stringify({ message: 'object failed', service: 'agent', object: 'a\u001b[2J', reason: 'b\nc\u202e' }),
    shown: '            agent            a\\x1b[2J: b\\nc\\u202e',
  },
  { what: 'a line that is no JSON', line: 'fatal\u001b[2J', shown: 'fatal\\x1b[2J' },
])('the demo shows $what without what a terminal would act on', ({ line, shown }) => {
  const printed: string[] = [];
  createScreen({ print: (text) => printed.push(text), repository: '', colours: false, now: Date.now }).show(line);
  expect(printed).toEqual([shown]);
});
