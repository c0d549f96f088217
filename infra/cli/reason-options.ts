import { SluiceError } from '../../shared/errors.ts';
import { readMoment } from '../../shared/moment.ts';

/** @throws SluiceError `manifest-invalid` for a `--reason` that says nothing */
export function checkReason(reason: string | undefined): void {
  if (reason?.trim() === '') {
    throw new SluiceError({
      code: 'manifest-invalid',
      subject: '--reason',
      expected: 'why, in a few words',
      found: 'nothing',
    });
  }
}

/** @throws SluiceError `manifest-invalid` for an `--until` that is no moment, or past @param now milliseconds since the epoch */
export function checkUntil(until: string | undefined, now: number): void {
  const last = until === undefined ? now : readMoment(until)?.last;
  if (last === undefined || last < now) {
    throw new SluiceError({
      code: 'manifest-invalid',
      subject: '--until',
      expected: `a day like ${dayOf(now)} or a time like ${dayOf(now)}T23:00:00Z that is still to come`,
      found: String(until),
    });
  }
}

/** `2026-12-24`, in UTC. @param now milliseconds since the epoch */
export function dayOf(now: number): string {
  return new Date(now).toISOString().slice(0, 10);
}
