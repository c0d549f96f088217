import { deflateRawSync } from 'node:zlib';
import { FUNCTIONS } from '../../../infra/aws/uses.ts';
import { deployStack } from '../../aws/deploy.ts';
import { startMoto } from '../../aws/moto.ts';
import { unzipped } from '../../aws/unzip.ts';
import { configFor } from '../../flow/repository.ts';
import { type BenchRow, benchRow } from '../row.ts';
import { EMPTY_HANDLER } from './empty-handler.ts';

const KILOBYTE = 1000;

/** What each function is as a zip, and unpacked. */
export async function benchPackage(): Promise<readonly BenchRow[]> {
  const moto = await startMoto();
  try {
    const sluiceYml = configFor('https://git.example.com/hello.git', 'registry.example.com', 'ssm:/sluice/push-secret');
    const stack = await deployStack({ sluiceYml, stage: 'bench', endpoint: moto.url });
    const empty = zippedBytes('functions/empty/handler.mjs', EMPTY_HANDLER);
    return FUNCTIONS.flatMap((name) => {
      const { zip } = stack.functionNamed(name);
      const sizes = [...unzipped(zip)].map(({ data }) => data.length);
      const raw = sizes.reduce((sum, bytes) => sum + bytes, 0);
      return [
        benchRow(
          `${name} zip`,
          'kilobytes; peer: the zip of an empty handler',
          zip.length / KILOBYTE,
          empty / KILOBYTE,
        ),
        benchRow(`${name} unpacked`, `kilobytes in ${sizes.length} files`, raw / KILOBYTE),
      ];
    });
  } finally {
    await moto.stop();
  }
}

/** How long a zip of one file is: a local header, the data, an entry of the directory and its end. */
function zippedBytes(name: string, content: string): number {
  return 30 + 46 + 22 + 2 * name.length + deflateRawSync(content).length;
}
