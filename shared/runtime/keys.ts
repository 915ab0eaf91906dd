import { createSecretKey, hkdfSync, type KeyObject } from "node:crypto";
import { GetSecretValueCommand, type SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { z } from "zod";
import { KEY_PURPOSES, type KeyPurpose } from "../domain/key-purposes.ts";

/**
 * The secret of one purpose: `{ "version": 1, "seed": "…" }`. To rotate, the operator makes a new seed, raises the
 * version and keeps the old seed under `previous`, because a law's keys stay those of its creation.
 */
const KeySecret = z.object({
  version: z.coerce.number().int().min(1).max(255),
  seed: z.string().min(32),
  previous: z.record(z.string(), z.string().min(32)).optional(),
});

/** The labels that keys are derived under. The name of a purpose in the code may change; its label may not. */
const LABELS: Readonly<Record<KeyPurpose, string>> = {
  requestIdMac: "request id mac",
  idempotency: "idempotency key",
  person: "person hash",
  pepper: "voter pepper",
  codeCheck: "voter code check",
  setAside: "message set aside",
  archive: "archive",
  macValidate: "mac of votes for validate",
  macRecord: "mac of votes for aggregate",
  macOutcome: "mac of outcomes",
  seal: "seed of ballots sealed by ingest",
  promise: "promise of ingest",
  log: "public log",
};

/** The keys of one purpose by version, 32 bytes each, derived by HKDF-SHA-256 (RFC 5869) from their seeds. */
interface Versions {
  readonly current: number;
  readonly keys: ReadonlyMap<number, KeyObject>;
}

/** The keys of one version. */
type KeySet = Readonly<Record<KeyPurpose, KeyObject>>;

/** Keys of some purposes: of those whose secrets were read. */
export class Keys<P extends KeyPurpose = KeyPurpose> {
  readonly #purposes: ReadonlyMap<KeyPurpose, Versions>;
  /** The versions that were asked for and that every secret has. */
  readonly #sets = new Map<number, KeySet>();

  private constructor(purposes: ReadonlyMap<KeyPurpose, Versions>) {
    this.#purposes = purposes;
  }

  /**
   * Derives the keys.
   *
   * @param texts the secrets' values
   * @throws Error when one has not the form of a secret; the text is not quoted
   */
  static fromSecrets<P extends KeyPurpose>(texts: Readonly<Record<P, string>>): Keys<P> {
    const purposes = new Map<KeyPurpose, Versions>();
    const given: Readonly<Partial<Record<KeyPurpose, string>>> = texts;
    for (const purpose of KEY_PURPOSES) {
      const text = given[purpose];
      if (text !== undefined) purposes.set(purpose, versionsOf(purpose, text));
    }
    return new Keys<P>(purposes);
  }

  /**
   * Fetches keys from Secrets Manager.
   *
   * @param client the secret store
   * @param secretIds name or ARN of the secret of each purpose that is wanted
   */
  static async load<P extends KeyPurpose>(
    client: SecretsManagerClient,
    secretIds: Readonly<Record<P, string>>,
  ): Promise<Keys<P>> {
    const wanted: Readonly<Partial<Record<KeyPurpose, string>>> = secretIds;
    const purposes = await Promise.all(
      KEY_PURPOSES.map(async (purpose): Promise<[KeyPurpose, Versions][]> => {
        const SecretId = wanted[purpose];
        if (SecretId === undefined) return [];
        const { SecretString } = await client.send(new GetSecretValueCommand({ SecretId }));
        if (SecretString === undefined) throw new Error(`the secret ${SecretId} has no text value`);
        return [[purpose, versionsOf(purpose, SecretString)]];
      }),
    );
    return new Keys<P>(new Map(purposes.flat()));
  }

  /**
   * Whether every secret that was read has a seed of a version.
   *
   * @param version which one
   */
  has(version: number): boolean {
    return [...this.#purposes.values()].every(({ keys }) => keys.has(version));
  }

  /** The versions that every secret has, the newest first. */
  get versions(): number[] {
    const [first, ...others] = [...this.#purposes.values()];
    const versions = [...(first?.keys.keys() ?? [])];
    return versions.filter((one) => others.every(({ keys }) => keys.has(one))).sort((one, other) => other - one);
  }

  /** The version that new laws get: the newest that every secret has, whichever of them was rotated first. */
  get currentVersion(): number {
    return Math.min(...[...this.#purposes.values()].map(({ current }) => current));
  }

  /** The key that request ids of a version are signed with; undefined: there is none. */
  requestIdMac = (version: number): KeyObject | undefined => this.#purposes.get("requestIdMac")?.keys.get(version);

  /**
   * The keys of a law.
   *
   * @param version the law's key version
   * @throws Error when a secret no longer holds it
   */
  ofVersion(version: number): Pick<KeySet, P> {
    // ingest asks several times for each vote.
    const known = this.#sets.get(version);
    if (known !== undefined) return known;
    for (const purpose of this.#purposes.keys()) this.#key(purpose, version);
    const key = (purpose: KeyPurpose) => this.#key(purpose, version);
    const set: KeySet = {
      get requestIdMac() {
        return key("requestIdMac");
      },
      get idempotency() {
        return key("idempotency");
      },
      get person() {
        return key("person");
      },
      get pepper() {
        return key("pepper");
      },
      get codeCheck() {
        return key("codeCheck");
      },
      get setAside() {
        return key("setAside");
      },
      get archive() {
        return key("archive");
      },
      get macValidate() {
        return key("macValidate");
      },
      get macRecord() {
        return key("macRecord");
      },
      get macOutcome() {
        return key("macOutcome");
      },
      get seal() {
        return key("seal");
      },
      get promise() {
        return key("promise");
      },
      get log() {
        return key("log");
      },
    };
    this.#sets.set(version, set);
    return set;
  }

  /**
   * The pepper that a law names.
   *
   * @param pepperId the law's pepper id (a key version), or undefined for a law without one
   */
  pepper(pepperId: string | undefined): KeyObject | undefined {
    return pepperId === undefined ? undefined : this.#key("pepper", Number(pepperId));
  }

  #key(purpose: KeyPurpose, version: number): KeyObject {
    const key = this.#purposes.get(purpose)?.keys.get(version);
    if (key === undefined) throw new Error(`the ${LABELS[purpose]} secret has no seed of version ${version}`);
    return key;
  }
}

function versionsOf(purpose: KeyPurpose, text: string): Versions {
  const name = `the ${LABELS[purpose]} secret`;
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new Error(`${name} is not JSON`);
  }
  const secret = KeySecret.safeParse(json);
  if (!secret.success) throw new Error(`${name} must have a version and a seed of at least 32 characters`);
  const { version, seed, previous = {} } = secret.data;
  const seeds = [
    ...Object.entries(previous).map(([old, oldSeed]) => [Number(old), oldSeed] as const),
    [version, seed] as const,
  ];
  return { current: version, keys: new Map(seeds.map(([of, from]) => [of, derive(purpose, from)])) };
}

function derive(purpose: KeyPurpose, seed: string): KeyObject {
  return createSecretKey(new Uint8Array(hkdfSync("sha256", seed, "", `referendum ${LABELS[purpose]}`, 32)));
}
