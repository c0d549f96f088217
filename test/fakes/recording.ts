import { createLog, type Log } from '../../shared/log.ts';
import type { MessageSender, OutgoingMessage } from '../../shared/queue/port.ts';

/** A log whose lines can be looked at. */
export function recordingLog(): { readonly log: Log; readonly lines: readonly Readonly<Record<string, unknown>>[] } {
  const lines: Readonly<Record<string, unknown>>[] = [];
  const write = (line: string) => void lines.push(JSON.parse(line));
  return { log: createLog({}, 'debug', { write }), lines };
}

/** A queue's sending end that keeps what it is given. */
export function recordingSender(): MessageSender & { readonly sent: readonly OutgoingMessage[] } {
  const sent: OutgoingMessage[] = [];
  return {
    sent,
    async send(messages) {
      sent.push(...messages);
    },
  };
}
