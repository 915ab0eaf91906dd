/**
 * Builds something on first use and keeps it: what a cold start makes and later events of the same execution
 * environment use again. A build that failed is tried again by the next event.
 *
 * @param build makes it
 */
export function once<T>(build: () => Promise<T>): () => Promise<T> {
  let built: Promise<T> | undefined;
  return () => {
    built ??= build().catch((error: unknown) => {
      built = undefined;
      throw error;
    });
    return built;
  };
}
