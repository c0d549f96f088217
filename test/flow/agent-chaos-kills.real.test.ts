import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { watch } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type RecordingListener, startRecordingListener } from '../cluster/listener.ts';
import { debianPath, partPath } from '../cluster/parts.ts';
import { generation } from './chaos-revision.ts';
import { type ChaosStage, openChaosStage } from './chaos-stage.ts';
import { type Gate, startGate } from './gate.ts';
import { asks, FETCH, type Fits, next, nth } from './requests.ts';
import { until } from './stage.ts';

/** A moment of a revision: the request at which the agent ends. */
interface Moment {
  readonly killed: string;
  readonly gate: 'git' | 'api' | 'reports';
  readonly where: 'before' | 'after';
  readonly at: () => Fits;
}

const MARK = asks('POST', /git-receive-pack$/);
const INVENTORY = asks('PATCH', /sluice-inventory/);
const STATUS = asks('PATCH', /sluice-status/);
const WEB = /deployments\/web\b/;

const MOMENTS: readonly Moment[] = [
  { killed: 'while it asks for the head', gate: 'git', where: 'before', at: () => nth(1, FETCH) },
  { killed: 'while it fetches', gate: 'git', where: 'before', at: () => nth(3, FETCH) },
  { killed: 'as what it fetched comes', gate: 'git', where: 'after', at: () => nth(3, FETCH) },
  { killed: 'before the first write', gate: 'api', where: 'before', at: () => INVENTORY },
  { killed: 'after the inventory has what comes', gate: 'api', where: 'after', at: () => INVENTORY },
  {
    killed: 'while it looks at what is there',
    gate: 'api',
    where: 'before',
    at: () => next(INVENTORY, asks('GET', /./)),
  },
  { killed: 'before a definition', gate: 'api', where: 'before', at: () => asks('PATCH', /customresourcedefinitions/) },
  { killed: 'after a definition', gate: 'api', where: 'after', at: () => asks('PATCH', /customresourcedefinitions/) },
  { killed: 'among classes', gate: 'api', where: 'after', at: () => asks('PATCH', /priorityclasses/) },
  { killed: 'before an instance', gate: 'api', where: 'before', at: () => asks('PATCH', /gadget\d+s\/first/) },
  { killed: 'in the middle of the rest', gate: 'api', where: 'after', at: () => asks('PATCH', /secrets\/changing/) },
  { killed: 'before one is deleted to be made anew', gate: 'api', where: 'before', at: () => asks('DELETE', /\/anew/) },
  { killed: 'after one was deleted to be made anew', gate: 'api', where: 'after', at: () => asks('DELETE', /\/anew/) },
  { killed: 'before it prunes', gate: 'api', where: 'before', at: () => asks('DELETE', /passing/) },
  { killed: 'after it pruned one', gate: 'api', where: 'after', at: () => asks('DELETE', /passing/) },
  { killed: 'after it pruned a definition', gate: 'api', where: 'after', at: () => asks('DELETE', /customresource/) },
  { killed: 'before the inventory has what was done', gate: 'api', where: 'before', at: () => nth(3, INVENTORY) },
  { killed: 'after the inventory has what was done', gate: 'api', where: 'after', at: () => nth(3, INVENTORY) },
  { killed: 'before the marker moves', gate: 'git', where: 'before', at: () => MARK },
  { killed: 'after the marker moved', gate: 'git', where: 'after', at: () => MARK },
  {
    killed: 'while it waits for health',
    gate: 'api',
    where: 'before',
    at: () => next(asks('PATCH', WEB), asks('GET', WEB)),
  },
  { killed: 'before it says how it fares', gate: 'api', where: 'before', at: () => next(asks('GET', WEB), STATUS) },
  { killed: 'among the Events', gate: 'api', where: 'after', at: () => nth(2, asks('PATCH', /\/events\//)) },
  { killed: 'while it reports', gate: 'reports', where: 'before', at: () => asks('POST', /invocations/) },
];

describe('an agent that is killed on a real control plane', { timeout: 120_000 }, () => {
  const directory = mkdtempSync(join(tmpdir(), 'sluice-kills-'));
  const renderer = {
    command: join(directory, 'kustomize'),
    gate: join(directory, 'gate'),
    held: join(directory, 'held'),
  };
  let reports: RecordingListener;
  let reportGate: Gate;
  let stage: ChaosStage;
  let current = 1;
  beforeAll(async () => {
    reports = await startRecordingListener(202);
    reportGate = await startGate(new URL(reports.url).host);
    // It waits for whoever opens the other end, as long as there is a gate.
    const held = `if [ -p ${renderer.gate} ]; then echo $$ > ${renderer.held}; : < ${renderer.gate}; fi`;
    writeFileSync(renderer.command, `#!/bin/sh\n${held}\nexec ${partPath('kustomize')} "$@"\n`);
    chmodSync(renderer.command, 0o755);
    stage = await openChaosStage([
      ...['--sync-interval', '1h', '--kustomize', renderer.command],
      ...['--report-function', 'report-apply', '--report-endpoint', `http://${reportGate.host}`],
    ]);
    await stage.start();
    await stage.settled(stage.commit(generation(current)), generation(current));
  });
  afterAll(async () => {
    await stage?.stop();
    await reportGate?.stop();
    await reports?.close();
    rmSync(directory, { recursive: true, force: true });
  });

  /** Commits the next generation while the host is away, so that the first look at it is met from its beginning. */
  const killAt = async (moment: () => Promise<unknown>) => {
    current += 1;
    stage.gitGate.refuse(503);
    const commit = stage.commit(generation(current));
    const held = moment();
    stage.gitGate.refuse(undefined);
    await stage.reached('the moment', held);
    await stage.kill();
    return commit;
  };
  const comesBack = async (commit: string) => {
    await stage.start();
    await stage.settled(commit, generation(current));
    const isReported = () =>
      reports.requests().some(({ body }) => JSON.parse(body).revision === commit && JSON.parse(body).healthy);
    await until('the report', stage, () => isReported() || undefined);
  };

  test.each(MOMENTS)('$killed and started again comes to the same state', async ({ gate, where, at }) => {
    const gates = { git: stage.gitGate, api: stage.apiGate, reports: reportGate };
    await expect(comesBack(await killAt(async () => gates[gate].hold(where, at())))).resolves.toBeUndefined();
  });

  test('while it checks out and started again comes to the same state', async () => {
    const checkouts = watch(join(stage.directory, 'state', 'checkouts'));
    await expect(comesBack(await killAt(async () => checkouts.next()))).resolves.toBeUndefined();
    await checkouts.return?.();
  });

  test('while it renders and started again comes to the same state', async () => {
    execFileSync(debianPath('mkfifo'), [renderer.gate]);
    const commit = await killAt(async () =>
      until(
        'the renderer',
        stage,
        () => (existsSync(renderer.held) && readFileSync(renderer.held, 'utf8').endsWith('\n')) || undefined,
      ),
    );
    rmSync(renderer.gate);
    process.kill(Number(readFileSync(renderer.held, 'utf8')), 'SIGKILL');
    await expect(comesBack(commit)).resolves.toBeUndefined();
  });
});
