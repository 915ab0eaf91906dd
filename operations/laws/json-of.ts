/**
 * Reads what a function has answered.
 *
 * @param bytes the payload
 * @returns undefined when it is not JSON
 */
export function jsonOf(bytes: Uint8Array | undefined): unknown {
  try {
    return JSON.parse(Buffer.from(bytes ?? []).toString("utf8"));
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
