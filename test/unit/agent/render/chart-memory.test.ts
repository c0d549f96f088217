import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { readChartFiles } from '../../../../infra/agent/render/chart-files.ts';
import { chartSecretOf, openChartMemory } from '../../../../infra/agent/render/chart-memory.ts';
import { openDouble } from '../double.ts';
import { writeTree } from './tree.ts';

describe('what is kept of charts', () => {
  const SECRET = chartSecretOf('shop', 'default');
  const memories = async () => {
    const { ask } = await openDouble();
    return ['shop.a', 'shop.b'].map((owner) => openChartMemory(ask, SECRET, { owner, owners: 2 }, false));
  };
  const [long, short] = [380_000, 10].map((bytes) => randomBytes(bytes).toString('base64'));

  test('of one source does not fill up the Secret for another', async () => {
    const [a, b] = await memories();
    await a?.keep('one', 'd', long ?? '');
    await a?.keep('one', 'e', long ?? '');
    await expect(a?.keep('two', 'd', long ?? '')).rejects.toThrow(
      /^secret\/default\/sluice-agent-shop-charts: expected at most 524288 bytes of what a source’s charts with random values render to, found \d+\. Write these values into Git/,
    );
    await b?.keep('one', 'd', long ?? '');
    await a?.keep('two', 'd', short ?? '');
    expect(await a?.recall('one', 'e')).toBe(long);
    expect(await a?.recall('two', 'd')).toBe(short);
    expect(await b?.recall('one', 'd')).toBe(long);
  });
});

describe('what is kept of charts that are gone', () => {
  const SECRET = chartSecretOf('shop', 'default');
  const open = async (isReadOnly = false, before?: (request: { method?: string }) => Promise<void>) => {
    const { ask } = await openDouble();
    const watched: typeof ask = async (request) => {
      await before?.(request);
      return ask(request);
    };
    const memory = (owner: string) => openChartMemory(ask, SECRET, { owner, owners: 2 }, false);
    const own = openChartMemory(watched, SECRET, { owner: 'shop.a', owners: 2 }, isReadOnly);
    const [a, b] = [memory('shop.a'), memory('shop.b')];
    await a.keep('one', 'd', 'text');
    await a.keep('two', 'd', 'text');
    await b.keep('one', 'd', 'text');
    const kept = async () => [await a.recall('one', 'd'), await a.recall('two', 'd'), await b.recall('one', 'd')];
    return { own, a, kept };
  };

  test('goes; that of another source and of charts that stand stays', async () => {
    const { own, kept } = await open();
    await own.forgetOthers(['two']);
    expect(await kept()).toEqual([undefined, 'text', 'text']);
    // Nothing is left to do.
    await own.forgetOthers(['two']);
    expect(await kept()).toEqual([undefined, 'text', 'text']);
  });

  test('stays in a dry run', async () => {
    const { own, kept } = await open(true);
    await own.forgetOthers([]);
    expect(await kept()).toEqual(['text', 'text', 'text']);
  });

  test('stays where there is no Secret', async () => {
    const { ask } = await openDouble();
    await expect(
      openChartMemory(ask, SECRET, { owner: 'a', owners: 1 }, false).forgetOthers([]),
    ).resolves.toBeUndefined();
  });

  test('is there for an agent that was killed after it kept it and before it applied it', async () => {
    const { a, kept } = await open();
    // Its next start renders the same revision, and asks before it makes anything.
    expect(await a.recall('one', 'd')).toBe('text');
    await a.forgetOthers(['one', 'two']);
    expect(await kept()).toEqual(['text', 'text', 'text']);
  });

  test('stays where another agent keeps something at that moment', async () => {
    let isChanged = false;
    const { own, a, kept } = await open(false, async ({ method }) => {
      if (method === 'PATCH' && !isChanged) {
        isChanged = true;
        await a.keep('one', 'd', 'newer');
      }
    });
    await own.forgetOthers(['two']);
    expect(await kept()).toEqual(['newer', 'text', 'text']);
    await own.forgetOthers(['two']);
    expect(await kept()).toEqual([undefined, 'text', 'text']);
  });
});

describe('a chart', () => {
  test.each([
    { file: 'templates/a.yaml', text: 'a: {{ randAlphaNum 8 }}', is: true },
    { file: 'templates/_helpers.tpl', text: '{{- define "a" -}}\n{{- $x :=\n  now }}{{ end }}', is: true },
    { file: 'values.yaml', text: 'a: "{{ uuidv4 }}"', is: true },
    { file: 'templates/a.yaml', text: 'a: {{ .Values.a }} # {{ genCA "a" 1', is: true },
    { file: 'charts/a-1.0.0.tgz', text: 'packed', is: true },
    { file: 'README.md', text: 'Install it now, and up to date.', is: false },
    { file: 'crds/a.yaml', text: 'description: the date from which on it counts', is: false },
    { file: 'templates/a.yaml', text: 'a: {{ .Values.a }}\n# now\nb: {{ .Values.b }}', is: false },
  ])('may render to something else each time by $file with $text: $is', async ({ file, text, is }) => {
    expect(await readChartFiles(writeTree({ [file]: text }), '.')).toMatchObject({ isChanging: is });
  });
});
