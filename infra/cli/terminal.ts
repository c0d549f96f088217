import { CommanderError } from 'commander';

/** What a command has of the process that runs it. */
export interface Terminal {
  /** Those of the environment. */
  readonly variables: Readonly<Record<string, string | undefined>>;
  /** All of standard input. */
  read(): Promise<Buffer>;
  /** Writes to standard output. */
  print(text: string): void;
  /** Writes to standard error. */
  complain(text: string): void;
  /** Sets the exit code, which is 0 before; the command goes on. */
  endWith(exitCode: number): void;
}

/** Ends a command line that is wrong with 2, for commands to which 1 means something else; help ends with 0. */
export function endWrongUseWith2({ exitCode, code, message }: CommanderError): never {
  throw new CommanderError(exitCode === 0 ? 0 : 2, code, message);
}
