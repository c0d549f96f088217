import { messageOf } from '../../shared/errors.ts';
import { printable, printableLines } from '../../shared/printable.ts';
import type { Mask } from './secrets/secret-mask.ts';

/** Prints lines to standard output, each without what a terminal would act on. Line ends within one are escaped. */
export function printOut(lines: readonly string[]): void {
  process.stdout.write(lines.map((line) => `${printable(line)}\n`).join(''));
}

/** Prints a text of several lines to standard output. */
export function printText(text: string): void {
  process.stdout.write(printableLines(text));
}

/** Prints what went wrong to standard error, a line each, without what is secret. */
export function printProblems(problems: readonly string[], mask: Mask): void {
  process.stderr.write(problems.map((problem) => `${printable(mask(problem))}\n`).join(''));
}

/** Prints an error to standard error without what is secret; a message of ours may have several lines. */
export function printError(error: unknown, mask: Mask): void {
  process.stderr.write(`${printableLines(mask(messageOf(error)))}\n`);
}
