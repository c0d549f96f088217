import { type ErrorDetails, SluiceError } from '../errors.ts';

/** A row of a host's table: what an answer means that is no success. */
export interface ErrorRow<Refusal> {
  readonly fits: (refusal: Refusal) => boolean;
  readonly tells: (refusal: Refusal) => Omit<ErrorDetails, 'subject'>;
}

/** The error of the first row that fits; the last row of a table fits all. */
export function errorFrom<Refusal>(
  table: readonly ErrorRow<Refusal>[],
  subject: string,
  refusal: Refusal,
): SluiceError {
  const row = table.find(({ fits }) => fits(refusal));
  const tells = row?.tells(refusal) ?? { code: 'git-refused', found: 'an answer that no row tells of' };
  return new SluiceError({ subject, ...tells });
}
