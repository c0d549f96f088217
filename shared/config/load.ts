import { readFileSync } from 'node:fs';
import { LineCounter, parseDocument } from 'yaml';
import type { z } from 'zod';
import { messageOf, SluiceError } from '../errors.ts';
import { repositoryFaults } from './repository.ts';
import { type Config, configSchema } from './schema.ts';

/**
 * Reads and checks a configuration file.
 *
 * @throws SluiceError `config-invalid` with every fault at once, each with its path and what was expected
 */
export function loadConfig(file: string): Config {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    throw invalid(file, [`cannot be read (${messageOf(cause)})`]);
  }
  return parseConfig(text, file);
}

/** Checks the text of a configuration; `file` names it in errors. */
export function parseConfig(text: string, file: string): Config {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  if (document.errors.length > 0) {
    throw invalid(
      file,
      document.errors.map((error) => `line ${lines.linePos(error.pos[0]).line}: ${firstLine(error.message)}`),
    );
  }
  const parsed = configSchema.safeParse(document.toJS());
  if (!parsed.success) {
    throw invalid(file, parsed.error.issues.map(describe));
  }
  const faults = contradictions(parsed.data);
  if (faults.length > 0) {
    throw invalid(file, faults);
  }
  return parsed.data;
}

/** Faults that no single value shows. */
function contradictions({ repositories, registries }: Config): readonly string[] {
  return [
    ...repositories.flatMap((repository, at) =>
      repositoryFaults(repository).map((fault) => `repositories[${at}].${fault}`),
    ),
    ...repeated(repositories.map(({ url, branch }) => `${url} ${branch}`)).map(
      (at) => `repositories[${at}]: expected each repository and branch once, found ${repositories[at]?.url} again`,
    ),
    ...repeated(registries.map(({ host }) => host)).map(
      (at) => `registries[${at}].host: expected each host once, found ${registries[at]?.host} again`,
    ),
  ];
}

function repeated(keys: readonly string[]): readonly number[] {
  return keys.flatMap((key, index) => (keys.indexOf(key) < index ? [index] : []));
}

function describe(issue: z.core.$ZodIssue): string {
  const path = issue.path.map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`)).join('');
  return `${path.replace(/^\./, '') || 'the file'}: ${issue.message}`;
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0] ?? text;
}

function invalid(file: string, faults: readonly string[]): SluiceError {
  return new SluiceError({
    code: 'config-invalid',
    subject: file,
    found: faults.length === 1 ? `${faults[0]}` : `${faults.length} faults\n  ${faults.join('\n  ')}\n`,
  });
}
