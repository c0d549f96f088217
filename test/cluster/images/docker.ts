import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { parseArgs } from 'node:util';
import { debianPath } from '../parts.ts';
import { baseFor } from './bases.ts';
import { TRUST } from './build.ts';
import { runCommand } from './command.ts';
import { readStages } from './dockerfile.ts';
import { ImageStore } from './store.ts';

/** Registries on loopback speak plain HTTP. */
const PLAIN = '--tls-verify=false';

/** The variables by which this machine's proxy is told, as Docker hands them on where its client is configured to. */
const PROXIES = ['http_proxy', 'https_proxy', 'HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY', 'no_proxy'];

const OPTIONS = {
  tag: { type: 'string' },
  username: { type: 'string' },
  'password-stdin': { type: 'boolean' },
  rm: { type: 'boolean' },
  env: { type: 'string', multiple: true },
  volume: { type: 'string', multiple: true },
  workdir: { type: 'string' },
} as const;

type Command = (store: ImageStore, words: readonly string[]) => Promise<string>;

/** The commands of Docker's client that the sample's pipeline says, each done by buildah in the cached store. */
const COMMANDS: Readonly<Record<string, Command>> = {
  async login(_, words) {
    const { values, positionals } = parse(words);
    const password = (await text(process.stdin)).trim();
    const who = [`--username=${values.username}`, `--password=${password}`];
    return runCommand(debianPath('buildah'), ['login', PLAIN, ...who, ...positionals]);
  },
  async build(store, words) {
    const { values, positionals } = parse(words);
    const [context = '.'] = positionals;
    const dockerfile = join(context, 'Dockerfile');
    const bases = new Map<string, string>();
    for (const { written, image } of readStages(readFileSync(dockerfile, 'utf8'))) {
      bases.set(written, await baseFor(store, image));
    }
    await store.build(values.tag ?? '', { dockerfile, context, bases, mounts: [`${TRUST}:${TRUST}:ro`] });
    return '';
  },
  // gzip takes longer than a copy on loopback.
  push: async (store, [name = '']) =>
    store.buildah('push', '--quiet', PLAIN, '--disable-compression', name, `docker://${name}`),
  pull: async (store, [name = '']) => store.buildah('pull', '--quiet', PLAIN, name),
  tag: async (store, names) => store.buildah('tag', ...names),
  rmi: async (store, names) => store.buildah('rmi', '--force', ...names),
  async run(store, words) {
    const { values, positionals } = parse(words);
    const [image = '', ...command] = positionals;
    const proxies = PROXIES.flatMap((name) =>
      process.env[name] === undefined ? [] : [`${name}=${process.env[name]}`],
    );
    const container = await store.buildah('from', '--pull-never', image);
    const flags = [
      '--isolation=chroot',
      `--workingdir=${values.workdir ?? '/'}`,
      ...[...proxies, ...(values.env ?? [])].map((variable) => `--env=${variable}`),
      ...[`${TRUST}:${TRUST}:ro`, ...(values.volume ?? [])].map((volume) => `--volume=${volume}`),
    ];
    try {
      return await store.buildah('run', ...flags, container, '--', ...command);
    } finally {
      await store.buildah('rm', container);
    }
  },
};

/** Flags up to the first word that is none: what follows an image is the container's own command. */
function parse(words: readonly string[]) {
  const { tokens } = parseArgs({
    args: [...words],
    options: OPTIONS,
    allowPositionals: true,
    tokens: true,
    strict: false,
  });
  const first = tokens.find(({ kind }) => kind === 'positional')?.index ?? words.length;
  const { values } = parseArgs({ args: words.slice(0, first), options: OPTIONS });
  return { values, positionals: words.slice(first) };
}

// One at a time, by flock around this process, as build.ts.
const [command = '', ...words] = process.argv.slice(2);
const run = COMMANDS[command];
if (run === undefined) {
  console.error(`docker ${command}: expected one of ${Object.keys(COMMANDS).join(', ')}`);
  process.exitCode = 2;
} else {
  try {
    console.log(await run(new ImageStore(), words));
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
}
