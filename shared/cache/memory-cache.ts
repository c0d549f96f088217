import type { Cache } from './port.ts';

const MAX_ENTRIES = 10_000;

/**
 * A cache that lives as long as its process.
 *
 * @param now milliseconds since the epoch
 */
export function memoryCache(now: () => number = Date.now): Cache {
  const entries = new Map<string, { readonly text: string; readonly until: number }>();
  const get = (key: string): unknown => {
    const entry = entries.get(key);
    return entry !== undefined && entry.until > now() ? JSON.parse(entry.text) : undefined;
  };
  const set = (key: string, value: unknown, ttlSeconds: number) => {
    entries.delete(key);
    // As text: what is changed afterwards is not changed here.
    entries.set(key, { text: JSON.stringify(value), until: now() + ttlSeconds * 1000 });
    const [oldest] = entries.keys();
    if (entries.size > MAX_ENTRIES && oldest !== undefined) {
      entries.delete(oldest);
    }
  };
  return {
    get: async (key) => get(key),
    set: async (key, value, ttlSeconds) => set(key, value, ttlSeconds),
    update: async (key, change, ttlSeconds) => set(key, change(get(key)), ttlSeconds),
  };
}
