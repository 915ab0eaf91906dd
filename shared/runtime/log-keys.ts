import { createPublicKey } from "node:crypto";
import { GetPublicKeyCommand, KMSClient, SignCommand } from "@aws-sdk/client-kms";
import { ED25519_KEY_BYTES, ED25519_SIGNATURE_BYTES, type Ed25519Pair, ed25519Pair } from "../domain/ed25519.ts";
import { type NoteSigner, noteSigner } from "../domain/log/note.ts";
import { secretsManagerClient } from "./aws-clients.ts";
import { Keys } from "./keys.ts";
import { once } from "./once.ts";

/** What signs the logs of a stage. */
export interface LogKeys {
  /** The public key that new laws name: base64url of 32 bytes. */
  current(): Promise<string>;
  /**
   * A key that signs notes.
   *
   * @param name of the key
   * @param publicKey which one: base64url of 32 bytes
   * @returns undefined when this stage does not have it
   */
  signer(name: string, publicKey: string): Promise<NoteSigner | undefined>;
}

/**
 * The keys of a stage, by the environment of the function: `LOG_KEY_ID`, a key of KMS whose private half nobody can
 * read, or `LOG_KEY_SECRET_ARN`, a secret, where KMS has no such keys.
 */
export function logKeys(): LogKeys {
  const keyId = process.env["LOG_KEY_ID"];
  if (keyId !== undefined && keyId !== "") return new KmsLogKeys(new KMSClient({ maxAttempts: 3 }), keyId);
  return new SecretLogKeys(process.env["LOG_KEY_SECRET_ARN"] ?? "");
}

/**
 * The key pair of a version of the secret.
 *
 * @param keys of the purpose `log`
 * @param version which one
 */
export function logKeyPair(keys: Keys<"log">, version: number): Ed25519Pair {
  const bytes = keys.ofVersion(version).log.export();
  const pair = ed25519Pair(bytes);
  bytes.fill(0);
  return pair;
}

/** Every version of a secret. */
class SecretLogKeys implements LogKeys {
  readonly #secretId: string;
  #pairs: readonly Ed25519Pair[] = [];

  constructor(secretId: string) {
    this.#secretId = secretId;
  }

  async current(): Promise<string> {
    const [newest] = await this.#load();
    if (newest === undefined) throw new Error("the secret of the log has no version");
    return newest.publicKey.toString("base64url");
  }

  async signer(name: string, publicKey: string): Promise<NoteSigner | undefined> {
    const find = (pairs: readonly Ed25519Pair[]) => pairs.find((one) => isKey(one, publicKey));
    // A law that was added after a rotation names a version that was not there when this environment began.
    const pair = find(this.#pairs) ?? find(await this.#load());
    return pair && noteSigner(name, pair.publicKey, pair.privateKey);
  }

  /** The newest one first. */
  async #load(): Promise<readonly Ed25519Pair[]> {
    const keys = await Keys.load(secretsManagerClient(), { log: this.#secretId });
    this.#pairs = keys.versions.map((version) => logKeyPair(keys, version));
    return this.#pairs;
  }
}

function isKey({ publicKey }: Ed25519Pair, text: string): boolean {
  return publicKey.toString("base64url") === text;
}

/** The most bytes that KMS signs as they are (KMS API Reference, "Sign"). */
const MOST_SIGNED_BYTES = 4_096;

/** A key of KMS: ECC_NIST_EDWARDS25519, of which nobody can read the private half. */
export class KmsLogKeys implements LogKeys {
  readonly #client: Pick<KMSClient, "send">;
  readonly #keyId: string;

  /**
   * @param client of KMS
   * @param keyId id or ARN of the key
   */
  constructor(client: Pick<KMSClient, "send">, keyId: string) {
    this.#client = client;
    this.#keyId = keyId;
  }

  readonly current = once(async () => {
    const { PublicKey } = await this.#client.send(new GetPublicKeyCommand({ KeyId: this.#keyId }));
    if (PublicKey === undefined) throw new Error("KMS did not say the public key of the log");
    // A key of Ed25519 ends with its 32 bytes (RFC 8410 §4).
    const der = createPublicKey({ key: Buffer.from(PublicKey), format: "der", type: "spki" });
    if (der.asymmetricKeyType !== "ed25519") throw new Error(`the key ${this.#keyId} of the log is none of Ed25519`);
    return Buffer.from(PublicKey).subarray(-ED25519_KEY_BYTES).toString("base64url");
  });

  async signer(name: string, publicKey: string): Promise<NoteSigner | undefined> {
    if ((await this.current()) !== publicKey) return undefined;
    return { name, publicKey: Buffer.from(publicKey, "base64url"), sign: (message) => this.#sign(message) };
  }

  async #sign(message: Uint8Array): Promise<Uint8Array> {
    if (message.length > MOST_SIGNED_BYTES) {
      throw new RangeError(
        `KMS signs at most ${MOST_SIGNED_BYTES} bytes, and a text of the log has ${message.length}.`,
      );
    }
    const { Signature } = await this.#client.send(
      new SignCommand({
        KeyId: this.#keyId,
        Message: message,
        MessageType: "RAW",
        SigningAlgorithm: "ED25519_SHA_512",
      }),
    );
    if (Signature?.length !== ED25519_SIGNATURE_BYTES) throw new Error("KMS did not sign a text of the log");
    return Signature;
  }
}
