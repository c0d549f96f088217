import { expect, test } from 'vitest';
import { createScreen } from '../../../infra/demo/screen.ts';

test('lines of two pushes that are in work at once are booked on their own push, up to the roll-out', () => {
  let now = 0;
  const printed: string[] = [];
  const screen = createScreen({
    print: (text) => void printed.push(text),
    repository: '/nowhere',
    colours: false,
    now: () => now,
  });
  const show = (at: number, line: object) => {
    now = at;
    screen.show(JSON.stringify(line));
  };
  const image = '127.0.0.1:5000/hello';
  show(0, { service: 'receive-push', message: 'push received', push: 'a', image, tag: '1' });
  show(1000, { service: 'receive-push', message: 'push received', push: 'b', image, tag: '2' });
  show(1100, { service: 'evaluate-policy', message: 'update decided', push: 'a', object: 'd', reason: 'newer' });
  show(1200, { service: 'evaluate-policy', message: 'image kept', push: 'b', reason: 'older' });
  show(1300, { service: 'agent', message: 'revision found', revision: 'c0ffee1' });
  expect(printed.map((text) => text.replaceAll(/ {2,}/g, ' '))).toEqual([
    '\n● hello:1 is pushed',
    '\n● hello:2 is pushed',
    '\n● hello:1 goes on',
    ' +1100 ms evaluate-policy d: newer',
    '\n● hello:2 goes on',
    ' +200 ms evaluate-policy kept: older',
    ' agent pulled c0ffee1',
  ]);
});
