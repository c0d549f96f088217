#!/usr/bin/env node
import { Command } from 'commander';
import packageJson from '../../package.json' with { type: 'json' };
import { configJsonSchema } from '../../shared/config/json-schema.ts';
import { loadConfig } from '../../shared/config/load.ts';
import { isSluiceError, messageOf } from '../../shared/errors.ts';
import { printable, printableLines } from '../../shared/printable.ts';
import { blockCommands } from './block.ts';
import { doctorCommand } from './doctor.ts';
import { identityCommand } from './identity.ts';
import { installCommand } from './install.ts';
import { parsePushCommand } from './parse-push.ts';
import { replayCommand } from './replay.ts';
import { resumeCommand, suspendCommand } from './suspend.ts';

const program = new Command('sluice').description(
  'Looks after Sluice: its configuration, its deployments and its keys.',
);

program.addCommand(identityCommand(process.env));

program
  .command('check')
  .description('check a configuration; every fault is printed at once')
  .argument('[file]', 'the configuration', 'sluice.yml')
  .action((file: string) => {
    const { repositories, registries } = loadConfig(file);
    process.stdout.write(
      `${printable(file)}: good (repositories: ${repositories.length}, registries: ${registries.length})\n`,
    );
  });

program
  .command('schema')
  .description('print the JSON Schema of sluice.yml')
  .action(() => {
    process.stdout.write(`${JSON.stringify(configJsonSchema(), null, 2)}\n`);
  });

program.addCommand(parsePushCommand());
program.addCommand(installCommand(packageJson.version));
program.addCommand(doctorCommand(process.env));
program.addCommand(replayCommand(process.env));
program.addCommand(suspendCommand(process.env));
program.addCommand(resumeCommand(process.env));

for (const command of blockCommands(process.env)) {
  program.addCommand(command);
}

try {
  await program.parseAsync(process.argv);
} catch (error) {
  process.stderr.write(`${printableLines(messageOf(error))}\n`);
  process.exitCode = isSluiceError(error, 'target-unavailable', 'cluster-unreachable') ? 2 : 1;
}
