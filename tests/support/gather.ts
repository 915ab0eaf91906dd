/**
 * Reads everything that comes, into a list.
 *
 * @param items what comes one after the other
 */
export async function gather<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}
