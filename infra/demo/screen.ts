import { execFileSync } from 'node:child_process';
import { styleText } from 'node:util';
import { printable } from '../../shared/printable.ts';
import { type Line, PushBook } from './push-book.ts';

type Style = Parameters<typeof styleText>[0];

export interface Screen {
  /** A line of a log; what is of no interest to somebody who looks on is left out. */
  show(line: string): void;
  /** Words of the demo itself. */
  say(text: string): void;
}

export interface ScreenOptions {
  readonly print: (text: string) => void;
  /** The bare repository, for the commits' diffs. */
  readonly repository: string;
  readonly colours: boolean;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

interface View {
  readonly style: Style;
  readonly text: (line: Line) => string;
}

/** What is shown of each kind of line, by its message. */
const VIEWS: Readonly<Record<string, View>> = {
  'push ignored': { style: 'dim', text: (line) => `ignored: ${line['reason']}` },
  'push refused': { style: 'red', text: (line) => `refused: ${line['error'] ?? ''}` },
  'image not used': { style: 'dim', text: (line) => `nothing to do: ${line['reason']}` },
  'image kept': { style: 'dim', text: (line) => `kept: ${line['reason']}` },
  'policy refused': { style: 'red', text: (line) => `${line['object']}: ${line['reason']}` },
  'manifest skipped': { style: 'yellow', text: (line) => `skipped: ${line['error'] ?? ''}` },
  'file passed over': { style: 'yellow', text: (line) => `passed over ${line['file']}: ${line['reason']}` },
  'update decided': { style: 'cyan', text: (line) => `${line['object']}: ${line['reason']}` },
  'update dropped': { style: 'dim', text: (line) => `nothing to commit: ${line['reason']}` },
  'image committed': { style: 'green', text: (line) => `commit ${short(line['commit'])}` },
  'revision found': { style: 'dim', text: (line) => `pulled ${short(line['revision'])}` },
  'object created': { style: 'cyan', text: (line) => `${line['object']} created` },
  'object configured': { style: 'cyan', text: (line) => `${line['object']} configured` },
  'object pruned': { style: 'cyan', text: (line) => `${line['object']} pruned` },
  'object failed': { style: 'red', text: (line) => `${line['object']}: ${line['reason']}` },
  'manifest not read': { style: 'red', text: (line) => `${line['object']}: ${line['reason']}` },
  'marker moved': { style: 'dim', text: (line) => `tag ${line['tag']} stands on ${short(line['revision'])}` },
  'revision healthy': { style: 'green', text: (line) => `rolled out ${short(line['revision'])}` },
  'revision not healthy': { style: 'red', text: (line) => `not healthy: ${line['problems'] ?? ''}` },
  'revision not applied': { style: 'red', text: (line) => line['error'] ?? '' },
  'revision applied': { style: 'dim', text: (line) => `told of ${short(line['revision'])} by ${line['cluster']}` },
};

/** Shows log lines to a person: who did what, so long after the push. */
export function createScreen({ print, repository, colours, now }: ScreenOptions): Screen {
  const paint = (style: Style, text: string) => (colours ? styleText(style, text, { validateStream: false }) : text);
  const book = new PushBook(now);
  const show = (line: Line) => {
    if (line['message'] === 'push received') {
      book.receive(line);
    }
    const push = book.pushOf(line);
    const view = VIEWS[line['message'] ?? ''];
    if (push !== undefined && push !== book.shown && (view !== undefined || line['message'] === 'push received')) {
      print(`\n${paint('bold', `● ${push.image} ${book.hasShown(push) ? 'goes on' : 'is pushed'}`)}`);
      book.show(push);
    }
    if (view !== undefined) {
      const since = push === undefined ? '' : `+${now() - push.at} ms`;
      const who = (line['service'] ?? '').padEnd(16);
      print(`${since.padStart(10)}  ${paint('bold', who)} ${paint(view.style, view.text(line))}`);
    }
    if (line['message'] === 'image committed') {
      for (const [style, text] of diffOf(repository, line['commit'] ?? '')) {
        print(`${' '.repeat(29)}${paint(style, printable(text))}`);
      }
    }
  };
  return {
    show(text) {
      const line = parse(text);
      if (line === undefined) {
        print(printable(text));
      } else {
        show(line);
      }
    },
    say: (text) => print(text),
  };
}

/** The changed lines of a commit, and the file they are in. */
function diffOf(repository: string, commit: string): readonly (readonly [Style, string])[] {
  const diff = execFileSync('git', ['-C', repository, 'show', '--format=', '--unified=0', commit], {
    encoding: 'utf8',
  });
  return diff.split('\n').flatMap((line): readonly (readonly [Style, string])[] => {
    if (line.startsWith('+++ b/')) {
      return [['bold', line.slice('+++ b/'.length)]];
    }
    if (/^(---|\+\+\+)/.test(line) || !/^[+-]/.test(line)) {
      return [];
    }
    return [[line.startsWith('+') ? 'green' : 'red', line]];
  });
}

function short(revision = ''): string {
  return revision.slice(0, 7);
}

function parse(text: string): Line | undefined {
  try {
    const fields: unknown = JSON.parse(text);
    return typeof fields === 'object' && fields !== null
      ? Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, printable(textOf(value))]))
      : undefined;
  } catch {
    return undefined;
  }
}

function textOf(value: unknown): string {
  if (typeof value === 'object' && value !== null && 'message' in value) {
    return String(value.message);
  }
  return Array.isArray(value) ? value.join('; ') : String(value);
}
