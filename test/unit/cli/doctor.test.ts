import { afterEach, describe, expect, test } from 'vitest';
import type { FunctionName } from '../../../shared/config/secret-uses.ts';
import { SluiceError } from '../../../shared/errors.ts';
import type { Finding } from '../../../shared/operator/finding.ts';
import { sluice, sluiceProcess } from '../../command-line.ts';
import { type Offer, type OperatedOptions, startOperated } from './operated.ts';

const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  await Promise.all(stops.splice(0).map(async (stop) => stop()));
});

const start = async (options: OperatedOptions) => {
  const server = await startOperated(options);
  stops.push(async () => server.stop());
  return server.url;
};
const finding = (one: Finding): Offer => ({ checks: [async () => one] });
/** With the lines that were broken to fit as one. */
const joined = (stdout: string) => stdout.replaceAll(/\n {11}(?! *→)(?: {2})?/g, ' ');
const ok: Finding = { status: 'ok', subject: 'queue pushes', found: '0 waiting, 0 in work' };

describe('on the local runtime', () => {
  const doctor = async (offers: Partial<Record<FunctionName, Offer>>, ...words: readonly string[]) =>
    sluice(['doctor', ...words], { SLUICE_TARGET: await start({ offers }) });

  test('what is well is told under its function, and ends with 0', async () => {
    expect(await doctor({ 'evaluate-policy': finding(ok) })).toEqual({
      code: 0,
      stderr: '',
      stdout: `receive-push
evaluate-policy
  ok       queue pushes: 0 waiting, 0 in work
commit-image
sweep
report-apply

1 ok, 0 warnings, 0 failures
`,
    });
  });

  test.each<{ what: string; offer: Offer; code: number; line: string; sum: string }>([
    {
      what: 'a warning',
      offer: finding({ status: 'warning', subject: 'sweep', found: 'has not run yet', next: 'Wait for it.' }),
      code: 0,
      line: '  warning  sweep: has not run yet\n           → Wait for it.',
      sum: '0 ok, 1 warning, 0 failures',
    },
    {
      what: 'a failure of several lines',
      offer: finding({ status: 'failure', subject: 'sluice.yml', found: '2 faults\n  a\n  b\n' }),
      code: 1,
      line: '  failure  sluice.yml: 2 faults\n             a\n             b',
      sum: '0 ok, 0 warnings, 1 failure',
    },
    {
      what: 'a check that throws',
      offer: {
        checks: [
          async () => {
            throw new SluiceError({
              code: 'git-unauthorized',
              subject: 'repository shop',
              expected: 'credentials that are good',
              found: 'a refusal',
              next: 'Check them.',
            });
          },
        ],
      },
      code: 1,
      line: '  failure  repository shop: expected credentials that are good, found a refusal\n           → Check them.',
      sum: '0 ok, 0 warnings, 1 failure',
    },
    {
      what: 'a function that fails',
      offer: () => {
        throw new Error('Task timed out after 10.00 seconds');
      },
      code: 1,
      line: '  failure  function sweep: Task timed out after 10.00 seconds\n           → Look into the log of sweep.',
      sum: '0 ok, 0 warnings, 1 failure',
    },
    {
      what: 'a function of another release',
      offer: () => ({ results: [] }),
      code: 1,
      line: '  failure  function sweep: an answer of another release: {"results":[]}\n           → Look into the log of sweep.',
      sum: '0 ok, 0 warnings, 1 failure',
    },
    {
      what: 'no such function',
      offer: undefined,
      code: 1,
      line: '  failure  function sweep: expected an answer, found no such function\n           → Check --target and --region.',
      sum: '0 ok, 0 warnings, 1 failure',
    },
  ])('$what ends with $code', async ({ offer, code, line, sum }) => {
    const ended = await doctor({ sweep: offer });
    expect(ended.stdout).toContain(`\nsweep\n${line}\nreport-apply\n\n${sum}\n`);
    expect(ended.code).toBe(code);
  });

  test('fits a terminal of 80 columns', async () => {
    const long: Finding = {
      status: 'warning',
      subject: 'repository https://git.example.com/team/shop.git (main)',
      found: 'read at 8df1f2e, 12 images in its manifests: 9 automated, 2 held, 1 without a policy',
      next: 'Write a policy beside one, like sluice.dev/update: semver:~1 in metadata.annotations of its workload.',
    };
    expect((await doctor({ sweep: finding(long) })).stdout).toContain(`sweep
  warning  repository https://git.example.com/team/shop.git (main): read at
           8df1f2e, 12 images in its manifests: 9 automated, 2 held, 1 without a
           policy
           → Write a policy beside one, like sluice.dev/update: semver:~1 in
             metadata.annotations of its workload.
`);
  });

  test('--json prints each finding with its function', async () => {
    const { stdout, code } = await doctor({ 'evaluate-policy': finding(ok) }, '--json');
    expect(JSON.parse(stdout)).toEqual({ findings: [{ function: 'evaluate-policy', ...ok }] });
    expect(code).toBe(0);
  });

  test('a target that nobody is at ends with 2', async () => {
    expect(await sluice(['doctor', '--target', 'http://127.0.0.1:9'], {})).toEqual({
      code: 2,
      stdout: '',
      stderr: expect.stringMatching(
        /^function \S+: expected an answer, found .+\. Is http:\/\/127\.0\.0\.1:9 what you mean, does it run, and may you invoke it\?\n$/,
      ),
    });
  });
});

describe('a push URL', () => {
  test.each([
    { what: 'refuses', statusCode: 401, line: 'ok       URL: refuses what is not proven', code: 0 },
    {
      what: 'takes whatever comes',
      statusCode: 202,
      line: 'failure  URL: expected status 401 for a wrong secret, found 202\n           → See whether this is the URL of receive-push.',
      code: 1,
    },
    {
      what: 'sends elsewhere',
      statusCode: 302,
      line: 'failure  URL: expected status 401 for a wrong secret, found 302\n           → See whether this is the URL of receive-push.',
      code: 1,
    },
  ])('that $what', async ({ statusCode, line, code }) => {
    const push = await start({ other: () => ({ statusCode, headers: { location: 'http://127.0.0.1:9/' } }) });
    const url = `${push}/push/ghcr`;
    const target = await start({ offers: { 'receive-push': { checks: [], pushUrls: [url] } } });
    const ended = await sluice(['doctor', '--target', target], {});
    expect(joined(ended.stdout)).toContain(`receive-push\n  ${line.replace('URL', url)}\n`);
    expect(ended.code).toBe(code);
  });

  test('that nobody is at', async () => {
    const url = 'http://127.0.0.1:9/push/ghcr';
    const target = await start({ offers: { 'receive-push': { checks: [], pushUrls: [url] } } });
    const { stdout, code } = await sluice(['doctor', '--target', target], {});
    expect(joined(stdout)).toMatch(
      / {2}failure {2}http:\S+: cannot be reached from here: .+\n {11}→ Registries need a way to it\.\n/,
    );
    expect(code).toBe(1);
  });
});

describe('on AWS', () => {
  const mappings = (state: string | undefined) => ({
    statusCode: 200,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ EventSourceMappings: state === undefined ? [] : [{ State: state }] }),
  });
  const denied = {
    statusCode: 403,
    headers: { 'content-type': 'application/json', 'x-amzn-errortype': 'AccessDeniedException' },
    body: '{"Message":"not authorized to perform: lambda:ListEventSourceMappings"}',
  };
  const failure = (found: string) => `failure  queue of NAME: ${found}\n           → Enable it, or deploy again.`;

  test.each([
    { what: 'feeds its function', reply: mappings('Enabled'), line: 'ok       queue of NAME: feeds it', code: 0 },
    {
      what: 'was turned off',
      reply: mappings('Disabled'),
      line: failure('its event source mapping is disabled'),
      code: 1,
    },
    {
      what: 'is gone',
      reply: mappings(undefined),
      line: failure('its event source mapping is missing'),
      code: 1,
    },
    {
      what: 'may not be looked at',
      reply: denied,
      line: 'warning  queue of NAME: cannot be told from here: function sluice-prod-NAME: expected an answer, found not authorized to perform: lambda:ListEventSourceMappings. Is sluice-prod what you mean, does it run, and may you invoke it?\n           → With the right to lambda:ListEventSourceMappings doctor looks at it too.',
      code: 0,
    },
  ])('a mapping that $what', async ({ reply, line, code }) => {
    const asked = new Set<string>();
    const endpoint = await start({
      prefix: 'sluice-prod-',
      other: ({ rawQueryString }) => {
        asked.add(rawQueryString);
        return reply;
      },
    });
    const ended = await sluiceProcess(['doctor', '--target', 'sluice-prod', '--region', 'eu-central-1'], {
      AWS_ENDPOINT_URL: endpoint,
      AWS_ACCESS_KEY_ID: 'operator',
      AWS_SECRET_ACCESS_KEY: 'operator',
    });
    const lineOf = (name: string) => `${name}\n  ${line.replaceAll('NAME', name)}\n`;
    expect(joined(ended.stdout)).toContain(
      `receive-push\n${lineOf('evaluate-policy')}${lineOf('commit-image')}sweep\n`,
    );
    expect(ended.code).toBe(code);
    expect(asked).toEqual(
      new Set(['FunctionName=sluice-prod-commit-image', 'FunctionName=sluice-prod-evaluate-policy']),
    );
  });
});
