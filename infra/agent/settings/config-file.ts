import { readFileSync } from 'node:fs';
import { LineCounter, parseDocument } from 'yaml';
import { messageOf, SluiceError } from '../../../shared/errors.ts';

/**
 * Reads the YAML of a configuration file; what it says is checked with the flags.
 *
 * @throws SluiceError `config-invalid` where it cannot be read, or is no mapping
 */
export function readConfigFile(file: string): Readonly<Record<string, unknown>> {
  return parseConfigFile(textOf(file), file);
}

/**
 * Reads the text of a configuration file.
 *
 * @param file what it is called, for errors
 * @throws SluiceError `config-invalid` where it is no YAML or no mapping
 */
export function parseConfigFile(text: string, file: string): Readonly<Record<string, unknown>> {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  const [error] = document.errors;
  if (error !== undefined) {
    throw invalid(file, `line ${lines.linePos(error.pos[0]).line}: ${error.message.split('\n', 1)[0]}`);
  }
  const value: unknown = document.toJS();
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw invalid(file, 'expected a mapping with sources');
  }
  // Without sources there are those of the flags, which a file does not want.
  return { sources: undefined, ...value };
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw invalid(file, `cannot be read (${messageOf(cause)})`);
  }
}

function invalid(file: string, found: string): SluiceError {
  return new SluiceError({ code: 'config-invalid', subject: file, found });
}
