import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CHILD_ENVIRONMENT } from '../child-environment.ts';
import type { RealSources } from './real-sources.ts';
import { commitsOf, type Stage, until } from './stage.ts';

/** A stage whose functions an operator reaches. */
export interface OperatedStage extends Omit<Stage, 'cluster'>, Pick<RealSources, 'gitGate' | 'registryGate'> {
  /** For `--target`. */
  readonly target: string;
  /** Of the local runtime. */
  readonly stateDir?: string;
  /** What the operator's shell has: credentials of AWS. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Puts a message into the queue of evaluate-policy that nobody can read. */
  poison(body: string): Promise<void>;
}

const CLI = fileURLToPath(new URL('../../infra/cli/main.ts', import.meta.url));

const dated = (minutes: number) => new Date(Date.UTC(2026, 10, 23, 11, minutes));

/** What `sluice doctor` and `sluice replay` do, on whatever stage. */
export function describeOperations(name: string, open: () => Promise<OperatedStage>, timeoutMillis: number): void {
  describe(name, { timeout: timeoutMillis }, () => {
    let stage: OperatedStage;
    beforeAll(async () => {
      stage = await open();
    }, timeoutMillis);
    afterAll(async () => stage?.stop());

    /** Runs the command line as an operator does. */
    const sluice = async (...words: readonly string[]) => {
      const environment = { ...CHILD_ENVIRONMENT, SLUICE_TARGET: stage.target, ...stage.environment };
      const state = stage.stateDir === undefined ? [] : ['--state-dir', stage.stateDir];
      try {
        const { stdout } = await promisify(execFile)(process.execPath, [CLI, ...words, ...state], { env: environment });
        return { code: 0, stdout };
      } catch (error) {
        const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
        return { code, stdout: `${stdout}${stderr}` };
      }
    };
    const commits = () => commitsOf(stage.repository).length;

    test('doctor looks at all of it', async () => {
      // The push of the first image may be in work still.
      const lines = await until('the queue to be empty', stage, async () => {
        const told = (await sluice('doctor')).stdout;
        return told.includes('queue pushes: 0 waiting, 0 in work') ? told : undefined;
      });
      // Those that were broken to fit a terminal as one.
      const stdout = lines.replaceAll(/\n {11}(?! *→)(?: {2})?/g, ' ');
      expect(stdout).toContain('receive-push\n  ok       pushes of 127.0.0.1:');
      expect(stdout).toMatch(/ {2}ok {7}http:\S+\/push\/distribution: refuses what is not proven\n/);
      expect(stdout).toMatch(
        /evaluate-policy\n {2}ok {7}repository \S+ \(main\): read at [0-9a-f]{7}, 1 image in its manifests: 1 automated, 0 held, 0 without a policy\n {2}ok {7}registry \S+: has 1 image that manifests name\n {2}ok {7}queue pushes: 0 waiting, 0 in work\n/,
      );
      expect(stdout).toMatch(/commit-image\n {2}ok {7}repository \S+ \(main\): may be written\n/);
      expect(stdout).toContain(
        'report-apply\n  warning  agents: none has reported yet\n           → Start an agent in each cluster, with --report-function.\n',
      );
    });

    test('a registry that is away is a failure with its name', async () => {
      stage.registryGate.refuse(503);
      const { code, stdout } = await sluice('doctor', '--json');
      stage.registryGate.refuse(undefined);
      expect(code).toBe(1);
      const { findings } = JSON.parse(stdout) as { findings: readonly { status: string }[] };
      expect(findings).toContainEqual({
        function: 'evaluate-policy',
        status: 'failure',
        subject: expect.stringMatching(/^registry 127\.0\.0\.1:\d+$/),
        found: expect.stringMatching(/./),
      });
    });

    test('a message that nobody can read is shown with its reason, and stays so when it is sent back', async () => {
      await stage.poison('{"version":1,"id":"poison"}');
      const shown = await until('a dead letter', stage, async () => {
        const { stdout } = await sluice('replay', '--queue', 'pushes');
        return stdout.startsWith('pushes: none') ? undefined : stdout;
      });
      expect(shown).toMatch(
        /^pushes: 1\n {2}\S+ {2}20\S+Z {2}something else: \{"version":1,"id":"poison"\}\n {6}message of queue pushes: expected a message as this release knows it, found .*registry/,
      );
      expect((await sluice('doctor')).stdout).toContain(
        'warning  dead letters of pushes: 1\n           → See why: sluice replay --queue pushes\n',
      );
      expect(await sluice('replay', '--queue', 'pushes', '--redrive')).toEqual({
        code: 0,
        stdout: 'pushes: 1 sent back, 0 left\n',
      });
      await until('the dead letter again', stage, async () => {
        const { stdout } = await sluice('replay', '--queue', 'pushes', '--json');
        return (JSON.parse(stdout) as { deadLetters: readonly unknown[] }).deadLetters.length === 1 || undefined;
      });
    });

    test('a push that failed for good is committed once it is sent back, and the others stay', async () => {
      const before = commits();
      stage.gitGate.refuse(401);
      await stage.push('redriven', dated(1));
      const letter = await until(
        'the dead letter of the push',
        stage,
        async () => {
          const { stdout } = await sluice('replay', '--json');
          const { deadLetters } = JSON.parse(stdout) as {
            deadLetters: readonly { queue: string; summary: string; messageId: string; reason: string }[];
          };
          return deadLetters.find(({ summary }) => summary.includes(':redriven'));
        },
        timeoutMillis,
      );
      expect(letter).toMatchObject({ queue: 'pushes', reason: expect.stringContaining('Check the credentials') });
      expect(commits()).toBe(before);
      stage.gitGate.refuse(undefined);
      const { stdout } = await sluice('replay', '--queue', letter.queue, '--redrive', '--message', letter.messageId);
      expect(stdout).toBe('pushes: 1 sent back, 1 left\n');
      await until('the commit', stage, () => commits() === before + 1 || undefined);
    });

    test.each([
      { words: ['doctor', '--target', 'http://127.0.0.1:9'], says: 'expected an answer, found ' },
      { words: ['doctor', '--nothing'], says: "error: unknown option '--nothing'" },
      { words: ['replay', '--queue', 'none'], says: 'Allowed choices are events, pushes, updates, reports.' },
      { words: ['replay', '--target', 'http://127.0.0.1:9'], says: 'does it run, and may you invoke it?' },
    ])('sluice $words ends with 2', async ({ words, says }) => {
      const { code, stdout } = await sluice(...words);
      expect({ code, stdout }).toEqual({ code: 2, stdout: expect.stringContaining(says) });
    });
  });
}
