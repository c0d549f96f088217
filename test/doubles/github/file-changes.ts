import { type Host, repositoryUrl } from './api.ts';
import type { Repository } from './repository.ts';

const STATUSES: Readonly<Record<string, string>> = {
  A: 'added',
  D: 'removed',
  M: 'modified',
  R: 'renamed',
  C: 'copied',
  T: 'changed',
};

interface Change {
  readonly status: string;
  /** The blob: of what is gone, as it was. */
  readonly sha: string;
  readonly path: string;
  readonly previous: string | undefined;
}

/** The files that differ between two commits, as `diff-entry` has them, with renames found. */
export async function changedFiles(host: Host, repository: Repository, from: string, to: string): Promise<unknown[]> {
  const { git } = repository;
  const [raw, numbers] = await Promise.all([
    git.run(['diff-tree', '-r', '-z', '-M', '--raw', '--no-abbrev', from, to]),
    git.run(['diff-tree', '-r', '-z', '-M', '--numstat', from, to]),
  ]);
  const counts = countsOf(numbers.toString('utf8'));
  const url = repositoryUrl(host, repository);
  const web = `${host.web}/acme/${repository.name}`;
  return changesOf(raw.toString('utf8')).map(({ status, sha, path, previous }) => {
    const encoded = path.split('/').map(encodeURIComponent).join('/');
    const { additions = 0, deletions = 0 } = counts.get(path) ?? {};
    return {
      sha,
      filename: path,
      status,
      additions,
      deletions,
      changes: additions + deletions,
      blob_url: `${web}/blob/${to}/${encoded}`,
      raw_url: `${web}/raw/${to}/${encoded}`,
      contents_url: `${url}/contents/${encoded}?ref=${to}`,
      // Left out by JSON where undefined.
      previous_filename: previous,
    };
  });
}

/** `:MODE MODE SHA SHA STATUS NUL PATH NUL [PATH NUL]` */
function changesOf(raw: string): readonly Change[] {
  const fields = raw.split('\0');
  const changes: Change[] = [];
  for (let at = 0; fields[at]?.startsWith(':') === true; ) {
    const [, , before = '', after = '', letter = 'M'] = (fields[at] ?? '').split(' ');
    const isMoved = letter.startsWith('R') || letter.startsWith('C');
    changes.push({
      status: STATUSES[letter.charAt(0)] ?? 'changed',
      sha: letter === 'D' ? before : after,
      path: fields[at + (isMoved ? 2 : 1)] ?? '',
      previous: isMoved ? fields[at + 1] : undefined,
    });
    at += isMoved ? 3 : 2;
  }
  return changes;
}

/** `ADDED TAB DELETED TAB PATH NUL`, or `ADDED TAB DELETED TAB NUL OLD NUL NEW NUL`; `-` for what is binary. */
function countsOf(numbers: string): ReadonlyMap<string, { readonly additions: number; readonly deletions: number }> {
  const fields = numbers.split('\0');
  const counts = new Map<string, { readonly additions: number; readonly deletions: number }>();
  for (let at = 0; at < fields.length - 1; ) {
    const [added = '', deleted = '', ...path] = (fields[at] ?? '').split('\t');
    const isMoved = path.join('\t') === '';
    const name = isMoved ? (fields[at + 2] ?? '') : path.join('\t');
    counts.set(name, { additions: Number(added) || 0, deletions: Number(deleted) || 0 });
    at += isMoved ? 3 : 1;
  }
  return counts;
}
