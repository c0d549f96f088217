import { expect, test } from 'vitest';
import type { LiveObject } from '../../../../infra/agent/cluster/cluster.ts';
import { readVariables } from '../../../../infra/agent/render/variables-from.ts';

test('each entry that is text is a variable, without the ends of lines that files end with', async () => {
  const base64 = (bytes: string | Buffer) => Buffer.from(bytes).toString('base64');
  const found: Readonly<Record<string, LiveObject['data']>> = {
    settings: { A: 'one\n', B: 'two\r\n\r\n', C: 'three\nlines\nhere\n', D: ' spaces ', E: '\n' },
    secrets: { A: base64('hidden\n'), KEYSTORE: base64(Buffer.from([0xfe, 0xed, 0xff])) },
  };
  const cluster = {
    read: async ({ kind, name }: { readonly kind: string; readonly name: string }): Promise<LiveObject> => ({
      ...{ apiVersion: 'v1', kind, metadata: { name } },
      data: found[name],
    }),
  };
  const { values } = await readVariables(cluster, 'sluice', [
    { kind: 'ConfigMap', name: 'settings' },
    { kind: 'Secret', name: 'secrets' },
  ]);
  expect(Object.fromEntries(values)).toEqual({
    A: 'hidden',
    B: 'two',
    C: 'three\nlines\nhere',
    D: ' spaces ',
    E: '',
  });
});
