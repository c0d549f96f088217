/** Shorter values are not masked: as parts of words they stand everywhere, and they guard nothing. */
export const SHORTEST_SECRET = 4;

/** Of a value of several lines, those so long are secret by themselves too: of a private key, say. */
const SHORTEST_LINE = 16;
/** Longer values are masked in pieces, which overlap. */
const PIECE = 512;
const OVERLAP = 16;
/** What YAML and Kubernetes write by themselves in almost every message. In any case of letters. */
const COMMON_WORDS: ReadonlySet<string> = new Set([
  'true',
  'false',
  'null',
  'none',
  'default',
  'localhost',
  'http',
  'https',
]);

/**
 * All texts by which a secret value may be told: as it is, without the white space around it or on one line, each of
 * its longer lines; escaped for JSON (once and in another JSON, as Go does too), for YAML, for a URL; and its base64,
 * of both alphabets, also where it begins or ends amid another text.
 *
 * Empty for a value below {@link SHORTEST_SECRET} characters, and for one of a few words like `true`.
 */
export function formsOf(value: string): ReadonlySet<string> {
  const lines = value.split(/\r?\n/).map((line) => line.trim());
  const own = [value, value.trim(), value.trim().replaceAll(/\s+/g, ' ')];
  const texts = new Set([...own, ...lines.filter((line) => line.length >= SHORTEST_LINE)]);
  const pieces = new Set([...texts].filter(isWorthMasking).flatMap(piecesOf));
  const forms = [...pieces].flatMap(encodingsOf);
  return new Set(forms.filter(isWorthMasking));
}

function isWorthMasking(text: string): boolean {
  return text.trim().length >= SHORTEST_SECRET && !COMMON_WORDS.has(text.toLowerCase());
}

function piecesOf(text: string): readonly string[] {
  if (text.length <= PIECE) {
    return [text];
  }
  const pieces: string[] = [];
  for (let at = 0; at < text.length - OVERLAP; at += PIECE - OVERLAP) {
    pieces.push(text.slice(at, at + PIECE));
  }
  return pieces;
}

/** These are written alike in JSON, YAML and URLs. */
const UNESCAPED = /^[\w.~-]*$/;

function encodingsOf(text: string): readonly string[] {
  return UNESCAPED.test(text) ? [text, ...base64Of(Buffer.from(text))] : escapedAndEncoded(text);
}

function escapedAndEncoded(text: string): readonly string[] {
  const url = encodeURIComponent(text.toWellFormed());
  return [
    text,
    inJson(text),
    inJson(inJson(text)),
    asGoDoes(inJson(text)),
    text.replaceAll("'", "''"),
    url,
    url.replaceAll('%20', '+'),
    url.replaceAll(/%[0-9A-F]{2}/g, (code) => code.toLowerCase()),
    ...base64Of(Buffer.from(text)),
  ];
}

function inJson(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}

/** https://pkg.go.dev/encoding/json#Marshal */
function asGoDoes(json: string): string {
  return json.replaceAll(/[<>&]/g, (sign) => `\\u00${sign.charCodeAt(0).toString(16)}`);
}

/** Whole, and what of it is the same wherever it stands in what is encoded: three alignments, without what its neighbours change. */
function base64Of(bytes: Buffer): readonly string[] {
  const inside = [0, 1, 2].map((before) => {
    const text = Buffer.concat([Buffer.alloc(before), bytes]).toString('base64');
    return text.slice(Math.ceil((before * 8) / 6), Math.floor(((before + bytes.length) * 8) / 6));
  });
  const whole = bytes.toString('base64');
  const forms = [whole, whole.replace(/=+$/, ''), ...inside];
  return [...forms, ...forms.map((form) => form.replaceAll('+', '-').replaceAll('/', '_'))];
}
