import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { SluiceError } from '../../shared/errors.ts';
import { createLog } from '../../shared/log.ts';

test('a log with a mask writes no text that it was not given first: messages, fields however deep, errors', () => {
  const lines: Readonly<Record<string, unknown>>[] = [];
  const write = (line: string) => void lines.push(JSON.parse(line));
  const mask = (text: string) => text.replaceAll('hunter2', '***');
  const log = createLog({ service: 'agent' }, 'debug', { write }, { mask }).with({ source: 'of hunter2' });
  const toldByItself = { toJSON: () => ({ inside: 'hunter2' }) };
  const cause = new Error('hunter2', { cause: 'hunter2' });
  log.debug('d hunter2');
  log.info('i', { problems: ['one', { two: 'hunter2', hunter2: 3 }], none: null, missing: undefined, toldByItself });
  log.warn('w', { error: new SluiceError({ code: 'apply-failed', subject: 'a', found: 'hunter2', cause }) });
  log.error('e', { error: cause, other: cause });
  log.error('e', { error: 'hunter2' });
  const text = JSON.stringify(lines).replaceAll('"hunter2":3', '');
  expect(text).not.toContain('hunter2');
  expect(lines).toMatchObject([
    { service: 'agent', source: 'of ***', message: 'd ***' },
    { problems: ['one', { two: '***', hunter2: 3 }], none: null, toldByItself: { inside: '***' } },
    { error: { code: 'apply-failed', message: 'a: ***', retryable: false } },
    { error: { message: '***', stack: expect.stringContaining('Error: ***') }, other: { message: '***' } },
    { error: { message: '***' } },
  ]);
});

test.each([
  { told: 'info', masked: ['told', 'of whom'] },
  { told: 'debug', masked: [] },
] as const)('a mask is given the texts of a line that is written and of no other: $told', ({ told, masked }) => {
  const given: string[] = [];
  const mask = (text: string) => {
    given.push(text);
    return text;
  };
  createLog({}, 'info', { write: () => {} }, { mask })[told]('told', { object: 'of whom' });
  expect(given.toSorted()).toEqual(masked.toSorted());
});

test('a line has nothing that a terminal would act on, and says the same', () => {
  const said = 'a\u001b[31m\u009b31m\u202eb\u2028c\u{e0061}d é 漢\n';
  const lines: string[] = [];
  createLog({}, 'info', { write: (line) => void lines.push(line) }).info(said, { found: [said], [said]: 1 });
  const [line = ''] = lines;
  expect(line).toMatch(/^[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+\n$/u);
  expect(JSON.parse(line)).toMatchObject({ message: said, found: [said], [said]: 1 });
});

test('a line is in standard output before the next statement runs, whatever ends the process then', () => {
  const source = `
    const { createLog } = await import(${JSON.stringify(import.meta.resolve('../../shared/log.ts'))});
    const log = createLog({});
    for (let at = 0; at < 50; at += 1) log.info('told', { at });
    process.kill(process.pid, 'SIGKILL');
  `;
  const { signal, stdout } = spawnSync(process.execPath, ['--input-type=module', '--eval', source], {
    encoding: 'utf8',
  });
  const told = stdout.trimEnd().split('\n');
  expect({ signal, told: told.map((line) => JSON.parse(line).at) }).toEqual({
    signal: 'SIGKILL',
    told: Array.from({ length: 50 }, (_, at) => at),
  });
});
