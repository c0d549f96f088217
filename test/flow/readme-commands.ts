import { readFileSync } from 'node:fs';

/** The commands of README's shell blocks, a line each. */
export function readmeCommands(): readonly string[] {
  const readme = readFileSync('README.md', 'utf8');
  const blocks = [...readme.matchAll(/^ *```sh\n(.*?)^ *```$/gms)];
  return blocks.flatMap(([, text = '']) => text.split('\n').map((line) => line.trim()));
}
