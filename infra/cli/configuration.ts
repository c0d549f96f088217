import type { Command } from 'commander';
import { configJsonSchema } from '../../shared/config/json-schema.ts';
import { loadConfig } from '../../shared/config/load.ts';
import { printable } from '../../shared/printable.ts';
import type { Terminal } from './terminal.ts';

/** `sluice check`: whether a configuration can be used. */
export function addCheck(program: Command, terminal: Terminal): void {
  program
    .command('check')
    .description('check a configuration; every fault is printed at once')
    .argument('[file]', 'the configuration', 'sluice.yml')
    .action((file: string) => {
      const { repositories, registries } = loadConfig(file);
      terminal.print(
        `${printable(file)}: good (repositories: ${repositories.length}, registries: ${registries.length})\n`,
      );
    });
}

/** `sluice schema`: what a configuration has to be. */
export function addSchema(program: Command, terminal: Terminal): void {
  program
    .command('schema')
    .description('print the JSON Schema of sluice.yml')
    .action(() => terminal.print(`${JSON.stringify(configJsonSchema(), null, 2)}\n`));
}
