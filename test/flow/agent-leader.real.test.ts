import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { FIELD_MANAGER } from '../../infra/agent/cluster/cluster.ts';
import { OWNER_LABEL } from '../../infra/agent/inventory/inventory.ts';
import { openReplicaStage, type Replica, type ReplicaStage } from './replica-stage.ts';
import { until } from './stage.ts';

const PATIENCE_MILLIS = 120_000;
const CONFIG_MAPS = '/api/v1/namespaces/default/configmaps';
const COUNT = 400;
const FLAGS = ['--leader-election', '--sync-interval', '1s'];
/** As many requests are on their way at most. */
const AT_ONCE = 16;

const configMap = (name: string, value: string) =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: ${name} }\ndata: { value: "${value}" }\n`;
const manyOf = (value: string) =>
  Array.from({ length: COUNT }, (_, index) => configMap(`many-${index}`, value)).join('---\n');

describe('two replicas on a real control plane', { timeout: 4 * PATIENCE_MILLIS }, () => {
  let stage: ReplicaStage;
  let replicas: readonly Replica[];
  beforeAll(async () => {
    stage = await openReplicaStage({ 'a.yml': configMap('a', '1') });
    replicas = [await stage.start('one', ...FLAGS), await stage.start('two', ...FLAGS)];
  }, PATIENCE_MILLIS);
  afterAll(async () => stage?.stop());

  const leading = async (among: readonly Replica[]) => {
    for (const replica of among) {
      if (/^sluice_agent_leader 1$/m.test((await replica.get('/metrics')).body)) {
        return replica;
      }
    }
    return undefined;
  };
  const applied = async (name: string, value: string) =>
    until(
      `${name} is ${value}`,
      stage,
      async () => (await stage.dataOf(name))?.['value'] === value || undefined,
      PATIENCE_MILLIS,
    );
  const valuesOfMany = async () => {
    const { items } = (await stage.cluster.api.get(CONFIG_MAPS)) as {
      items: { metadata: { name: string }; data: { value: string } }[];
    };
    return items.filter(({ metadata }) => metadata.name.startsWith('many-')).map(({ data }) => data.value);
  };
  const someoneLeads = async (among: readonly Replica[]) =>
    until('somebody leads', stage, async () => leading(among), PATIENCE_MILLIS);

  test('one applies, both are ready, and the other writes nothing', async () => {
    await applied('a', '1');
    const leader = await someoneLeads(replicas);
    for (const replica of replicas) {
      await until('ready', stage, async () => (await replica.get('/readyz')).status === 200 || undefined);
      expect((await replica.get('/healthz')).status).toBe(200);
    }
    const other = replicas.find((one) => one !== leader);
    expect((await other?.get('/metrics'))?.body).toMatch(/^sluice_agent_leader 0$/m);
    expect(other?.lines().map(({ message }) => message)).not.toContain('revision found');
  });

  test('when the leader is killed the other takes over', async () => {
    const leader = await someoneLeads(replicas);
    await leader.daemon.kill();
    stage.commit({ 'a.yml': configMap('a', '2') });
    await applied('a', '2');
    const others = replicas.filter((one) => one !== leader);
    expect(await someoneLeads(others)).toBe(others[0]);
    replicas = [...others, await stage.start('three', ...FLAGS)];
  });

  test('a leader that was stopped in the middle of an apply for longer than its lease leaves nothing of what it was at', async () => {
    const leader = await someoneLeads(replicas);
    const other = replicas.find((one) => one !== leader);
    stage.commit({ 'many.yml': manyOf('old') });
    await applied('many-0', 'old');
    process.kill(leader.daemon.pid, 'SIGSTOP');
    stage.commit({ 'many.yml': manyOf('new') });
    expect(await someoneLeads(replicas.filter((one) => one === other))).toBe(other);
    for (const index of [0, COUNT - 1]) {
      await applied(`many-${index}`, 'new');
    }
    await until('the other is done', stage, () => other?.lines().find(({ message }) => message === 'revision healthy'));
    const onItsWay = {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'many-0', namespace: 'default', labels: { [OWNER_LABEL]: 'shop' } },
      data: { value: 'old' },
    };
    process.kill(leader.daemon.pid, 'SIGCONT');
    await until('the stopped one has seen it', stage, () =>
      leader.lines().find(({ message }) => message === 'no longer leading'),
    );
    // It has tried to go on, or was done: either way it now stands by.
    await until(
      'it stands by',
      stage,
      async () => /^sluice_agent_leader 0$/m.test((await leader.get('/metrics')).body) || undefined,
    );
    expect((await valuesOfMany()).filter((value) => value === 'old').length).toBeLessThanOrEqual(AT_ONCE);
    // What was on its way out of a process when it was stopped goes out, which no lease prevents: the other undoes it.
    await stage.cluster.api.apply(`${CONFIG_MAPS}/many-0`, onItsWay, FIELD_MANAGER);
    await until('nothing of it is left', stage, async () => {
      const values = await valuesOfMany();
      return (values.length === COUNT && values.every((value) => value === 'new')) || undefined;
    });
    expect(await someoneLeads(replicas)).toBe(other);
    replicas = [leader, ...replicas.filter((one) => one === other)];
  });

  test('a leader that is asked to end gives its lease back, and the other leads without waiting for it', async () => {
    const leader = await someoneLeads(replicas);
    await leader.daemon.stop(30_000);
    expect(leader.daemon.ended()).toBe('exit code 0');
    expect(leader.lines().at(-1)).toMatchObject({ message: 'lease given back' });
    const other = replicas.find((one) => one !== leader);
    expect(await someoneLeads(replicas.filter((one) => one === other))).toBe(other);
    expect(other?.lines().map(({ message }) => message)).not.toContain('lease not looked at');
  });
});
