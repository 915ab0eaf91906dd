/**
 * The code of an error of the operating system, such as `ENOENT`.
 *
 * @param error what was thrown
 * @returns undefined for what has no code
 */
export function errorCode(error: unknown): unknown {
  return error instanceof Error && "code" in error ? error.code : undefined;
}
