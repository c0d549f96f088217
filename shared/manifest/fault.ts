import { isSluiceError, messageOf, SluiceError } from '../errors.ts';
import { MAX_SHOWN } from './limits.ts';

const MEND = 'Its images stay as they are until it is mended.';

/** A document that does not parse, or only after a template engine went over it. */
export function unreadable(place: string, text: string, cause: { readonly message: string }): SluiceError {
  const [reason = ''] = cause.message.split('\n', 1);
  return text.includes('{{')
    ? template(place, reason, cause)
    : fault({ subject: place, expected: 'YAML', found: reason, next: MEND, cause });
}

/** An image that is not written as one. Only the first line of what stands there is told. */
export function badImage(place: string, written: string, cause?: unknown): SluiceError {
  const [found = ''] = written.split('\n', 1);
  if (written.includes('{{')) {
    return template(place, found, cause);
  }
  const reason = isSluiceError(cause) ? cause.expected : undefined;
  return fault({ subject: place, expected: reason ?? 'an image as text', found, cause });
}

/** A container that no annotation and no message could name. */
export function nameless(place: string): SluiceError {
  return fault({ subject: place, expected: 'a container with a name', found: 'none' });
}

/** A marker comment for a part of an image, behind a text that has to be a whole one. */
export function misplacedMarker(place: string, part: string): SluiceError {
  return fault({
    subject: place,
    expected: 'a marker comment for a whole image',
    found: `one with :${part}`,
    next: `Take the :${part} away.`,
  });
}

/** An annotation that says where in the values of a chart an image stands, and none does. */
export function unmapped(place: string, written: string): SluiceError {
  return fault({
    subject: place,
    expected: 'dotted paths to texts below spec.values',
    found: written,
    next: 'Mend it, with tag.fluxcd.io/ and registry.fluxcd.io/ of the same name.',
  });
}

/** An annotation that Kubernetes would refuse, and that says something else to a reader of YAML than to a person. */
export function badAnnotation(place: string, written: string): SluiceError {
  return fault({
    subject: place,
    expected: 'annotations to be text',
    found: written,
    next: 'Put its value in quotes; until then no policy of this workload counts.',
  });
}

/** What was not foreseen: a nesting too deep to follow. */
export function unfollowable(place: string, cause: unknown): SluiceError {
  return fault({ subject: place, expected: 'a Kubernetes manifest', found: messageOf(cause), next: MEND, cause });
}

function template(place: string, reason: string, cause: unknown): SluiceError {
  return fault({
    subject: place,
    expected: 'a plain manifest',
    found: `a template (${reason})`,
    next: 'Templates are passed over.',
    cause,
  });
}

/** Stands for the faults of a file that are not told one by one. */
export function moreFaults(file: string, count: number): SluiceError {
  return fault({ subject: file, expected: 'a Kubernetes manifest', found: `${count} more faults`, next: MEND });
}

function fault(details: Omit<ConstructorParameters<typeof SluiceError>[0], 'code'>): SluiceError {
  const { found } = details;
  const shown = found.length > MAX_SHOWN ? `${found.slice(0, MAX_SHOWN)}…` : found;
  return new SluiceError({ code: 'manifest-invalid', ...details, found: shown });
}
