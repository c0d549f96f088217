import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { abandonedFolders, makeRunFolder } from './run-folder.ts';

const kind = `sluice-run-folder-test-${process.pid}`;
const made: string[] = [];
afterAll(() => {
  for (const folder of made) rmSync(folder, { recursive: true, force: true });
});

/** A folder that another process made, which was killed afterwards. */
async function folderOfKilledRun(): Promise<string> {
  const source = `
    import { makeRunFolder } from ${JSON.stringify(join(import.meta.dirname, 'run-folder.ts'))};
    console.log(await makeRunFolder(${JSON.stringify(kind)}));
    setInterval(() => {}, 1000);`;
  const runner = spawn(process.execPath, ['--input-type=module', '-e', source], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = (await once(runner.stdout, 'data')) as [Buffer];
  runner.kill('SIGKILL');
  await once(runner, 'exit');
  return line.toString().trim();
}

describe('a run folder', () => {
  test('stays as long as the process that made it runs', async () => {
    const first = await makeRunFolder(kind);
    const second = await makeRunFolder(kind);
    made.push(first, second);
    expect([existsSync(first), existsSync(second), abandonedFolders(kind)]).toEqual([true, true, []]);
  });

  test('of a killed run is released by its name and removed by the next of its kind', async () => {
    const left = await folderOfKilledRun();
    expect(abandonedFolders(kind)).toEqual([basename(left)]);
    const released: string[] = [];
    made.push(
      await makeRunFolder(`${kind}-other`),
      await makeRunFolder(kind, async (name) => void released.push(name)),
    );
    expect({ released, isLeft: existsSync(left) }).toEqual({ released: [basename(left)], isLeft: false });
  });

  test.each([
    {
      what: 'of a process id that was given to another process since',
      name: `${kind}-${process.pid}-1-abcdef`,
      isAbandoned: true,
    },
    { what: 'of another kind', name: `${kind}-x-${process.pid}-1-abcdef`, isAbandoned: false },
    { what: 'that was not named by a run', name: `${kind}-notes`, isAbandoned: false },
  ])('$what: abandoned is $isAbandoned', ({ name, isAbandoned }) => {
    const folder = join(tmpdir(), name);
    mkdirSync(folder);
    made.push(folder);
    expect(abandonedFolders(kind).includes(name)).toBe(isAbandoned);
    rmSync(folder, { recursive: true });
  });
});
