/** What a `[…]` is: a `]` right at its start is one of its characters, and so are named classes within it. */
const CLASS = /\[\^?\]?(?:\[:\^?\w+:\]|\\[\s\S]|[^\]\\])*\]/y;
const REPEAT = /\{(?<least>\d+)(?<range>,(?<most>\d*))?\}/y;

/**
 * How many steps a regular expression has at most once its repetitions are written out: `(a?){1000}` has some 4,000. It
 * is counted without compiling it, which is what would take the time and the memory.
 */
export function patternSize(pattern: string): number {
  /** Of the groups that are open: what stands in each before its last part. */
  const before: number[] = [];
  let sum = 0;
  let last = 0;
  const add = (size: number) => {
    sum += last;
    last = size;
  };
  for (let at = 0; at < pattern.length; ) {
    const character = pattern[at] ?? '';
    const repeat = matchAt(REPEAT, pattern, at);
    const whole = character === '[' ? matchAt(CLASS, pattern, at)?.[0] : undefined;
    if (repeat !== undefined) {
      last = repeated(last, repeat);
    } else if (character === '(') {
      before.push(sum + last);
      [sum, last] = [0, 0];
    } else if (character === ')') {
      // Its two ends are steps too.
      [sum, last] = [before.pop() ?? 0, sum + last + 2];
    } else if (character === '*' || character === '+' || character === '?') {
      last += 1;
    } else {
      add(1);
    }
    at += repeat?.[0].length ?? whole?.length ?? (character === '\\' ? 2 : 1);
  }
  return before.reduce((total, size) => total + size, sum + last);
}

function matchAt(expression: RegExp, text: string, at: number): RegExpExecArray | undefined {
  expression.lastIndex = at;
  return expression.exec(text) ?? undefined;
}

/** `{2,}` is two and a loop; `{2,5}` two, and three that may be passed over. */
function repeated(size: number, { groups = {} }: RegExpExecArray): number {
  const least = Number(groups['least']);
  const isOpen = groups['range'] !== undefined && !groups['most'];
  const most = isOpen ? least + 1 : Number(groups['most'] ?? least);
  return size * Math.max(1, most) + Math.max(0, most - least);
}
