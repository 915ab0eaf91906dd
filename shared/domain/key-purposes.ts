/**
 * The purposes of keys. Each purpose has a separate secret, so that a function can read only the keys that it uses: the
 * function that reads receipts cannot make voter hashes.
 */
export const KEY_PURPOSES = [
  "requestIdMac",
  "idempotency",
  "person",
  "pepper",
  "codeCheck",
  "setAside",
  "archive",
  "macValidate",
  "macRecord",
  "macOutcome",
  "seal",
  "promise",
  "log",
] as const;
export type KeyPurpose = (typeof KEY_PURPOSES)[number];
