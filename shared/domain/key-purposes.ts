/**
 * What a key is for. Each purpose has a secret of its own, so that a function reads the keys that it uses and no other:
 * who may look up receipts cannot make voter hashes.
 */
export const KEY_PURPOSES = ["requestIdMac", "idempotency", "person", "pepper", "codeCheck"] as const;
export type KeyPurpose = (typeof KEY_PURPOSES)[number];
