import { setTimeout as sleep } from 'node:timers/promises';

/** Who is told of pushes. */
export interface NotificationEndpoint {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** Tells endpoints of events, each in order, again and again until it is taken. */
export interface Notifier {
  /** Tells this one too, of what happens from now on. */
  add(endpoint: NotificationEndpoint): void;
  tell(event: object): void;
  stop(): Promise<void>;
}

const MEDIA_TYPE = 'application/vnd.docker.distribution.events.v1+json';
const TIMEOUT_MILLIS = 5000;
const PAUSE_MILLIS = 500;

/** @see https://distribution.github.io/distribution/about/notifications/ */
export function startNotifier(): Notifier {
  const ended = new AbortController();
  const ends: { readonly endpoint: NotificationEndpoint; last: Promise<void> }[] = [];
  return {
    add: (endpoint) => void ends.push({ endpoint, last: Promise.resolve() }),
    tell(event) {
      for (const end of ends) {
        end.last = end.last.then(async () => deliver(end.endpoint, JSON.stringify({ events: [event] }), ended.signal));
      }
    },
    async stop() {
      ended.abort();
      await Promise.all(ends.map(({ last }) => last));
    },
  };
}

async function deliver({ url, headers }: NotificationEndpoint, body: string, ended: AbortSignal): Promise<void> {
  while (!ended.aborted) {
    try {
      const signal = AbortSignal.any([ended, AbortSignal.timeout(TIMEOUT_MILLIS)]);
      const reply = await fetch(url, {
        method: 'POST',
        headers: { 'content-type': MEDIA_TYPE, ...headers },
        body,
        signal,
      });
      await reply.body?.cancel();
      if (reply.status < 400) {
        return;
      }
    } catch {
      // Not reached; it is told again.
    }
    await sleep(PAUSE_MILLIS, undefined, { signal: ended }).catch(() => {});
  }
}
