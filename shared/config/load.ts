import { LineCounter, parseDocument } from 'yaml';
import { checkConfig, invalidConfig, readConfigFile } from './check.ts';
import type { Config } from './schema.ts';

/**
 * Reads and checks a configuration file.
 *
 * @throws SluiceError `config-invalid` with every fault at once, each with its path and what was expected
 */
export function loadConfig(file: string): Config {
  return parseConfig(readConfigFile(file), file);
}

/** Checks the text of a configuration; `file` names it in errors. */
export function parseConfig(text: string, file: string): Config {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  if (document.errors.length > 0) {
    throw invalidConfig(
      file,
      document.errors.map((error) => `line ${lines.linePos(error.pos[0]).line}: ${firstLine(error.message)}`),
    );
  }
  return checkConfig(document.toJS(), file);
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0] ?? text;
}
