import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { GitHost } from '../../shared/git-host/port.ts';
import { bareRepository } from './bare-repository.ts';
import { MANIFESTS } from './git-files.ts';
import { AUTHOR } from './git-host.ts';

/** What credentials let their holder do. */
export type Access = 'write' | 'read' | 'wrong' | 'none';

/** One kind of Git host that asks who is there. */
export interface AccessStage {
  /** The host of the repository `NAME.git`, by such credentials. */
  open(name: string, access: Access): GitHost;
  /** What a message of a refusal says, besides the next step. */
  readonly says: { readonly wrong: RegExp; readonly none: RegExp; readonly readOnly: RegExp };
  /** Never in a message. */
  readonly secrets: readonly string[];
  stop(): Promise<void>;
}

/** How every Git host that knows its users meets those it does not let in. */
export function describeGitAccess(name: string, start: (repositories: string) => Promise<AccessStage>) {
  describe(`Git host, ${name}, credentials`, () => {
    const directory = mkdtempSync(join(tmpdir(), 'sluice-git-access-'));
    const bare = bareRepository(join(directory, 'hello.git'), MANIFESTS);
    let stage: AccessStage;
    beforeAll(async () => {
      stage = await start(directory);
    });
    afterAll(async () => {
      await stage?.stop();
      rmSync(directory, { recursive: true, force: true });
    });

    const write = async (host: GitHost) => {
      const edits = [{ path: 'k8s/deploy.yml', text: 'image: hello:2\n' }];
      const expectedHead = bare.git('rev-parse', 'main').trim();
      return host.commit({ branch: 'main', expectedHead, edits, message: 'x\n', author: AUTHOR });
    };

    test.each([{ access: 'wrong' }, { access: 'none' }] as const)(
      '$access: git-unauthorized, with what to do and without the secret',
      async ({ access }) => {
        const host = stage.open('hello', access);
        const error: unknown = await host.head('main').catch((thrown: unknown) => thrown);
        expect(error).toMatchObject({
          code: 'git-unauthorized',
          retryable: false,
          message: expect.stringMatching(stage.says[access]),
        });
        expect(error).toMatchObject({
          message: expect.stringMatching(
            /^repository .*hello.*Check (the credentials|knownHosts) of this repository in sluice\.yml/s,
          ),
        });
        const told = `${String(error)} ${JSON.stringify(error)}`;
        expect(stage.secrets.filter((secret) => told.includes(secret))).toEqual([]);
      },
    );

    test.each([
      { access: 'write', can: true },
      { access: 'read', can: false },
    ] as const)('$access: can write $can', async ({ access, can }) => {
      const host = stage.open('hello', access);
      expect(await host.canWrite('main')).toBe(can);
      expect((await host.canSetStatus?.('main')) ?? can).toBe(can);
    });

    test('wrong: whether it can write is not asked', async () => {
      await expect(stage.open('hello', 'wrong').canWrite('main')).rejects.toMatchObject({ code: 'git-unauthorized' });
    });

    test('read only: reads, and cannot commit', async () => {
      const host = stage.open('hello', 'read');
      const head = await host.head('main');
      expect(await host.files(head, ['root.yml'])).toHaveLength(1);
      const error: unknown = await write(host).catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ retryable: false, message: expect.stringMatching(stage.says.readOnly) });
      expect(['git-unauthorized', 'git-refused']).toContainEqual(
        error instanceof Error && 'code' in error && error.code,
      );
      expect(bare.git('rev-parse', 'main').trim()).toBe(head);
    });

    test('that may write: commits', async () => {
      const host = stage.open('hello', 'write');
      await host.head('main');
      expect(await write(host)).toBe(bare.git('rev-parse', 'main').trim());
    });
  });
}
