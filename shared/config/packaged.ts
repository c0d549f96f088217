import { messageOf } from '../errors.ts';
import { checkConfig, invalidConfig, readConfigFile } from './check.ts';
import type { Config } from './schema.ts';

/**
 * Reads and checks a configuration as it is packaged: JSON, so that no function has to load a parser of YAML to start.
 *
 * @throws SluiceError `config-invalid` with every fault at once, each with its path and what was expected
 */
export function loadPackagedConfig(file: string): Config {
  return checkConfig(parseJson(readConfigFile(file), file), file);
}

function parseJson(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw invalidConfig(file, [`expected JSON, found something else (${messageOf(cause)})`]);
  }
}
