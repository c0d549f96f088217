import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DeclaredPolicies } from '../../../shared/manifest/join.ts';
import { readManifest, scanFile } from '../../../shared/manifest/scan.ts';
import { setImage } from '../../../shared/manifest/splice.ts';
import { fluxPolicy } from '../../fakes/flux-v2.ts';

const APP = 'registry.example.com/app';
const [OLD, NEW] = [`sha256:${'1'.repeat(64)}`, `sha256:${'2'.repeat(64)}`];
const TEXTS = { name: APP, tag: '', digest: OLD } as const;
const TAGS = ['1.0.0', '1.10', 'v2', '2026-11-30', '0x1f', '1e5', '010', 'on', 'null', '12345678901234567890'] as const;
const declared = new DeclaredPolicies([scanFile('flux.yaml', fluxPolicy())]);

const quoted = fc.constantFrom(
  (text: string) => text,
  (text: string) => `'${text}'`,
  (text: string) => `"${text}"`,
);
const image = fc.record({
  parts: fc
    .shuffledSubarray(['name', 'digest'] as const)
    .chain((others) => fc.shuffledSubarray([...others, 'tag'] as const, { minLength: others.length + 1 })),
  tag: fc.constantFrom(...TAGS),
  quote: quoted,
  before: fc.constantFrom(
    '',
    '# image\n',
    'other: 1 # {"a": 1}\n',
    'text: |\n  # {"$imagepolicy": "flux-system:app:tag"}\n',
  ),
});
const file = fc.record({
  images: fc.array(image, { minLength: 1, maxLength: 4 }),
  lineEnd: fc.constantFrom('\n', '\r\n'),
  end: fc.constantFrom('', '\n', '\n# end\n'),
});

function print({ images, lineEnd, end }: typeof file extends fc.Arbitrary<infer F> ? F : never): string {
  const blocks = images.map(({ parts, tag, quote, before }, index) => {
    const lines = parts.map((part) => {
      const text = part === 'tag' ? tag : TEXTS[part];
      return `${part}: ${quote(text)} # {"$imagepolicy": "flux-system:app:${part}"}`;
    });
    return [`image${index}:`, ...`${before}${lines.join('\n')}`.split('\n').map((line) => `  ${line}`)].join('\n');
  });
  return `${blocks.join('\n')}${end}`.replaceAll('\n', lineEnd);
}

describe('an edit of an image in parts', () => {
  test('reads back as the image, and changes nothing else', () => {
    fc.assert(
      fc.property(file, fc.nat(), fc.constantFrom(...TAGS), (values, pick, tag) => {
        const text = print(values);
        const manifest = readManifest('values.yaml', text);
        const { sites } = declared.join(manifest.scanned);
        expect(sites.map(({ image: standing }) => standing)).toEqual(
          values.images.map((one) => `${APP}:${one.tag}${one.parts.includes('digest') ? `@${OLD}` : ''}`),
        );
        const at = pick % sites.length;
        const site = sites[at];
        fc.pre(site !== undefined);
        const edited = setImage(manifest, site, `${APP}:${tag}@${NEW}`);
        const after = declared.join(edited.scanned).sites.map(({ image: standing }) => standing);
        const digest = values.images[at]?.parts.includes('digest') === true ? `@${NEW}` : '';
        expect(after).toEqual(sites.map((one, index) => (index === at ? `${APP}:${tag}${digest}` : one.image)));
        const [ours, theirs] = [text, edited.text].map((one) => one.split('\n'));
        const changed = ours?.filter((line, index) => line !== theirs?.[index]) ?? [];
        expect(theirs).toHaveLength(ours?.length ?? 0);
        expect(changed.every((line) => /^ {2}(?:tag|digest): /.test(line))).toBe(true);
      }),
    );
  });
});
