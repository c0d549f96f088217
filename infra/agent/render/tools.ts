import { constants } from 'node:fs';
import { access, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { messageOf, SluiceError } from '../../../shared/errors.ts';
import { underMemoryLimit } from '../../../shared/process/memory-limit.ts';
import { run } from '../../../shared/process/run.ts';
import { findSandbox, type SandboxMode } from './sandbox.ts';

/** The commands that render, by what they do. */
export type ToolName = 'kustomize' | 'helm' | 'sops';

/** Which tools there are, and what each call of one may take. */
export interface ToolOptions {
  /** Names on the search path, or paths. */
  readonly commands: Readonly<Record<ToolName, string>>;
  /** Like PATH. The commands themselves do not see it. */
  readonly searchPath: string;
  /** For one call. */
  readonly timeoutMillis: number;
  /** For one call: of the memory that it writes to. */
  readonly memoryBytes: number;
  /** For one call: of what it writes. */
  readonly outputBytes: number;
  /** Whether they run where no sandbox can be made as well. */
  readonly sandbox: SandboxMode;
}

/** One call of a tool. */
export interface ToolCall {
  readonly arguments: readonly string[];
  /** Where it runs; a private directory where it is left out. */
  readonly directory?: string;
  readonly input?: string;
  readonly environment?: Readonly<Record<string, string>>;
  /** Ends it before its time. */
  readonly signal?: AbortSignal;
}

/** Runs renderers, each in a sandbox. */
export interface Tools {
  /** The command that a tool is. */
  readonly command: (tool: ToolName) => string;
  /** What it wrote. @throws SluiceError `render-failed` with what it said */
  run(tool: ToolName, call: ToolCall): Promise<string>;
}

const MAX_REASON_CHARACTERS = 1000;
/** Programs in Go end in one of these ways when memory is refused to them, whichever part of their runtime asked. */
const CRASH = /out of memory|cannot allocate memory|^fatal error: |^SIGSEGV: /m;
/** Go collects its garbage harder from here on. */
const SOFT_SHARE = 0.8;
/** Nothing listens there; what asks for a proxy gets no further. */
const NO_PROXY_THERE = 'http://127.0.0.1:9';

/**
 * A tool runs with a time limit, a limit of memory (RLIMIT_DATA) and of output, in an environment of its own with an
 * empty search path, and without a network. Where that cannot be had it is an error, unless the operator said
 * otherwise; what is left of the network then is a proxy that is not there.
 */
export function openTools(options: ToolOptions): Tools {
  const { commands, searchPath } = options;
  const find = async (command: string) => findCommand(command, searchPath);
  let sandbox: Promise<readonly string[] | undefined> | undefined;
  return {
    command: (tool) => commands[tool],
    async run(tool, call) {
      const path = await find(commands[tool]);
      const shell = await find('sh');
      if (path === undefined || shell === undefined) {
        throw missing(tool, path === undefined ? commands[tool] : 'sh');
      }
      sandbox ??= findSandbox(find, shell);
      const inSandbox = (await sandbox) ?? withoutSandbox(tool, options.sandbox);
      const home = await mkdtemp(join(tmpdir(), 'sluice-render-'));
      try {
        const limited = underMemoryLimit(shell, options.memoryBytes, tool);
        const line = [...inSandbox, ...limited, path, ...call.arguments];
        return await runLine(line, tool, call, home, options);
      } finally {
        await rm(home, { recursive: true, force: true });
      }
    },
  };
}

async function runLine(
  [command = '', ...commandLine]: readonly string[],
  tool: ToolName,
  call: ToolCall,
  home: string,
  { timeoutMillis, memoryBytes, outputBytes }: ToolOptions,
): Promise<string> {
  const ending = await run({
    ...{ command, arguments: commandLine, input: call.input, signal: call.signal, timeoutMillis, outputBytes },
    directory: call.directory ?? home,
    environment: {
      PATH: home,
      HOME: home,
      TMPDIR: home,
      LC_ALL: 'C',
      GOMEMLIMIT: String(Math.floor(memoryBytes * SOFT_SHARE)),
      HTTP_PROXY: NO_PROXY_THERE,
      HTTPS_PROXY: NO_PROXY_THERE,
      ...call.environment,
    },
  });
  if (ending.is === 'timed-out') {
    throw failed(tool, `it took longer than ${timeoutMillis / 1000} s`);
  }
  if (ending.is === 'too-much') {
    throw failed(tool, `it wrote more than ${outputBytes} bytes`);
  }
  if (ending.is === 'not-started') {
    throw failed(tool, `it did not start (${messageOf(ending.cause)})`);
  }
  const { status, signal, output, complaint } = ending;
  if (status === 0) {
    return output.toString('utf8');
  }
  // Paths from the root of the repository are what its people know.
  const reason = reasonOf(complaint, `${status ?? signal}`, memoryBytes);
  throw failed(tool, call.directory === undefined ? reason : reason.replaceAll(`${call.directory}/`, ''));
}

/** What it said, on one line. */
function reasonOf(complaint: string, end: string, memoryBytes: number): string {
  if (end === 'SIGKILL') {
    return 'it was killed (SIGKILL), as the kernel does where the pod has no memory left';
  }
  if (CRASH.test(complaint) || end === 'SIGSEGV') {
    return `it crashed, as it does where ${Math.floor(memoryBytes / 1024 / 1024)} MiB of memory are not enough`;
  }
  const said = complaint
    .replace(/^Error: /, '')
    .replace(/\s+/g, ' ')
    .trim()
    .slice(0, MAX_REASON_CHARACTERS);
  return said || `it ended with ${end}`;
}

/** @throws SluiceError unless it was allowed by name */
function withoutSandbox(tool: ToolName, mode: SandboxMode): readonly string[] {
  if (mode === 'best-effort') {
    return [];
  }
  throw new SluiceError({
    code: 'render-failed',
    subject: tool,
    expected: 'a way to run it without a network: unshare that may make namespaces, or sluice-sandbox on the PATH',
    found: 'neither works here',
    next: 'Give --render-sandbox best-effort to run it all the same where you trust who writes to the repository.',
  });
}

async function findCommand(command: string, searchPath: string): Promise<string | undefined> {
  const candidates = command.includes('/')
    ? [resolve(command)]
    : searchPath.split(delimiter).map((folder) => join(folder, command));
  for (const path of candidates) {
    const isThere = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (isThere) {
      return path;
    }
  }
  return undefined;
}

function missing(tool: ToolName, command: string): SluiceError {
  return new SluiceError({
    code: 'render-failed',
    subject: tool,
    expected: `the command ${command} on the PATH`,
    found: 'none',
    next: `Install it, or say where it is with --${tool}.`,
  });
}

function failed(tool: ToolName, found: string): SluiceError {
  return new SluiceError({ code: 'render-failed', subject: tool, found });
}
