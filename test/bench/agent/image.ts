import { readFileSync } from 'node:fs';

/** The options of Node that the image starts the agent with. */
export function nodeOptions(): readonly string[] {
  const file = new URL('../../../infra/agent/Dockerfile', import.meta.url);
  const [, entry = '[]'] = /^ENTRYPOINT (.+)$/m.exec(readFileSync(file, 'utf8')) ?? [];
  const words = JSON.parse(entry) as readonly string[];
  return words.slice(words.indexOf('node') + 1, -1);
}
