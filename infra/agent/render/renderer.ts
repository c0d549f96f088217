import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { isRetryable } from '../../../shared/errors.ts';
import type { Capabilities } from '../cluster/capabilities.ts';
import type { Cluster } from '../cluster/cluster.ts';
import { type ApartOptions, ApartRenderer } from './apart/apart-renderer.ts';
import { RenderProcesses } from './apart/render-processes.ts';
import { Slots } from './apart/slots.ts';
import type { RenderLimits } from './budget.ts';
import type { ChartMemory } from './chart-memory.ts';
import type { LeftOutFile } from './left-out.ts';
import { RenderCache } from './render-cache.ts';
import type { Rendered } from './rendered-object.ts';
import type { SandboxMode } from './sandbox.ts';
import { openTools } from './tools.ts';
import { readVariables, type Variables, type VariablesRef } from './variables-from.ts';

/** What the command line says of rendering. */
export interface RenderSettings {
  readonly kustomize: string;
  readonly helm: string;
  readonly sops: string;
  readonly sopsAgeKeyFile?: string | undefined;
  /** Milliseconds, for one call of one of these. */
  readonly renderTimeout: number;
  /** Bytes, likewise; and for the process that reads what they wrote. */
  readonly renderMemory: number;
  /** Milliseconds, for all of a rendering. */
  readonly renderDeadline: number;
  /** What all that a source renders may come to: bytes, objects, keys, and depth. */
  readonly renderMaxSize: number;
  readonly renderMaxObjects: number;
  readonly renderMaxKeys: number;
  readonly renderMaxDepth: number;
  readonly renderMaxSecrets: number;
  /** Whether they run where no sandbox can be made as well. */
  readonly renderSandbox: SandboxMode;
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
  /** The address of what is rendered; undefined for a directory. */
  readonly repository?: string | undefined;
  /** What the cluster is, for charts. */
  readonly capabilities: () => Promise<Capabilities>;
  readonly chartMemory: ChartMemory;
}

/** What took more than it may is not tried again with each poll. */
const REFUSED_MILLIS = 600_000;
/** So many sources are rendered at once, each with processes that take memory; the others wait. */
const AT_ONCE = 2;
const slots = new Slots(AT_ONCE);
const processes = new RenderProcesses();

/** Starts the process of a rendering that comes soon; it ends by itself where none comes. */
export function warmUpRenderer({ renderMemory }: Pick<RenderSettings, 'renderMemory'>): void {
  processes.expect(renderMemory);
}

/** A revision, and the way to its files. */
export interface RevisionFiles {
  readonly commit: string;
  /** Waits for its turn while others are rendered. */
  readonly wait?: (turn: () => Promise<() => void>) => Promise<() => void>;
  readonly paths: readonly string[];
  /** Gives the directory with the files to the work, and what it lacks, and removes it then. */
  readonly use: (work: (directory: string, left?: readonly LeftOutFile[]) => Promise<Rendered>) => Promise<Rendered>;
}

/**
 * Renders a revision with the variables as they are in the cluster then. What would be the same as the last time is not
 * rendered again, and its files are not asked for.
 */
export type Renderer = (revision: RevisionFiles) => Promise<Rendered>;

/** Ties rendering to the tools and the cluster that settings name. */
export function openRenderer(settings: RenderSettings, place: RenderPlace): Renderer {
  const { variablesFrom, sopsAgeKeyFile: ageKeyFile } = settings;
  const apart = apartOptions(settings, place);
  const { defaultNamespace: namespace, repository } = place;
  const how = { namespace, repository, ageKeyFile, limits: limitsOf(settings) };
  let last: { readonly made: string; readonly rendered: Rendered; readonly of: Capabilities | undefined } | undefined;
  let refused: { readonly made: string; readonly error: unknown; readonly until: number } | undefined;
  return async ({ commit, paths, use, wait = async (turn) => turn() }) => {
    const variables =
      variablesFrom.length === 0 ? undefined : await readVariables(place.cluster, place.ownNamespace, variablesFrom);
    const made = digestOf(commit, variables);
    // Only charts depend on what the cluster is, and it is asked once for a rendering.
    let asked = last?.of === undefined ? undefined : place.capabilities();
    if (last?.made === made && isDeepStrictEqual(last.of, await asked)) {
      return last.rendered;
    }
    if (refused?.made === made && performance.now() < refused.until) {
      throw refused.error;
    }
    const { values, secretNames: secretVariables, secrets = [] } = variables ?? {};
    const capabilities = async () => {
      asked ??= place.capabilities();
      return asked;
    };
    const charts = { capabilities, chartMemory: place.chartMemory };
    const renderIn = async (renderer: ApartRenderer, directory: string, left?: readonly LeftOutFile[]) => {
      try {
        return await renderer.render({ ...how, paths, variables: values, secretVariables, directory, left });
      } catch (error) {
        refused = isRetryable(error) ? undefined : { made, error, until: performance.now() + REFUSED_MILLIS };
        throw error;
      }
    };
    const free = await wait(async () => slots.take());
    const found = await withRenderer({ ...apart, charts }, async (renderer) =>
      use(async (directory, left) => renderIn(renderer, directory, left)),
    ).finally(free);
    const rendered = { ...found, secrets: [...secrets, ...found.secrets] };
    // What failed may succeed the next time: a command took too long, or a key came late.
    last = rendered.failures.length === 0 ? { made, rendered, of: await asked } : undefined;
    return rendered;
  };
}

/** The process starts while the files are written. */
async function withRenderer<T>(options: ApartOptions, work: (renderer: ApartRenderer) => Promise<T>): Promise<T> {
  const renderer = new ApartRenderer(options);
  try {
    return await work(renderer);
  } finally {
    renderer.end();
  }
}

function apartOptions(settings: RenderSettings, { searchPath }: RenderPlace): Omit<ApartOptions, 'charts'> {
  const { kustomize, helm, sops, renderMemory: memoryBytes } = settings;
  const commands = { kustomize, helm, sops };
  const tools = openTools({
    commands,
    searchPath,
    timeoutMillis: settings.renderTimeout,
    memoryBytes,
    outputBytes: settings.renderMaxSize,
    sandbox: settings.renderSandbox,
  });
  return {
    processes,
    tools,
    commands,
    memory: new RenderCache(),
    memoryBytes,
    deadlineMillis: settings.renderDeadline,
  };
}

function limitsOf(settings: RenderSettings): RenderLimits {
  return {
    maxSize: settings.renderMaxSize,
    maxObjects: settings.renderMaxObjects,
    maxKeys: settings.renderMaxKeys,
    maxDepth: settings.renderMaxDepth,
    maxSecrets: settings.renderMaxSecrets,
  };
}

/** All that a rendering depends on besides the settings; of variables only the hash is kept. */
function digestOf(commit: string, { values = new Map(), secretNames = new Set() }: Partial<Variables> = {}): string {
  return createHash('sha256')
    .update(JSON.stringify([commit, [...values], [...secretNames]]))
    .digest('hex');
}
