import { keyOf } from '../manifest.ts';
import { fromLine, type InventoryEntry, toLine } from './entry.ts';

/** An inventory's texts hold so much each; a ConfigMap takes 1 MiB: https://kubernetes.io/docs/concepts/configuration/configmap/ */
const MAX_CHARACTERS = 400 * 1024;

/**
 * Lays entries out in texts of bounded size. An entry stays in the text that it stands in, and a new one goes where
 * there is room: so each text can be written by itself, in any order, and none is missing at any moment.
 *
 * @param before the texts as they are now
 */
export function layOut(before: readonly string[], entries: readonly InventoryEntry[]): readonly string[] {
  const homes = new Map(before.flatMap((text, index) => linesOf([text]).map(({ id }) => [keyOf(id), index] as const)));
  const shards: { readonly lines: string[]; characters: number }[] = Array.from(
    { length: Math.max(before.length, 1) },
    () => ({ lines: [], characters: 0 }),
  );
  const put = (index: number, line: string) => {
    shards[index] ??= { lines: [], characters: 0 };
    shards[index].lines.push(line);
    shards[index].characters += line.length + 1;
  };
  const unique = [...new Map(entries.map((entry) => [keyOf(entry.id), entry])).values()];
  const [old, fresh] = [true, false].map((isOld) => unique.filter(({ id }) => homes.has(keyOf(id)) === isOld));
  for (const entry of old ?? []) {
    put(homes.get(keyOf(entry.id)) ?? 0, toLine(entry));
  }
  for (const entry of fresh ?? []) {
    const line = toLine(entry);
    const room = shards.findIndex(({ characters }) => characters + line.length < MAX_CHARACTERS);
    put(room === -1 ? shards.length : room, line);
  }
  return shards.map(({ lines }) => lines.toSorted().join('\n'));
}

/** The entries of such texts. Where an object stands in two, nothing is taken for granted of how it was applied or stands. */
export function linesOf(texts: readonly string[]): readonly InventoryEntry[] {
  const entries = new Map<string, InventoryEntry>();
  for (const line of texts.flatMap((text) => text.split('\n').filter(Boolean))) {
    const entry = fromLine(line);
    const key = keyOf(entry.id);
    const other = entries.get(key);
    entries.set(key, other === undefined ? entry : { id: entry.id, standing: commonStanding(entry, other) });
  }
  return [...entries.values()];
}

/** What is not known to have stood has not. */
function commonStanding({ standing }: InventoryEntry, other: InventoryEntry): InventoryEntry['standing'] {
  return standing === other.standing ? standing : 'new';
}
