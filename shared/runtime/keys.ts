import { createSecretKey, hkdfSync, type KeyObject } from "node:crypto";
import { GetSecretValueCommand, type SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { z } from "zod";

/**
 * The secret that every key comes from: `{ "version": 1, "seed": "…" }`. To rotate, the operator makes a new seed,
 * raises the version and keeps the old seed under `previous`, because a law's keys stay those of its creation.
 */
const KeysSecret = z.object({
  version: z.coerce.number().int().min(1).max(255),
  seed: z.string().min(32),
  previous: z.record(z.string(), z.string().min(32)).optional(),
});

/** The keys of one version, 32 bytes each, derived by HKDF-SHA-256 (RFC 5869) from its seed. */
interface KeySet {
  readonly requestIdMac: KeyObject;
  readonly idempotency: KeyObject;
  readonly person: KeyObject;
  readonly pepper: KeyObject;
}

export class Keys {
  /** The version that new laws get. */
  readonly currentVersion: number;
  readonly #sets: ReadonlyMap<number, KeySet>;

  private constructor(currentVersion: number, sets: ReadonlyMap<number, KeySet>) {
    this.currentVersion = currentVersion;
    this.#sets = sets;
  }

  /**
   * Derives the keys.
   *
   * @param secretText the secret's value
   * @throws Error when it has not the form of one; the text is not quoted
   */
  static fromSecret(secretText: string): Keys {
    let json: unknown;
    try {
      json = JSON.parse(secretText);
    } catch {
      throw new Error("the keys secret is not JSON");
    }
    const secret = KeysSecret.safeParse(json);
    if (!secret.success) throw new Error("the keys secret must have a version and a seed of at least 32 characters");
    const sets = new Map<number, KeySet>([[secret.data.version, derive(secret.data.seed)]]);
    for (const [version, seed] of Object.entries(secret.data.previous ?? {})) sets.set(Number(version), derive(seed));
    return new Keys(secret.data.version, sets);
  }

  requestIdMac = (version: number): KeyObject | undefined => this.#sets.get(version)?.requestIdMac;

  /**
   * The keys of a law.
   *
   * @param version the law's key version
   * @throws Error when the secret no longer holds it
   */
  ofVersion(version: number): KeySet {
    const set = this.#sets.get(version);
    if (set === undefined) throw new Error(`the keys secret has no seed of version ${version}`);
    return set;
  }

  /**
   * The pepper that a law names.
   *
   * @param pepperId the law's pepper id (a key version), or undefined for a law without one
   */
  pepper(pepperId: string | undefined): KeyObject | undefined {
    return pepperId === undefined ? undefined : this.ofVersion(Number(pepperId)).pepper;
  }
}

function derive(seed: string): KeySet {
  const key = (purpose: string) =>
    createSecretKey(new Uint8Array(hkdfSync("sha256", seed, "", `referendum ${purpose}`, 32)));
  return {
    requestIdMac: key("request id mac"),
    idempotency: key("idempotency key"),
    person: key("person hash"),
    pepper: key("voter pepper"),
  };
}

/**
 * Fetches the keys from Secrets Manager.
 *
 * @param client the secret store
 * @param secretId name or ARN
 */
export async function loadKeys(client: SecretsManagerClient, secretId: string): Promise<Keys> {
  const { SecretString } = await client.send(new GetSecretValueCommand({ SecretId: secretId }));
  if (SecretString === undefined) throw new Error(`the secret ${secretId} has no text value`);
  return Keys.fromSecret(SecretString);
}
