import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import { CHARTS } from '../../../infra/aws/charts.ts';
import { httpApiOptions } from '../../../infra/aws/http-api.ts';
import { PLACEHOLDERS, QUERIES, savedQueries } from '../../../infra/aws/queries.ts';
import { settingsOf } from './deployed.ts';
import { wordsOf } from './query-words.ts';
import { failToStart, type ToldLine, tellAll } from './told-lines.ts';
import { valueAt } from './value-at.ts';

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_AnalyzeLogData-discoverable-fields.html */
const FIELDS_OF_AWS = new Set([
  ...['@timestamp', '@message', '@log', '@type', '@requestId', '@duration', '@initDuration'],
  ...['@maxMemoryUsed', '@memorySize'],
]);

/** Of every line on Lambda, which the entry adds. */
const FIELDS_OF_ENTRY = new Set(['service', 'requestId']);

let lines: readonly ToldLine[];
beforeAll(async () => {
  lines = await tellAll();
});

const questions = [...QUERIES, ...CHARTS.flat()];
const ofFunctions = questions.filter(({ reads }) => !(reads as readonly string[]).includes('http-api'));

describe.each(ofFunctions)('query or chart $name', ({ reads, commands }) => {
  const { messages, fields } = wordsOf(commands);
  const asked = () =>
    lines.filter(
      ({ service, message }) =>
        (reads as readonly string[]).includes(service) && (messages.length === 0 || messages.includes(String(message))),
    );

  test('asks for messages that its functions write', () => {
    const told = new Set(asked().map(({ message }) => message));
    expect(messages.filter((message) => !told.has(message))).toEqual([]);
  });

  test('asks for fields that these lines have', () => {
    const isThere = (field: string) =>
      FIELDS_OF_AWS.has(field) ||
      FIELDS_OF_ENTRY.has(field) ||
      asked().some((line) => valueAt(line, field) !== undefined);
    expect(fields).not.toEqual([]);
    expect(fields.filter((field) => !isThere(field))).toEqual([]);
  });
});

test('what is asked of the HTTP API stands in its access log', () => {
  const format = String(valueAt(httpApiOptions(settingsOf()), 'HttpApiStage.Properties.AccessLogSettings.Format'));
  const asked = questions.filter((one) => !ofFunctions.includes(one));
  expect(asked.map(({ name }) => name)).toEqual(['Who asks the push URL?']);
  expect(
    asked.flatMap(({ commands }) => wordsOf(commands).fields).filter((one) => !(one in JSON.parse(format))),
  ).toEqual([]);
});

test('every line about pushes has their ids', () => {
  const about = ['push received', 'push not taken', 'missed push found', 'head moved', 'message goes'];
  const images = /^(image|update) |^policy refused/;
  const isAbout = (message: string) => images.test(message) || about.some((begin) => message.startsWith(begin));
  const told = lines.filter(({ message }) => isAbout(String(message)));
  expect(new Set(told.map(({ message }) => message)).size).toBeGreaterThan(12);
  expect(told.filter(({ push, pushes }) => push === undefined && pushes === undefined)).toEqual([]);
});

test('an image that failed on its way is named in the line that says so', () => {
  const told = lines.filter(({ message }) => String(message).startsWith('message goes'));
  expect(new Set(told.map(({ service, message }) => `${service}: ${String(message)}`))).toEqual(
    new Set([
      'evaluate-policy: message goes back to its queue',
      'evaluate-policy: message goes to the dead-letter queue',
      'commit-image: message goes back to its queue',
      'commit-image: message goes to the dead-letter queue',
    ]),
  );
  expect(told.filter((line) => !/registry\.example\.com\/(hello|away)/.test(JSON.stringify(line)))).toEqual([]);
});

test('a function that does not start says so under the id of the request', () => {
  expect(failToStart('commit-image')).toEqual([
    expect.objectContaining({
      level: 'error',
      service: 'commit-image',
      requestId: 'request-1',
      message: 'invocation failed',
      error: expect.objectContaining({ code: 'config-invalid' }),
    }),
  ]);
});

test('they stand in a folder named after the stack, and read the logs of its functions', () => {
  const saved = Object.values(savedQueries(settingsOf())).map(({ Properties }) => Properties);
  expect(saved.map(({ Name }) => Name)).toEqual(QUERIES.map(({ name }) => `sluice-prod/${name}`));
  expect(saved[0]).toMatchObject({
    LogGroupNames: ['ReceiveDashpush', 'EvaluateDashpolicy', 'CommitDashimage', 'Sweep', 'ReportDashapply'].map(
      (name) => ({ Ref: `${name}LogGroup` }),
    ),
  });
});

test('README names each query, placeholder and message', () => {
  const readme = readFileSync('README.md', 'utf8');
  const told = lines.flatMap(({ level, message }) => (level === 'debug' ? [] : [String(message)]));
  const names = [...told, ...QUERIES.map(({ name }) => name), ...Object.values(PLACEHOLDERS)];
  expect([...new Set(names)].filter((name) => !readme.includes(name))).toEqual([]);
});

test('each placeholder stands in a query', () => {
  const texts = JSON.stringify(QUERIES);
  expect(Object.values(PLACEHOLDERS).filter((one) => !texts.includes(one))).toEqual([]);
});
