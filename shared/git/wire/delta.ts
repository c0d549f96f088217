/**
 * Makes an object from its base and a delta.
 *
 * @see https://git-scm.com/docs/gitformat-pack#_deltified_representation
 * @throws Error where the delta does not fit
 */
export function applyDelta(base: Buffer, delta: Buffer): Buffer {
  let at = 0;
  const byte = () => {
    const value = delta[at];
    if (value === undefined) {
      throw new Error('a delta that is cut short');
    }
    at += 1;
    return value;
  };
  const size = () => {
    let bytes = 0;
    for (let scale = 1; ; scale *= 128) {
      const value = byte();
      bytes += (value & 127) * scale;
      if (value < 128) {
        return bytes;
      }
    }
  };
  /** A little-endian number of which only the bytes that are not 0 are there. */
  const sparse = (flags: number, bytes: number) => {
    let value = 0;
    for (let index = 0; index < bytes; index += 1) {
      if ((flags >> index) & 1) {
        value += byte() * 256 ** index;
      }
    }
    return value;
  };

  const isOfBase = size() === base.length;
  const length = size();
  const parts: Buffer[] = [];
  let bytes = 0;
  while (at < delta.length) {
    const command = byte();
    const isCopy = command >= 128;
    const offset = isCopy ? sparse(command, 4) : at;
    const count = isCopy ? sparse(command >> 4, 3) & 0xffffff || 0x10000 : command;
    const part = (isCopy ? base : delta).subarray(offset, offset + count);
    at += isCopy ? 0 : count;
    if (count === 0 || part.length !== count || bytes + count > length) {
      throw new Error('a delta that does not fit');
    }
    bytes += count;
    parts.push(part);
  }
  if (!isOfBase || bytes !== length) {
    throw new Error('a delta that does not fit');
  }
  return Buffer.concat(parts, length);
}
