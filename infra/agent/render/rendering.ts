import type { Cluster } from '../cluster/cluster.ts';
import { render } from './render.ts';
import type { Rendered } from './rendered.ts';
import { openTools } from './tools.ts';
import { readVariables, type VariablesRef } from './variables-from.ts';

/** What the command line says of rendering. */
export interface RenderSettings {
  readonly kustomize: string;
  readonly helm: string;
  readonly sops: string;
  readonly sopsAgeKeyFile?: string | undefined;
  /** Milliseconds, for one call of one of these. */
  readonly renderTimeout: number;
  /** Bytes, likewise. */
  readonly renderMemory: number;
  /** Where variables are; with none, `${NAME}` is text. */
  readonly variablesFrom: readonly VariablesRef[];
}

/** Where it is rendered for. */
export interface RenderPlace {
  /** Like PATH. */
  readonly searchPath: string;
  readonly cluster: Pick<Cluster, 'read'>;
  /** Of the objects that hold variables. */
  readonly ownNamespace: string;
  /** Of the releases of charts that do not say. */
  readonly defaultNamespace: string;
}

/** More than any cluster takes. */
const MAX_OUTPUT_BYTES = 64 * 1024 * 1024;

/** Renders what a directory has at these paths, with the variables as they are in the cluster then. */
export type Rendering = (directory: string, paths: readonly string[]) => Promise<Rendered>;

/** Ties rendering to the tools and the cluster that settings name. */
export function openRendering(
  settings: RenderSettings,
  { searchPath, cluster, ownNamespace, defaultNamespace }: RenderPlace,
): Rendering {
  const { kustomize, helm, sops, variablesFrom } = settings;
  const tools = openTools({
    commands: { kustomize, helm, sops },
    searchPath,
    timeoutMillis: settings.renderTimeout,
    memoryBytes: settings.renderMemory,
    outputBytes: MAX_OUTPUT_BYTES,
  });
  return async (directory, paths) =>
    render(directory, paths, {
      tools,
      namespace: defaultNamespace,
      variables: variablesFrom.length === 0 ? undefined : await readVariables(cluster, ownNamespace, variablesFrom),
      ageKeyFile: settings.sopsAgeKeyFile,
    });
}
