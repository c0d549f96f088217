import { Command, InvalidArgumentError } from 'commander';
import { awsAccount } from '../../shared/aws/account.ts';
import { loadConfig } from '../../shared/config/load.ts';
import { messageOf } from '../../shared/errors.ts';
import { parseReference } from '../../shared/image/reference.ts';
import { createLog } from '../../shared/log.ts';
import { printable, printableLines } from '../../shared/printable.ts';
import { secretReader } from '../../shared/secrets/secrets.ts';
import { runDemo } from '../demo/demo.ts';
import type { PersonsImage } from '../demo/images.ts';
import { pushImage } from '../demo/registry/push-image.ts';
import { findDemo } from '../demo/runs.ts';
import { startRuntime } from './runtime.ts';

interface StartOptions {
  readonly config?: string;
  readonly once: boolean;
  readonly context?: string;
  readonly image?: string;
  readonly next?: string;
  readonly port?: number;
  readonly invokePort?: number;
  readonly stateDir: string;
}

const DEFAULT_PORT = 8080;

/** As a shell tells of Ctrl-C. */
const INTERRUPTED = 130;

const ended = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => ended.abort());
}
// Whoever read it has seen enough, as `head` has: that ends it like Ctrl-C.
process.stdout.on('error', () => ended.abort());
process.stderr.on('error', () => ended.abort());

const program = new Command('npm start --')
  .description('Runs Sluice on this machine; without a configuration, as a demo.')
  .option('--config <file>', 'run with this sluice.yml instead of the demo')
  .option('--once', 'demo: end when the first image is rolled out', false)
  .option('--context <name>', "demo: use the cluster of this kubeconfig's context instead of its own")
  .option('--image <image>', 'demo with --context: an image that this cluster can pull, in the place of its own')
  .option('--next <tag>', 'with --image: a tag of it that was built later')
  .option('--port <number>', `of pushes, on loopback (${DEFAULT_PORT} with --config, else a free one)`, toPort)
  .option('--invoke-port <number>', 'with --config: of the Invoke API, on loopback (the one after --port)', toPort)
  .option('--state-dir <dir>', 'with --config: keeps queues, cache and clones', '.sluice/state')
  .action(async (options: StartOptions) =>
    options.config === undefined ? demo(options) : serve(options.config, options),
  );

program
  .command('push')
  .description('push an image to the demo that runs in another terminal')
  .argument('<image>', 'as in hello:1.0.1')
  .action(push);

async function demo(options: StartOptions): Promise<void> {
  const { once, context, port = 0 } = options;
  // A runtime that was started by nohup goes on; a demo is of its terminal.
  process.once('SIGHUP', () => ended.abort());
  const isTold = await runDemo({
    ...{ once, context, port },
    image: imageOf(options),
    variables: process.env,
    signal: ended.signal,
    print: (text) => process.stdout.write(`${text}\n`),
    colours: process.stdout.hasColors?.() ?? false,
  });
  process.exitCode = isTold ? 0 : INTERRUPTED;
}

function imageOf({ context, image, next }: StartOptions): PersonsImage | undefined {
  if (image === undefined && next === undefined) {
    return undefined;
  }
  if (context === undefined || image === undefined || next === undefined) {
    return program.error('error: --context, --image and --next belong together');
  }
  return { image, next };
}

async function serve(file: string, { port = DEFAULT_PORT, invokePort, stateDir }: StartOptions): Promise<void> {
  const log = createLog({});
  const secrets = secretReader(process.env);
  const runtime = await startRuntime({
    config: loadConfig(file),
    secrets,
    aws: awsAccount(process.env),
    directory: stateDir,
    port,
    invokePort: invokePort ?? (port === 0 ? 0 : port + 1),
    log,
  });
  log.info('runtime started', { url: runtime.url, invokeUrl: runtime.invokeUrl, config: file });
  if (!ended.signal.aborted) {
    await new Promise((resolve) => {
      ended.signal.addEventListener('abort', resolve, { once: true });
    });
  }
  log.info('runtime stopping');
  await runtime.stop();
}

async function push(image: string): Promise<void> {
  // The demo's registry takes the place of the one that a short name would mean.
  const { repository, tag = 'latest' } = parseReference(`demo.local/${image}`);
  const registry = findDemo();
  const digest = await pushImage({ registry, repository, tag, created: new Date(), content: `${image} ${Date.now()}` });
  process.stdout.write(`${printable(`${image} ${digest}`)}\n`);
}

function toPort(text: string): number {
  const port = Number(text);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new InvalidArgumentError('Expected a port, 0 to 65535.');
  }
  return port;
}

try {
  await program.parseAsync(process.argv);
} catch (error) {
  process.stderr.write(`${printableLines(messageOf(error))}\n`);
  process.exitCode = 1;
}
