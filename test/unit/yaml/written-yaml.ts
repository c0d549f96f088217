import * as fc from 'fast-check';

/** A node of YAML as text: what follows `key:` or `-` at an indentation, its end of line included. */
type Written = (indent: number) => string;

const oneOf = (characters: string) => fc.constantFrom(...characters.split(''));
const pad = (indent: number) => ' '.repeat(indent);
/** One of what is right, and now and then one of what is odd or wrong: a text with many of these has none that is right. */
const mostly = <T>(right: fc.Arbitrary<T>, odd: fc.Arbitrary<T>) =>
  fc.oneof({ arbitrary: right, weight: 40 }, { arbitrary: odd, weight: 1 });

/** Texts that one dialect or another takes for something else than text. */
const TRICKY = [
  ...['y', 'Y', 'n', 'N', 'yes', 'Yes', 'YES', 'yEs', 'no', 'NO', 'on', 'On', 'off', 'OFF', 'true', 'True', 'TRUE'],
  ...['false', 'False', '~', 'null', 'Null', 'NULL', 'nULL', '0', '-0', '+0', '00', '0400', '0755', '0o644', '0O17'],
  ...['08', '09', '0x1F', '0X1f', '-0x1f', '0b11', '-0b11', '0b-11', '0B1', '1_000', '0x_f', '1__0', '_1', '0_', '1_'],
  ...['9007199254740993', '-9007199254740993', '9223372036854775807', '9223372036854775808', '18446744073709551615'],
  ...['18446744073709551616', '-9223372036854775808', '-9223372036854775809', '0xffffffffffffffff', '1e3', '1E+3'],
  ...['1.', '.5', '-.5', '+.5', '1.5', '1.50', '1.0', '1e-7', '1e21', '1e400', '83e20108', '1234e5', '1e', 'e1', '.e1'],
  ...['.5_0', '1_0.5', '.Nan', 'inf', '1:30', '1:30:45', '190:20:30.15'],
  ...['2001-01-01', '2001-1-1', '2001-12-14t21:59:43.10-05:00', '2001-12-14 21:59:43', '<<', '=', '.', '..', '+'],
  ...[
    '0x',
    '0o',
    '0b',
    '0b2',
    '1.2.3',
    '10.0.0.1',
    '5432:5432',
    '100Mi',
    '1h30m',
    '12e03',
    '0.1',
    '0.30000000000000004',
  ],
  ...[
    'a b',
    'a:b',
    'a#b',
    "it's",
    'a"b',
    'http://x/y?z=1#w',
    '/bin/sh',
    '-c',
    '--flag',
    '?x',
    ':x',
    'x:',
    'é',
    '日本',
    '🙂',
  ],
];

const numeric = fc
  .string({ unit: oneOf('0123456789_.eExXobB+-:'), minLength: 1, maxLength: 8 })
  .filter((text) => !/:$|^[-+.:]*$/.test(text));
const word = fc.string({ unit: oneOf('abyn01 -:#,.!&*?|>%@`\'"{}[]~=/\\'), minLength: 1, maxLength: 6 });
const plain = mostly(fc.oneof({ arbitrary: fc.constantFrom(...TRICKY), weight: 3 }, numeric), word);
const space = mostly(fc.constantFrom(' ', ' ', ' ', '  '), fc.constantFrom('\t', ' \t'));
const lineEnd = mostly(
  fc.constantFrom('\n', '\n', '\n', ' \n', ' # note\n', '\n# note\n', '\n\n', '\n   # note\n'),
  fc.constantFrom('#x\n', '\t\n', '\t# note\n'),
);
const line = mostly(
  fc.constantFrom('a', 'a: b', '- a', '# no comment', '  deeper', 'a  b', '"q"', '0400', '---x', '{', 'x\t', '  '),
  fc.constantFrom('\tt', '\t'),
);
const properties = mostly(
  fc.constantFrom('', '', '', '', '', '', '&a ', '&b ', '!!str ', '! ', '!x ', '!!str &a ', '&b !!str '),
  fc.constantFrom('!!int ', '!!float ', '!!bool ', '!!binary ', '!!null ', '!!map ', '!!seq ', '!!timestamp '),
);

const plainScalar = fc.record({ space, properties, plain, lineEnd }).map(
  ({ space: gap, properties: front, plain: text, lineEnd: end }): Written =>
    () =>
      `${gap}${front}${text}${end}`,
);

const lines = fc.array(fc.oneof(line, fc.constant('')), { minLength: 1, maxLength: 4 });
const continued = (by: fc.Arbitrary<number>) =>
  fc.array(fc.record({ text: fc.constantFrom('a', 'b c', '0400', 'x:y', ''), by }), { maxLength: 3 });
const anyIndent = fc.integer({ min: -4, max: 4 });
const deeper = mostly(fc.integer({ min: 1, max: 4 }), anyIndent);
const quoted = fc
  .record({
    quote: fc.constantFrom('"', "'"),
    first: mostly(
      fc.constantFrom(
        ...TRICKY,
        'a\\nb',
        '\\u00e9',
        '\\x41',
        '\\t',
        '\\0',
        '\\"',
        '\\\n b',
        '',
        '\\_',
        '\\N',
        '\\U0001F642',
      ),
      fc.constantFrom('\\/', '\\q', '\\u12', '\\ud83d', '\\x7f'),
    ),
    more: continued(anyIndent),
    lineEnd,
    properties,
  })
  .map(
    ({ quote, first, more, lineEnd: end, properties: front }): Written =>
      (indent) => {
        const text = first.replaceAll(quote === '"' ? /(?<!\\)"/g : /'/g, (found) =>
          quote === '"' ? `\\${found}` : "''",
        );
        const rest = more.map(({ text: next, by }) => `\n${pad(Math.max(0, indent + by))}${next}`).join('');
        return ` ${front}${quote}${text}${rest}${quote}${end}`;
      },
  );
const multiLinePlain = fc
  .record({ first: fc.constantFrom('a', '0400', 'yes', 'a b'), more: continued(deeper), lineEnd })
  .map(
    ({ first, more, lineEnd: end }): Written =>
      (indent) => {
        const rest = more.map(({ text, by }) => `\n${pad(Math.max(0, indent + by))}${text}`).join('');
        return ` ${first}${rest}${end}`;
      },
  );
const blockScalar = fc
  .record({
    style: fc.constantFrom('|', '>'),
    chomp: fc.constantFrom('', '-', '+'),
    indicator: mostly(fc.constantFrom('', '', '', '1'), fc.constantFrom('2', '4', '0')),
    isChompFirst: fc.boolean(),
    comment: fc.constantFrom('', '', ' # note', ' '),
    lines,
    by: fc.integer({ min: 1, max: 4 }),
    tail: fc.constantFrom('', '', '\n', '\n\n', '  \n', '# note\n', '        \n\n'),
  })
  .map(
    ({ style, chomp, indicator, isChompFirst, comment, lines: texts, by, tail }): Written =>
      (indent) => {
        const header = isChompFirst ? chomp + indicator : indicator + chomp;
        const text = texts.map((one) => (one === '' ? '' : pad(indent + by) + one)).join('\n');
        return ` ${style}${header}${comment}\n${text}\n${tail}`;
      },
  );
const nothing = fc.constantFrom<Written>(
  () => '\n',
  () => ' # nothing\n',
  () => ' \n',
  () => ' &a\n',
  () => ' !!str\n',
);
const alias = mostly(
  fc.constantFrom<Written>(
    () => ' *m\n',
    () => ' *n\n',
    () => ' *m # note\n',
  ),
  fc.constantFrom<Written>(
    () => ' *a\n',
    () => ' *b\n',
    () => ' *unknown\n',
  ),
);

/** Keys that stand twice would be all that a large map shows. */
const key = mostly(
  fc.oneof(
    { arbitrary: fc.string({ unit: oneOf('abcdefgh'), minLength: 2, maxLength: 5 }), weight: 8 },
    { arbitrary: fc.constantFrom(...TRICKY.filter((text) => !/[?:{}[\]#]|^[-+.]|[yYnN~]|<</.test(text))), weight: 2 },
    { arbitrary: fc.constantFrom('"ab"', "'b c'", '"0400"', "'yes'", '"<<"', 'app.kubernetes.io/name'), weight: 1 },
  ),
  fc.constantFrom(...TRICKY, '&a k', '*a ', '!!str 1', '? a\n', '!!int 5', '{a: b}', '[a]', 'k '),
);

const flow = fc.letrec<{ node: string; map: string; list: string; scalar: string }>((tie) => ({
  scalar: fc.oneof(
    plain.filter((one) => !/[,[\]{}?:#-]/.test(one)),
    mostly(
      fc.constantFrom('"a, b"', "'x'", '"0400"', '&a x', '*m', '!!str 1', '-', '"a\n b"', '"a\nb"', 'a\n b', 'a\nb'),
      fc.constantFrom(...TRICKY, '', '*a', '"a":b', 'x # c\n', '- a', '? a'),
    ),
  ),
  map: fc
    .record({
      items: fc.array(
        fc.record({
          key,
          colon: mostly(fc.constantFrom(': ', ': ', ' : ', ':  '), fc.constantFrom(':', ':\n', ' :\n', '')),
          value: tie('node'),
        }),
        { maxLength: 3 },
      ),
      gap: mostly(fc.constantFrom('', ' ', '\n   ', '\n'), fc.constantFrom(' # c\n', '\t', '\n\t')),
      end: fc.constantFrom('', '', ','),
    })
    .map(
      ({ items, gap, end }) =>
        `{${gap}${items.map(({ key: name, colon, value }) => name + colon + value).join(`,${gap || ' '}`)}${end}${gap}}`,
    ),
  list: fc
    .record({
      items: fc.array(
        mostly(
          tie('node'),
          fc.tuple(key, tie('node')).map(([name, value]) => `${name}: ${value}`),
        ),
        { maxLength: 3 },
      ),
      gap: mostly(fc.constantFrom('', ' ', '\n    ', '\n'), fc.constantFrom(' # c\n', '\t')),
      end: fc.constantFrom('', '', ','),
    })
    .map(({ items, gap, end }) => `[${gap}${items.join(`,${gap || ' '}`)}${items.length === 0 ? '' : end}${gap}]`),
  node: fc.oneof({ depthSize: 'small', withCrossShrink: true }, tie('scalar'), tie('map'), tie('list')),
}));
const flowNode = fc
  .record({
    properties: mostly(fc.constantFrom('', '', '&a ', '&b '), fc.constantFrom('!!map ', '!!str ')),
    node: fc.oneof(flow.map, flow.list),
    lineEnd,
  })
  .map(
    ({ properties: front, node, lineEnd: end }): Written =>
      () =>
        ` ${front}${node}${end}`,
  );

const block = fc.letrec<{ node: Written; map: Written; list: Written }>((tie) => ({
  map: fc
    .record({
      entries: fc.array(fc.record({ key, value: tie('node'), before: fc.constantFrom('', '', '', '\n', '# note\n') }), {
        minLength: 1,
        maxLength: 4,
      }),
      properties: mostly(
        fc.constantFrom('', '', '', ' &a', ' &b', ' # note'),
        fc.constantFrom(' !!map', ' !!str', ' '),
      ),
      merge: fc.option(
        mostly(
          fc.constantFrom('<<: *m\n', '<<: [*m, *n]\n', '<<: {x: 1}\n', '"<<": *m\n'),
          fc.constantFrom('<<: *a\n', '<<: 1\n', '<<: [*m, 1]\n'),
        ),
        { freq: 6, nil: '' },
      ),
      by: fc.integer({ min: 1, max: 4 }),
    })
    .map(
      ({ entries, properties: front, merge, by }): Written =>
        (indent) => {
          const at = indent + by;
          const all = entries.map(({ key: name, value, before }) => `${before}${pad(at)}${name}:${value(at)}`).join('');
          return `${front}\n${merge === '' ? '' : pad(at) + merge}${all}`;
        },
    ),
  list: fc
    .record({
      items: fc.array(tie('node'), { minLength: 1, maxLength: 3 }),
      properties: fc.constantFrom('', '', '', ' &a', ' # note'),
      by: fc.integer({ min: 0, max: 2 }),
      isCompact: fc.boolean(),
    })
    .map(
      ({ items, properties: front, by, isCompact }): Written =>
        (indent) => {
          const at = Math.max(0, indent + by);
          const all = items.map((item) => {
            const text = item(at);
            // A map may begin beside its dash.
            const beside = new RegExp(`^\\n( {${at + 2}})(?=\\S)`).exec(text);
            return `${pad(at)}-${isCompact && beside !== null ? ` ${text.slice(beside[0].length)}` : text}`;
          });
          return `${front}\n${all.join('')}`;
        },
    ),
  node: fc.oneof(
    { depthSize: 'medium', withCrossShrink: true },
    { arbitrary: plainScalar, weight: 6 },
    { arbitrary: quoted, weight: 3 },
    { arbitrary: multiLinePlain, weight: 1 },
    { arbitrary: blockScalar, weight: 2 },
    { arbitrary: nothing, weight: 1 },
    { arbitrary: alias, weight: 1 },
    { arbitrary: flowNode, weight: 2 },
    { arbitrary: tie('map'), weight: 6 },
    { arbitrary: tie('list'), weight: 4 },
  ),
}));

/** Gives the anchors `m` and `n` before all that names them. */
const withAnchors = (text: string) => {
  const [, indent = ''] = /^(?:[^\n]*\n)*?( *)[^\s#]/.exec(text) ?? [];
  return /\*[mn]/.test(text) ? `${indent}anchors: [&m {m1: 1, xx: 0400}, &n {n1: yes, xx: 2}]\n${text}` : text;
};
const document = mostly(
  block.map.map((node) => withAnchors(node(-1).replace(/^[^\n]*\n/, ''))),
  block.node.map((node) => node(0)),
);

/** Texts of YAML, of one or several documents, as people and generators write them and as they do not. */
export const writtenYaml = fc
  .record({
    documents: fc.array(document, { minLength: 1, maxLength: 3 }),
    separator: fc.constantFrom('---\n', '---\n', '--- # note\n', '...\n---\n', '---\n---\n', '# note\n---\n', '--- \n'),
    start: fc.constantFrom('', '', '---\n', '# note\n', '\n', '\uFEFF'),
    ends: fc.constantFrom('\n', '\n', '\n', '\r\n'),
  })
  .map(({ documents, separator, start, ends }) => (start + documents.join(separator)).replaceAll('\n', ends));
