import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { Capabilities } from '../../../../infra/agent/cluster/capabilities.ts';
import type { ChartMemory } from '../../../../infra/agent/render/chart-memory.ts';
import { renderTree } from '../../../../infra/agent/render/render-tree.ts';
import type { Rendered } from '../../../../infra/agent/render/rendered-object.ts';
import type { RenderSettings } from '../../../../infra/agent/render/renderer.ts';
import { openTools, type ToolName, type Tools } from '../../../../infra/agent/render/tools.ts';
import { agentSchema } from '../../../../infra/agent/settings/agent-settings.ts';

/** Texts by path; one that begins with `-> ` is a symbolic link. */
export type Tree = Readonly<Record<string, string>>;

/** Writes files to a directory that goes with the test. */
export function writeTree(tree: Tree): string {
  const directory = mkdtempSync(join(realpathSync(tmpdir()), 'sluice-tree-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  for (const [path, text] of Object.entries(tree)) {
    const file = join(directory, path);
    mkdirSync(dirname(file), { recursive: true });
    if (text.startsWith('-> ')) {
      symlinkSync(text.slice('-> '.length), file);
    } else {
      writeFileSync(file, text, { mode: 0o700 });
    }
  }
  return directory;
}

/** Tools by these commands, with limits that no test of something else meets. */
export function toolsOf(commands: Partial<Record<ToolName, string>>, searchPath = process.env['PATH'] ?? ''): Tools {
  return openTools({
    commands: { kustomize: 'no-kustomize', helm: 'no-helm', sops: 'no-sops', ...commands },
    searchPath,
    timeoutMillis: 60_000,
    memoryBytes: 1024 * 1024 * 1024,
    outputBytes: 16 * 1024 * 1024,
    sandbox: 'best-effort',
  });
}

/** What an agent without tools is told of rendering where nothing is said. */
export function renderSettings(said: object = {}): RenderSettings {
  const { sources, ...agent } = agentSchema.parse({
    ...{ kustomize: 'no-kustomize', helm: 'no-helm', sops: 'no-sops', renderTimeout: '1s', renderMemory: '1GiB' },
    ...said,
    sources: [{ url: '/a' }],
  });
  return { ...agent, variablesFrom: [], sopsAgeKeyFile: sources[0]?.sopsAgeKeyFile };
}

/** A chart memory of this process, which outlasts a rendering. */
export function memoryOfCharts(): ChartMemory & { readonly kept: ReadonlyMap<string, readonly [string, string]> } {
  const kept = new Map<string, readonly [string, string]>();
  return {
    kept,
    async recall(release, digest) {
      const [made, text] = kept.get(release) ?? [];
      return made === digest ? text : undefined;
    },
    async keep(release, digest, text) {
      kept.set(release, [digest, text]);
    },
  };
}

/** A cluster that charts are rendered for. */
export const FOR_CHARTS = {
  namespace: 'shop',
  capabilities: async (): Promise<Capabilities> => ({ kubeVersion: 'v1.33.5-eks-1', apiVersions: ['v1', 'v1/Pod'] }),
  chartMemory: memoryOfCharts(),
};

/** Renders files without kustomize, helm and sops. */
export async function renderFiles(
  tree: Tree,
  paths: readonly string[] = [''],
  variables?: Readonly<Record<string, string>>,
): Promise<Rendered> {
  return renderTree(writeTree(tree), paths, {
    ...FOR_CHARTS,
    tools: toolsOf({}),
    namespace: 'default',
    variables: variables && new Map(Object.entries(variables)),
  });
}
