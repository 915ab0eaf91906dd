import { createPublicKey, generateKeyPairSync, hash, sign } from "node:crypto";
import { GetPublicKeyCommand, SignCommand } from "@aws-sdk/client-kms";
import { describe, expect, test } from "vitest";
import { openNote, signNote } from "../../../shared/domain/log/note.ts";
import { Keys } from "../../../shared/runtime/keys.ts";
import { KmsLogKeys, logKeyPair } from "../../../shared/runtime/log-keys.ts";

const PAIR = generateKeyPairSync("ed25519");
const DER = PAIR.publicKey.export({ format: "der", type: "spki" });
const PUBLIC = DER.subarray(-32).toString("base64url");
const KEY_ID = "arn:aws:kms:ca-central-1:000000000000:key/1";

/** KMS with one key. */
function kms(publicKey: Buffer = DER) {
  const asked: unknown[] = [];
  const send = async (command: unknown) => {
    asked.push(command instanceof SignCommand ? { ...command.input, Message: "…" } : command);
    if (command instanceof GetPublicKeyCommand) return { PublicKey: publicKey };
    if (command instanceof SignCommand)
      return { Signature: sign(null, command.input.Message ?? Buffer.alloc(0), PAIR.privateKey) };
    throw new Error("KMS is asked for something else");
  };
  return { asked, keys: new KmsLogKeys({ send }, KEY_ID) };
}

describe("a key of KMS", () => {
  test("signs notes as they are, by Ed25519", async () => {
    const { asked, keys } = kms();
    expect(await keys.current()).toBe(PUBLIC);
    const signer = await keys.signer("test/law/1", PUBLIC);
    if (signer === undefined) throw new Error("it is there");
    const note = await signNote("a text\n", signer);
    expect(openNote(note, signer)).toBe("a text\n");
    expect(asked.at(-1)).toEqual({
      KeyId: KEY_ID,
      Message: "…",
      MessageType: "RAW",
      SigningAlgorithm: "ED25519_SHA_512",
    });
    // The public key is asked for once.
    expect(asked).toHaveLength(2);
  });

  test("is no other key than the law names", async () => {
    expect(await kms().keys.signer("test/law/1", "A".repeat(43))).toBeUndefined();
  });

  test("signs no text that is too long for KMS", async () => {
    const signer = await kms().keys.signer("test/law/1", PUBLIC);
    await expect(signer?.sign(Buffer.alloc(4_097))).rejects.toThrow(/at most 4096 bytes/);
  });

  test("is refused when it is of another kind", async () => {
    const other = generateKeyPairSync("ec", { namedCurve: "P-256" }).publicKey.export({ format: "der", type: "spki" });
    await expect(kms(other).keys.current()).rejects.toThrow(/none of Ed25519/);
  });
});

test("a secret gives a key pair for each version", () => {
  const keys = Keys.fromSecrets({
    log: JSON.stringify({ version: 2, seed: "b".repeat(32), previous: { 1: "a".repeat(32) } }),
  });
  expect(keys.versions).toEqual([2, 1]);
  const [second, first] = keys.versions.map((version) => logKeyPair(keys, version));
  expect(first?.publicKey.equals(second?.publicKey ?? Buffer.alloc(0))).toBe(false);
  const message = hash("sha256", "x", "buffer");
  const key = createPublicKey(second?.privateKey ?? "");
  expect(key.export({ format: "der", type: "spki" }).subarray(-32)).toEqual(second?.publicKey);
  expect(sign(null, message, second?.privateKey ?? "")).toHaveLength(64);
});
