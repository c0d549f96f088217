const KIBIBYTE = 1024;

/**
 * The words that go before a command so that it, and each process that it starts, gets no more memory than that to
 * write to (RLIMIT_DATA). The shell is replaced by the command; where memory cannot be limited it ends with a complaint.
 *
 * @param shell the path of one
 * @param name what the shell calls itself where it has something to say
 */
export function underMemoryLimit(shell: string, bytes: number, name: string): readonly string[] {
  return [shell, '-c', limitsScript(Math.ceil(bytes / KIBIBYTE)), name];
}

/** A limit that is lower already will do. */
function limitsScript(kibibytes: number): string {
  return [
    'ulimit -c 0',
    `ulimit -d ${kibibytes} 2>/dev/null || [ "$(ulimit -H -d)" -le ${kibibytes} ] 2>/dev/null ||`,
    '{ echo "its memory cannot be limited here" >&2; exit 1; }',
    'exec "$@"',
  ].join('\n');
}
