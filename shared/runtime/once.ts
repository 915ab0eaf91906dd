/**
 * Builds something on first use and keeps it. A cold start builds it, and later events of the same execution
 * environment reuse it. After a failure, the next event tries again.
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
