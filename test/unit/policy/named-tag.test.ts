import { describe, expect, test } from 'vitest';
import { choose } from '../../../shared/policy/choose.ts';
import { parsePolicy } from '../../../shared/policy/parse.ts';

const BEFORE = `sha256:${'1'.repeat(64)}`;
const NOW = `sha256:${'2'.repeat(64)}`;

describe('a policy that names one tag', () => {
  test.each([
    { name: 'replaces another tag', policy: 'tag:main', current: { tag: '1.0.0' }, action: 'update' },
    { name: 'keeps that tag', policy: 'tag:main', current: { tag: 'main' }, action: 'keep' },
    { name: 'writes its digest beside it', policy: 'tag:main; pin', current: { tag: 'main' }, action: 'update' },
    {
      name: 'follows it to another image',
      policy: 'tag:main; pin',
      current: { tag: 'main', digest: BEFORE },
      action: 'update',
    },
    { name: 'keeps the same image', policy: 'tag:main; pin', current: { tag: 'main', digest: NOW }, action: 'keep' },
  ])('$name', ({ policy, current, action }) => {
    const candidates = [{ tag: 'main', digest: NOW }];
    expect(choose({ policy: parsePolicy(policy), current, candidates }).action).toBe(action);
  });

  test('takes no other', () => {
    expect(parsePolicy('tag:main').accept(['Main', 'main-1', 'latest', 'main'])).toEqual(['main']);
  });

  test.each(['tag:', 'tag:~1', 'tag:a b', `tag:${'a'.repeat(129)}`])('%s is refused', (text) => {
    expect(() => parsePolicy(text)).toThrow('expected');
  });
});
