import { type Command, InvalidArgumentError, Option } from 'commander';
import { checkSize } from '../../functions/receive-push/body.ts';
import { claimFor, type Matched, matchRegistries } from '../../functions/receive-push/match-registry.ts';
import { matchEvent } from '../../functions/receive-push/receive-event.ts';
import { refusalStatus, UNPROVEN, unauthentic } from '../../functions/receive-push/refusal.ts';
import type { RawPushDelivery } from '../../functions/receive-push/sources/source.ts';
import { findSource, SOURCE_NAMES } from '../../functions/receive-push/sources/sources.ts';
import { messageOf } from '../../shared/errors.ts';
import { endWrongUseWith2, type Terminal } from './terminal.ts';

type Headers = Readonly<Record<string, string>>;

interface ParseOptions {
  readonly source: string;
  readonly header?: Headers;
  readonly secret?: string;
  readonly registry?: string;
}

const HELP = `
Prints {"status", "accepted", "reason", "pushes"} as JSON. Ends with 0 where the
delivery would be answered with 202, taken or ignored; with 1 where it would be
refused (400, 401, 413); with 2 where the command itself is wrong.

Without --secret nothing is proven, and the reason says so. With it the delivery
needs the header that proves it, over exactly these bytes: a line's end that an
editor or echo adds changes the signature. A command line can be seen by others
on the machine: try with a secret of your own making.

--source ecr reads an event of EventBridge. IAM proves those, and --secret
refuses it as /push/ecr does.

Without --registry a push of any registry is taken, as its sender names it;
"registry" is null where it names none.

  npm run -s sluice -- parse-push --source ghcr \\
    --header 'X-GitHub-Event: package' < delivery.json`;

/** `sluice parse-push`: shows what receive-push makes of a delivery that stands on standard input. */
export function addParsePush(program: Command, terminal: Terminal): void {
  program
    .command('parse-push')
    .description("show what Sluice makes of a registry's delivery, read from standard input; nothing is queued")
    .addOption(new Option('--source <source>', 'who sends it').choices(SOURCE_NAMES).makeOptionMandatory())
    .option('--header <header>', "a header of it, 'Name: value'; may be repeated", addHeader)
    .option('--secret <secret>', 'check that it is proven by this secret')
    .option('--registry <host>', 'take it as sent by this registry alone, as a host of sluice.yml')
    .addHelpText('after', HELP)
    // 1 is for a delivery that is refused.
    .exitOverride(endWrongUseWith2)
    .action(async (options: ParseOptions) => {
      const parsed = parsePush(options, { headers: options.header ?? {}, body: await terminal.read() });
      terminal.print(`${JSON.stringify(parsed)}\n`);
      terminal.endWith(parsed.status === 202 ? 0 : 1);
    });
}

function parsePush(options: ParseOptions, delivery: RawPushDelivery) {
  try {
    const { pushes, ignored } = receive(options, delivery);
    const taken = pushes.length === 0 && ignored.length > 0 ? [] : [`${pushes.length} taken`];
    const provable = options.source !== 'ecr' && options.secret === undefined;
    const unproven = provable ? ['not proven, for want of --secret'] : [];
    return {
      status: 202,
      accepted: pushes.length > 0,
      reason: [...taken, ...ignored, ...unproven].join('; '),
      pushes: pushes.map(({ registry, repository, tag, digest, pushedAt, actor }) => ({
        registry: registry ?? null,
        repository,
        tag,
        digest: digest ?? null,
        pushedAt: pushedAt ?? null,
        actor: actor ?? null,
      })),
    };
  } catch (error) {
    const status = refusalStatus(error);
    if (status === undefined) {
      throw error;
    }
    return { status, accepted: false, reason: messageOf(error), pushes: [] };
  }
}

/** The steps of receive-push, without a configuration and a queue. */
function receive(options: ParseOptions, delivery: RawPushDelivery): Matched<string | undefined> {
  const source = findSource(options.source);
  if (source === undefined) {
    throw unauthentic(options.source, 'no such source');
  }
  checkSize(delivery.body, options.source);
  if (options.secret !== undefined && !source.isAuthentic(delivery, options.secret)) {
    throw unauthentic(options.source, UNPROVEN);
  }
  const read = source.read(delivery);
  if (options.registry === undefined) {
    return matchRegistries(read, (named) => ({ registry: named }));
  }
  const hosts = [options.registry.toLowerCase()];
  return options.source === 'ecr' ? matchEvent(read, hosts) : matchRegistries(read, claimFor(hosts));
}

function addHeader(text: string, headers: Headers = {}): Headers {
  const [, name, value] = /^([\w!#$%&'*+.^`|~-]+):\s*(.*?)\s*$/.exec(text) ?? [];
  if (name === undefined || value === undefined) {
    throw new InvalidArgumentError("expected 'Name: value'");
  }
  return { ...headers, [name.toLowerCase()]: value };
}
