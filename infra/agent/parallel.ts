/**
 * Does work for each item, a few at once; results in the order of the items. After a fault nothing new is begun, and
 * it is thrown when what was begun has ended.
 */
export async function inParallel<T, R>(
  items: readonly T[],
  atOnce: number,
  work: (item: T) => Promise<R>,
): Promise<readonly R[]> {
  const results: R[] = [];
  const faults: unknown[] = [];
  const queue = items.entries();
  const workers = Array.from({ length: Math.min(atOnce, items.length) }, async () => {
    for (const [index, item] of queue) {
      try {
        results[index] = await work(item);
      } catch (error) {
        faults.push(error);
      }
      if (faults.length > 0) {
        return;
      }
    }
  });
  await Promise.all(workers);
  if (faults.length > 0) {
    throw faults[0];
  }
  return results;
}
