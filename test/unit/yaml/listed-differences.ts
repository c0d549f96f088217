/** How two readers of one text came apart. */
export type Difference =
  | { readonly kind: 'refused here'; readonly reason: string; readonly text: string; readonly answer: KubernetesAnswer }
  | { readonly kind: 'refused there'; readonly reason: string; readonly text: string }
  | { readonly kind: 'other value'; readonly text: string };

/** What Kubernetes' reader makes of the documents of a text. */
export interface KubernetesAnswer {
  readonly documents: readonly {
    readonly json?: unknown;
    readonly error?: string;
    readonly strict?: string;
    readonly rest?: boolean;
  }[];
}

/** A difference that is meant. */
export interface Listed {
  readonly name: string;
  readonly why: string;
  /** The least text that shows it. */
  readonly example: string;
  readonly is: (difference: Difference) => boolean;
}

const refusedHere =
  (reason: RegExp, also: (answer: KubernetesAnswer, text: string) => boolean = () => true) =>
  (one: Difference) =>
    one.kind === 'refused here' && reason.test(one.reason) && also(one.answer, one.text);
const refusedThere =
  (reason: RegExp, text = /^/) =>
  (one: Difference) =>
    one.kind === 'refused there' && reason.test(one.reason) && text.test(one.text);

/**
 * All differences between our reader and Kubernetes'. Those of values are none that an object could have: what the two
 * might read as two values is refused here.
 */
export const LISTED: readonly Listed[] = [
  {
    name: 'a key stands twice',
    why: 'Kubernetes takes the last, or either where it is written in two ways: nobody can say which was meant',
    example: 'a: 1\na: 2\n',
    is: refusedHere(/^the key .* stands twice$/),
  },
  {
    name: 'a key stands twice, and its first value could not be',
    why: 'go-yaml forgets the first value before it is looked at',
    example: 'a: .inf\na: 1\n',
    is: refusedHere(/^expected (a number that JSON has|text, a number or a truth value as a key)/, ({ documents }) =>
      documents.some(({ strict = '' }) => strict.includes('already set in map')),
    ),
  },
  {
    name: 'more follows the value of a document',
    why: 'go-yaml reads no further and drops the rest',
    example: ' a: 1\nb\n',
    is: refusedHere(/^/, ({ documents }) => documents.some(({ rest }) => rest === true)),
  },
  {
    name: 'a second document follows `...`',
    why: 'go-yaml reads no further and drops it',
    example: 'a: 1\n...\nb: 2\n',
    is: (one) => one.kind === 'other value' && /^\.\.\./m.test(one.text),
  },
  {
    name: 'a comment begins right behind a value',
    why: 'the package yaml holds to YAML 1.2: a comment needs a space before it',
    example: 'a: "b"#c\n',
    is: refusedHere(/^Comments must be separated/),
  },
  {
    name: 'a comment begins right behind ---',
    why: 'kubectl splits documents there, and YAML does not',
    example: 'a: 1\n---# b\nc: 1\n',
    is: refusedHere(/^/, (_, text) => /^---#/m.test(text)),
  },
  {
    name: "an escaped '",
    why: 'no escape of YAML',
    example: 'a: "\\\'"\n',
    is: refusedHere(/^Invalid escape sequence \\'$/),
  },
  {
    name: 'a blank line follows an escaped end of line',
    why: 'the package yaml drops the line end that the blank line stands for',
    example: 'a: "b \\\n\n  c"\n',
    is: refusedHere(/^expected text after an escaped end of line/),
  },
  {
    name: 'a tag has a bracket or brace',
    why: 'YAML 1.2 forbids it',
    example: 'a: !]\nb: 1\n',
    is: refusedHere(/^Unexpected flow-(seq|map)-(start|end) token/, (_, text) => /!\S*[[\]{}]/.test(text)),
  },
  {
    name: 'a tag ends with an odd character',
    why: 'the package yaml holds to the characters of YAML 1.2',
    example: "a: !'?,\n",
    is: refusedHere(/^Tags and anchors must be separated/),
  },
  {
    name: 'a block scalar begins with blank lines that are deeper than its text',
    why: 'YAML forbids it; go-yaml takes it where no text follows',
    example: 'a: |\n   \n # b\n',
    is: refusedHere(/^Block scalars with more-indented leading empty lines/),
  },
  {
    name: 'a block scalar with an indentation indicator holds blanks alone',
    why: 'the package yaml makes nothing of what go-yaml makes blanks of',
    example: 'a: |1\n   \n',
    is: refusedHere(/found blanks alone$/),
  },
  {
    name: 'a text in brackets begins with ? or :',
    why: 'an indicator for go-yaml, a part of the text in YAML 1.2',
    example: 'a: [?x]\n',
    is: refusedHere(/begins with an indicator of YAML/),
  },
  {
    name: 'a colon stands right before a comma, bracket or brace',
    why: 'a part of the key for go-yaml, its end in YAML 1.2',
    example: 'a: {x:,y: 1}\n',
    is: refusedHere(/^expected a space after /),
  },
  {
    name: 'a value in braces is - or ends with a colon',
    why: 'text for go-yaml, the mark of a list or a map for the package yaml',
    example: 'a: {b: -}\n',
    is: refusedHere(/^Block collections are not allowed within flow collections/),
  },
  {
    name: 'a tag has no value within brackets',
    why: 'a comma behind it belongs to the tag for go-yaml, and ends it in YAML 1.2',
    example: 'a: [!b, c]\n',
    is: refusedHere(/^expected a value after a tag within/),
  },
  {
    name: '!!binary is no text',
    why: 'Kubernetes replaces its bytes by U+FFFD',
    example: 'a: !!binary /w==\n',
    is: refusedHere(/ is no !!binary$/),
  },
  {
    name: 'a tab is in the way of libyaml',
    why: 'YAML 1.2 allows it where it does not indent',
    example: 'a:\n- \tb\n',
    is: refusedThere(/tab character|cannot start any token/, /\t/),
  },
  {
    name: 'a tab begins a block scalar',
    why: 'YAML 1.2 allows it in the text',
    example: 'a: |\n  \tb\n',
    is: refusedThere(/tab character where an indentation space is expected/),
  },
  {
    name: '"\\/" and pairs of surrogates',
    why: 'JSON has them, and Kubernetes reads JSON by another reader',
    example: 'a: "\\/ \\ud83d\\ude42"\n',
    is: refusedThere(/unknown escape character|invalid Unicode character escape/),
  },
  {
    name: 'an anchor has other characters than letters, digits, _ and -',
    why: 'YAML allows them',
    example: 'a: &b.c 1\nd: *b.c\n',
    is: refusedThere(/did not find expected alphabetic or numeric character/),
  },
  {
    name: 'an anchor has other characters, and a key follows',
    why: 'YAML allows them',
    example: 'a: &b?c\n  d: 1\n',
    is: refusedThere(/mapping (values|keys) are not allowed in this context|cannot start any token/, /&[\w-]*[^\w\s-]/),
  },
  {
    name: 'a ? or : within a text in brackets, a key on several lines in braces',
    why: 'YAML 1.2 takes it for text',
    example: 'a: [http://b?c=1]\n',
    is: refusedThere(/did not find expected (',' or|node content)/, /[[{]/),
  },
  {
    name: 'a tag stands right before a quote',
    why: 'the package yaml takes ! by itself for a tag',
    example: 'a: [!"b", c]\n',
    is: refusedThere(/did not find expected whitespace or line break/),
  },
  {
    name: 'a value stands beside ---',
    why: 'YAML allows it; kubectl does not',
    example: '--- {a: 1}\n',
    is: refusedThere(/invalid Yaml document separator/),
  },
  {
    name: 'a directive',
    why: 'kubectl splits documents before it looks for directives',
    example: '%YAML 1.1\n---\na: 1\n',
    is: refusedThere(/did not find expected <document start>|incompatible YAML document/, /^%/m),
  },
  {
    name: 'a block scalar is the whole document',
    why: 'YAML 1.2 lets its text begin at the margin; it is no object either way',
    example: '|\n\n# b\n',
    is: (one) =>
      one.kind === 'other value' && /^(--- ?)?[ \t]*(![^\s]* |&\w* )*[|>][-+\d]*[ \t]*(#.*)?\r?$/m.test(one.text),
  },
];
