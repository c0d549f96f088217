/**
 * Flux v1's globs: `*` stands for any text, also none; everything else for itself. The pieces between the stars are
 * looked for from left to right, each at the first place it is found at: what comes after has the most room then, so that
 * nothing is tried twice.
 */
export function wildcardTest(pattern: string): (text: string) => boolean {
  const [first = '', ...others] = pattern.split('*');
  const last = others.pop();
  if (last === undefined) {
    return (text) => text === pattern;
  }
  const middle = others.filter((piece) => piece !== '');
  const least = first.length + last.length;
  return (text) => {
    if (text.length < least || !text.startsWith(first) || !text.endsWith(last)) {
      return false;
    }
    let at = first.length;
    for (const piece of middle) {
      const found = text.indexOf(piece, at);
      if (found === -1) {
        return false;
      }
      at = found + piece.length;
    }
    return at + last.length <= text.length;
  };
}
