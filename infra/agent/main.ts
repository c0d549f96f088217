#!/usr/bin/env node
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isSluiceError, messageOf } from '../../shared/errors.ts';
import { type GitCredentials, readCredentials } from '../../shared/git/credentials.ts';
import { deployKey } from '../../shared/git/deploy-key.ts';
import { createLog } from '../../shared/log.ts';
import type { ApplyReport } from '../../shared/queue/messages.ts';
import { openCluster } from './cluster/cluster.ts';
import { clusterAccess } from './cluster/kubeconfig.ts';
import { runLoop } from './loop.ts';
import { openInventory } from './prune/inventory.ts';
import { reconcile } from './reconcile.ts';
import { renderFiles } from './render/render.ts';
import { lambdaReporter, type Reporter } from './report/report.ts';
import { readSettings, type Settings } from './settings.ts';
import { openSource } from './source/pull.ts';

const REQUEST_TIMEOUT_MILLIS = 30_000;

async function main(settings: Settings): Promise<number> {
  const ended = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => ended.abort());
  }
  const log = createLog({ service: 'agent', agent: settings.name }, settings.logLevel, process.stderr);
  const credentials = await credentialsOf(settings);
  const { gitUrl: url, gitTimeout: timeoutMillis } = settings;
  const directory = join(settings.stateDir, 'mirrors');
  const source = openSource({ url, credentials, directory, timeoutMillis }, settings.gitBranch, settings.gitPath);
  const access = await clusterAccess(settings.kubeconfig, settings.context, REQUEST_TIMEOUT_MILLIS);
  const cluster = openCluster(access, REQUEST_TIMEOUT_MILLIS);
  const inventory = openInventory(cluster, settings.name, settings.namespace);
  const mark = async (commit: string) => {
    if (settings.marker !== false) {
      await source.mark(settings.marker, commit, settings.name, Math.floor(Date.now() / 1000));
      log.info('marker moved', { tag: settings.marker, revision: commit });
    }
  };
  const apply = async (commit: string, signal: AbortSignal) => {
    const rendered = renderFiles(await source.read(commit));
    return reconcile({ repository: url, branch: settings.gitBranch, commit }, rendered, {
      cluster,
      inventory,
      mark,
      agent: settings.name,
      healthTimeoutMillis: settings.timeout,
      signal,
      log,
      now: Date.now,
    });
  };
  const report: Reporter =
    settings.reportFunction === undefined
      ? async () => {}
      : lambdaReporter(
          { function: settings.reportFunction, endpoint: settings.reportEndpoint, region: settings.reportRegion },
          log,
        );
  if (settings.once) {
    const result = await apply(await source.head(), ended.signal);
    await report(result);
    show(result, settings.json);
    return result.healthy ? 0 : 1;
  }
  const { gitPollInterval: pollMillis, syncInterval: syncMillis } = settings;
  await runLoop({ head: source.head, apply, report, pollMillis, syncMillis, signal: ended.signal, log });
  return 0;
}

async function credentialsOf({
  gitUrl,
  gitTokenFile,
  sshKey,
  knownHosts,
  stateDir,
}: Settings): Promise<GitCredentials> {
  if (gitTokenFile !== undefined) {
    return readCredentials((await readFile(gitTokenFile, 'utf8')).trim(), undefined, stateDir);
  }
  if (!/^(ssh:\/\/|[^/:]+@[^/:]+:)/.test(gitUrl)) {
    return { kind: 'none' };
  }
  const privateKeyFile = sshKey ?? (await deployKey(stateDir, 'sluice-agent')).privateKeyFile;
  return { kind: 'ssh', privateKeyFile, knownHostsFile: knownHosts ?? join(stateDir, 'known_hosts') };
}

function show({ revision, objects, healthy, problems }: ApplyReport, asJson: boolean): void {
  if (asJson) {
    process.stdout.write(`${JSON.stringify({ revision, objects, healthy })}\n`);
  } else {
    process.stdout.write(objects.map(({ object, action }) => `${object} ${action}\n`).join(''));
  }
  process.stderr.write(problems.map((problem) => `${problem}\n`).join(''));
}

try {
  process.exitCode = await main(readSettings(process.argv));
} catch (error) {
  process.stderr.write(`${isSluiceError(error) ? error.message : messageOf(error)}\n`);
  process.exitCode = 1;
}
