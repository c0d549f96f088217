import * as fc from 'fast-check';
import { WORKLOADS } from './manifests.ts';

/** A file of workloads, with all that its layout leaves open. */
export interface AnyManifest {
  readonly lineEnd: string;
  readonly mark: string;
  readonly end: string;
  readonly separator: string;
  readonly objects: readonly AnyObject[];
}

interface AnyObject {
  readonly kind: keyof typeof WORKLOADS;
  readonly indent: number;
  /** Do sequences stand deeper than their key? */
  readonly deeper: boolean;
  readonly comment: string;
  readonly containers: readonly AnyContainer[];
}

interface AnyContainer {
  readonly image: string;
  readonly style: keyof typeof STYLES;
  readonly props: string;
  readonly trail: string;
}

/** None of them needs quotes. */
export const images = [
  'web',
  'web:1',
  'web:1.10',
  'a/b-c__d:0123456',
  'registry.example.com:5000/shop/web:1e5',
  `ghcr.io/o/app:v1.0@sha256:${'0a'.repeat(32)}`,
  'localhost/x:latest',
] as const;

const STYLES = {
  plain: (image: string) => [image],
  single: (image: string) => [`'${image}'`],
  double: (image: string) => [`"${image}"`],
  padded: (image: string) => [`" ${image}\t"`],
  literal: (image: string) => ['|', `  ${image}`],
  folded: (image: string) => ['>-', `  ${image}`],
  kept: (image: string) => ['|+', `  ${image}`, ''],
} as const;

const comments = ['', '# image: web:1', '# "', '# é 🚢 {{', '#\t- name: c0'] as const;
const container: fc.Arbitrary<AnyContainer> = fc.record({
  image: fc.constantFrom(...images),
  style: fc.constantFrom(...(Object.keys(STYLES) as (keyof typeof STYLES)[])),
  props: fc.constantFrom('', '&web ', '!!str ', '\t', '   '),
  trail: fc.constantFrom('', ' ', '\t', ' # web:1', '  # {"$imagepolicy": "a:b"}'),
});
const object: fc.Arbitrary<AnyObject> = fc.record({
  kind: fc.constantFrom(...(Object.keys(WORKLOADS) as (keyof typeof WORKLOADS)[])),
  indent: fc.constantFrom(1, 2, 4),
  deeper: fc.boolean(),
  comment: fc.constantFrom(...comments),
  containers: fc.array(container, { minLength: 1, maxLength: 3 }),
});

export const anyManifest: fc.Arbitrary<AnyManifest> = fc.record({
  lineEnd: fc.constantFrom('\n', '\r\n'),
  mark: fc.constantFrom('', '\uFEFF', '# head\n', '---\n', '\n\n'),
  end: fc.constantFrom('', '\n', '\n\n', '\n...\n# end'),
  separator: fc.constantFrom('---', '--- # next', '...\n---\n# next', '---\nkind: Service\nimage: web:1\n---'),
  objects: fc.array(object, { minLength: 1, maxLength: 3 }),
});

/** Its text, with the image of one container (counted over all objects) replaced where that is asked for. */
export function printManifest(
  { lineEnd, mark, end, separator, objects }: AnyManifest,
  other?: { readonly index: number; readonly image: string },
): string {
  let index = -1;
  const texts = objects.map((one) => {
    const containers = one.containers.map((each) => {
      index += 1;
      return index === other?.index ? { ...each, image: other.image } : each;
    });
    return printObject({ ...one, containers }).join('\n');
  });
  return `${mark}${texts.join(`\n${separator}\n`)}${end}`.replaceAll('\n', lineEnd);
}

function printObject({ kind, indent, deeper, comment, containers }: AnyObject): readonly string[] {
  const podSpec = WORKLOADS[kind];
  const pad = (depth: number) => ' '.repeat(depth * indent);
  const list = pad(podSpec.length + (deeper ? 1 : 0));
  return [
    `kind: ${kind} ${comment}`,
    'metadata:',
    `${pad(1)}name: web`,
    ...podSpec.map((key, depth) => `${pad(depth)}${key}: ${comment}`),
    `${pad(podSpec.length)}containers: ${comment}`,
    ...containers.flatMap((each, at) => printContainer(each, at, list)),
  ];
}

function printContainer({ image, style, props, trail }: AnyContainer, at: number, pad: string): readonly string[] {
  const [first, ...rest] = STYLES[style](image);
  return [
    `${pad}- name: c${at}`,
    `${pad}  image: ${props}${first}${trail}`,
    ...rest.map((line) => (line === '' ? '' : `${pad}  ${line}`)),
  ];
}
