import { readFileSync } from 'node:fs';

/** The options of Node that the image starts the agent with. */
export function nodeOptions(): readonly string[] {
  const file = new URL('../../../infra/agent/Dockerfile', import.meta.url);
  const [, entry = '[]'] = /^ENTRYPOINT (.+)$/m.exec(readFileSync(file, 'utf8')) ?? [];
  return (JSON.parse(entry) as readonly string[]).slice(1, -1);
}
