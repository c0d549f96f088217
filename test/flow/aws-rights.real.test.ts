import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { operatorAliasOf } from '../../shared/operator/operator-alias.ts';
import { ACCOUNT, REGION } from '../aws/aws-api.ts';
import { rightsGranted, rightsOfLambda, rightsUsed } from '../aws/rights.ts';
import { type FunctionsStage, openFunctionsStage } from './aws-stage.ts';
import { commitsOf, git, until } from './stage.ts';

const TIMEOUT_MILLIS = 180_000;
const ECR = `${ACCOUNT}.dkr.ecr.${REGION}.amazonaws.com`;

/** As in https://docs.aws.amazon.com/AmazonECR/latest/userguide/ecr-eventbridge.html */
const PUSHED = {
  version: '0',
  id: randomUUID(),
  'detail-type': 'ECR Image Action',
  source: 'aws.ecr',
  account: ACCOUNT,
  time: '2026-11-24T10:00:00Z',
  region: REGION,
  resources: [],
  detail: {
    result: 'SUCCESS',
    'repository-name': 'team/shop',
    'image-digest': `sha256:${'0'.repeat(64)}`,
    'action-type': 'PUSH',
    'image-tag': '1.0.1',
  },
};

const REPORT = {
  version: 1,
  cluster: 'prod',
  repository: 'https://git.example.com/hello.git',
  branch: 'main',
  revision: 'a1b2c3d4',
  objects: [],
  healthy: true,
  problems: [],
  startedAt: '2026-11-24T10:00:00Z',
  finishedAt: '2026-11-24T10:00:01Z',
};

const byName = (one: string, other: string) => one.localeCompare(other);

/** What ECR's registry looks at when it is shown a token; no call of AWS's API. */
const BY_REGISTRY = ['ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer', 'ecr:ListImages'];
/** Asked of AWS where the registry wants a token; `ecr-authentication.test.ts` sees it. */
const FOR_TOKEN = 'ecr:GetAuthorizationToken';
/** Asked of AWS where a policy wants an age; `ecr-push-clock.test.ts` sees it. */
const FOR_AGE = 'ecr:DescribeImages';

describe('rights on a stack that serverless deploy made', { timeout: TIMEOUT_MILLIS }, () => {
  let stage: FunctionsStage;
  beforeAll(async () => {
    stage = await openFunctionsStage({ registries: `  - { host: ${ECR}, push: { source: ecr } }\n` });
  }, TIMEOUT_MILLIS);
  afterAll(async () => stage?.stop());

  const invoke = async (name: string, payload: object) => {
    const qualifier = 'operation' in payload ? operatorAliasOf(name) : undefined;
    const { name: deployed } = stage.aws.stack.functionNamed(name);
    const outcome = await stage.aws.lambda.invoke(deployed, JSON.stringify(payload), qualifier);
    return {
      failed: outcome?.failed,
      answer: JSON.parse(outcome?.payload ?? 'null') as Record<string, unknown> | null,
    };
  };
  const logged = (message: string, fits: Readonly<Record<string, unknown>>) =>
    until(message, stage, () =>
      stage
        .lines()
        .find(
          (line) => line['message'] === message && Object.entries(fits).every(([key, value]) => line[key] === value),
        ),
    );
  const send = async (QueueUrl: string | undefined, MessageBody: string) => {
    const group =
      QueueUrl?.endsWith('.fifo') === true ? { MessageGroupId: 'g', MessageDeduplicationId: randomUUID() } : {};
    await stage.aws.api.json('AmazonSQS.SendMessage', 'sqs', { QueueUrl, MessageBody, ...group });
  };

  /** An update that was decided before the manifest moved on, when the cache is lost: commit-image looks for itself. */
  const decideAnew = async () => {
    const { api, stack } = stage.aws;
    const TableName = stack.physicalId('CacheTable');
    const { Items } = await api.json<{ Items: readonly { key: object }[] }>('DynamoDB_20120810.Scan', 'dynamodb', {
      TableName,
    });
    for (const { key } of Items) {
      await api.json('DynamoDB_20120810.DeleteItem', 'dynamodb', { TableName, Key: { key } });
    }
    await sendLate();
    await logged('update dropped', { push: 'late' });
  };
  const sendLate = async () => {
    const update = {
      version: 1,
      repository: `http://${stage.gitGate.host}/hello.git`,
      branch: 'main',
      revision: git(stage.repository, 'rev-parse', 'main~1').trim(),
      site: { file: 'k8s/deploy.yml', object: 'deployment/default/hello', container: 'hello' },
      image: stage.image,
      from: `${stage.image}:0.0.9`,
      to: { tag: '0.1.0', created: '2026-11-23T09:00:00Z' },
      policy: 'regexp:^((?!tmp).)*$',
      push: { id: 'late', source: 'distribution', receivedAt: '2026-11-23T12:00:00Z' },
    };
    const { SLUICE_UPDATES_QUEUE } = stage.aws.stack.functionNamed('commit-image').environment;
    await send(SLUICE_UPDATES_QUEUE, JSON.stringify({ version: 2, updates: [update] }));
  };

  test('a push to ECR comes by the rule of the stack, and is evaluated', async () => {
    expect(stage.aws.bus.put(PUSHED)).toEqual(['sluice-test-ecr']);
    await logged('push received', { push: PUSHED.id, source: 'ecr' });
    expect(await logged('image not used', { push: PUSHED.id })).toMatchObject({ image: `${ECR}/team/shop` });
  });

  test.each([
    { what: 'of a pull', event: { ...PUSHED, detail: { ...PUSHED.detail, 'action-type': 'DELETE' } } },
    { what: 'of another account', event: { ...PUSHED, account: '210987654321' } },
    { what: 'of another service', event: { ...PUSHED, source: 'acme.ecr' } },
  ])('an event $what fits no rule', ({ event }) => {
    expect(stage.aws.bus.put(event)).toEqual([]);
  });

  test('each role allows what its function does, and nothing else', async () => {
    const { aws } = stage;
    const before = commitsOf(stage.repository).length;
    await stage.push('rights', new Date(Date.UTC(2026, 10, 23, 12)));
    await until('the commit', stage, () => commitsOf(stage.repository).length > before || undefined);
    expect(await invoke('report-apply', REPORT)).toMatchObject({ failed: false });
    // Somebody takes the commit back: the sweep finds that the registry has a newer image.
    git(stage.repository, 'update-ref', 'refs/heads/main', 'main~1');
    aws.bus.tick();
    await logged('missed push found', { tag: 'rights' });
    await until('the commit again', stage, () => commitsOf(stage.repository).length > before || undefined);
    await decideAnew();
    // While Git is away each message goes back, and is hidden for a moment.
    stage.gitGate.refuse(503);
    await stage.push('while-away', new Date(Date.UTC(2026, 10, 23, 13)));
    await sendLate();
    for (const service of ['evaluate-policy', 'commit-image']) {
      await logged('message goes back to its queue', { service, seconds: 5 });
    }
    stage.gitGate.refuse(undefined);
    for (const name of ['evaluate-policy', 'commit-image']) {
      const { SLUICE_PUSHES_QUEUE, SLUICE_UPDATES_QUEUE } = aws.stack.functionNamed(name).environment;
      await send(name === 'commit-image' ? SLUICE_UPDATES_QUEUE : SLUICE_PUSHES_QUEUE, 'poison');
      await logged('message goes to the dead-letter queue', { service: name });
    }
    await send(
      aws.stack.functionNamed('receive-push').environment['SLUICE_DEAD_LETTERS_QUEUE'],
      JSON.stringify(PUSHED),
    );
    await send(
      aws.stack.functionNamed('report-apply').environment['SLUICE_DEAD_LETTERS_QUEUE'],
      JSON.stringify(REPORT),
    );
    const asAgent = await aws.lambda.invoke('sluice-test-report-apply', JSON.stringify({ operation: 'redrive' }));
    expect(asAgent).toMatchObject({ failed: true, payload: expect.stringContaining('expected an operator') });
    for (const { name } of aws.stack.functions) {
      const own = name.replace('sluice-test-', '');
      expect(await invoke(own, { operation: 'check' })).toMatchObject({ failed: false });
      expect(await invoke(own, { operation: 'dead-letters' })).toMatchObject({ failed: false });
      expect(await invoke(own, { operation: 'redrive' })).toMatchObject({ failed: false });
    }

    const found = await Promise.all(
      aws.stack.functions.map(async (one) => {
        const granted = await rightsGranted(aws.api, one);
        const needed = new Set([...rightsUsed(aws.proxy.calls(), one.name), ...rightsOfLambda(one, aws.stack)]);
        const isOfEcr = (right: string) => right.startsWith('ecr:');
        return {
          name: one.name,
          missing: [...needed].filter((right) => !granted.has(right)),
          unused: [...granted].filter((right) => !needed.has(right) && !isOfEcr(right)),
          ecr: [...new Set([...granted].filter(isOfEcr).map((right) => right.split(' ')[0] ?? ''))].toSorted(byName),
        };
      }),
    );
    const looksUp = [...BY_REGISTRY, FOR_TOKEN].toSorted(byName);
    const decides = [...looksUp, FOR_AGE].toSorted(byName);
    expect(found).toEqual([
      { name: 'sluice-test-receive-push', missing: [], unused: [], ecr: [] },
      { name: 'sluice-test-evaluate-policy', missing: [], unused: [], ecr: decides },
      { name: 'sluice-test-commit-image', missing: [], unused: [], ecr: looksUp },
      { name: 'sluice-test-sweep', missing: [], unused: [], ecr: decides },
      { name: 'sluice-test-report-apply', missing: [], unused: [], ecr: [] },
    ]);
  });
});
