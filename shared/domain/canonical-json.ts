import { createHash } from "node:crypto";

/**
 * JSON with the names of each object in order, so that equal values have equal texts.
 *
 * @param value what JSON can say
 */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) =>
    typeof part === "object" && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}

/**
 * The hash by which a proposal is named: SHA-256 over the act and its request.
 *
 * @param act the act's name
 * @param request its request
 * @returns hexadecimal digits
 */
export function requestHash(act: string, request: unknown): string {
  return createHash("sha256").update(canonicalJson({ act, request })).digest("hex");
}
