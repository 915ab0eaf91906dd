import type { VotePromise } from "../../client/index.ts";

const FORMS = {
  request_id: /^[A-Za-z0-9_-]{20,400}$/,
  log_origin: /^[!-~]{1,255}$/,
  key_id: /^[0-9a-f]{16}$/,
  public_key: /^[\w-]{43}$/,
  envelope_sha256: /^[0-9a-f]{64}$/,
  signature: /^[\w-]{86}$/,
} as const;

/**
 * Reads a promise that a tab or a file has kept.
 *
 * @param kept JSON
 * @param requestId of the receipt that it has to belong to
 * @returns undefined when it is none
 */
export function promiseIn(kept: string | undefined, requestId: string): VotePromise | undefined {
  if (kept === undefined) return undefined;
  try {
    return promiseOf(JSON.parse(kept), requestId);
  } catch {
    return undefined; // Not JSON.
  }
}

/** The same of parsed JSON. */
export function promiseOf(value: unknown, requestId: string): VotePromise | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const members: Readonly<Record<string, unknown>> = { ...value };
  const text = (name: keyof typeof FORMS) => {
    const member = members[name];
    return typeof member === "string" && FORMS[name].test(member) ? member : undefined;
  };
  const [log_origin, key_id, public_key, signature] = [
    ...[text("log_origin"), text("key_id"), text("public_key"), text("signature")],
  ];
  if (log_origin === undefined || key_id === undefined || public_key === undefined || signature === undefined) {
    return undefined;
  }
  const envelope = text("envelope_sha256");
  if (text("request_id") !== requestId || (envelope === undefined) !== (members["envelope_sha256"] === undefined)) {
    return undefined;
  }
  const sealed = envelope === undefined ? {} : { envelope_sha256: envelope };
  return { request_id: requestId, log_origin, key_id, public_key, ...sealed, signature };
}
