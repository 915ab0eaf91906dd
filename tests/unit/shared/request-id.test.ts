import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  idempotentId,
  issueRequestId,
  parseRequestId,
  uuidV7,
  verifyRequestId,
} from "../../../shared/domain/request-id.ts";

const KEY = createHash("sha256").update("key one").digest();
const OTHER_KEY = createHash("sha256").update("key two").digest();
const ID = Buffer.from("000102030405060708090a0b0c0d0e0f", "hex");
const keyOf = (version: number) => (version === 1 ? KEY : version === 2 ? OTHER_KEY : undefined);
const lawIds = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,49}$/);

describe("a request id", () => {
  test("is verified with its id, law and key version", () => {
    const text = issueRequestId(ID, "L2025-001", 1, KEY);
    expect(verifyRequestId(text, keyOf)).toMatchObject({ id: ID, lawId: "L2025-001", keyVersion: 1 });
  });

  test("can be verified for every law id", () => {
    fc.assert(
      fc.property(lawIds, fc.uint8Array({ minLength: 16, maxLength: 16 }), (lawId, id) => {
        const parts = verifyRequestId(issueRequestId(id, lawId, 2, OTHER_KEY), keyOf);
        return parts?.lawId === lawId && Buffer.compare(parts.id, id) === 0;
      }),
    );
  });

  test("keeps being verified after the key was rotated, because it names the key's version", () => {
    expect(verifyRequestId(issueRequestId(ID, "A", 1, KEY), keyOf)).toBeDefined();
    expect(verifyRequestId(issueRequestId(ID, "A", 2, OTHER_KEY), keyOf)).toBeDefined();
  });

  test("with any single character changed is not a request id", () => {
    const text = issueRequestId(ID, "L2025-001", 1, KEY);
    for (const index of text.split("").keys()) {
      const changed = `${text.slice(0, index)}${text[index] === "A" ? "B" : "A"}${text.slice(index + 1)}`;
      expect(verifyRequestId(changed, keyOf), `character ${index}`).toBeUndefined();
    }
  });

  test.each([
    ["nothing", ""],
    ["a UUID", "0196b1f0-7c3a-7cc0-8000-000000000000"],
    [
      "with another law at its end",
      issueRequestId(ID, "A", 1, KEY).slice(0, 44) + Buffer.from("B").toString("base64url"),
    ],
    ["signed with another key", issueRequestId(ID, "A", 1, OTHER_KEY)],
    ["of an unknown key version", issueRequestId(ID, "A", 9, KEY)],
    ["with no law", issueRequestId(ID, "", 1, KEY)],
    ["with padding", `${issueRequestId(ID, "A", 1, KEY)}=`],
    ["with a line feed", `${issueRequestId(ID, "A", 1, KEY)}\n`],
    ["of a megabyte", "A".repeat(1_000_000)],
    ["with a path in it", "../../etc/passwd"],
  ])("is not text %s", (_, text) => {
    expect(verifyRequestId(text, keyOf)).toBeUndefined();
  });

  test("has one text: stray bits at the end of base64url are another text", () => {
    const text = issueRequestId(ID, "AB", 1, KEY);
    const last = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    const twins = [...last]
      .map((char) => text.slice(0, -1) + char)
      .filter((twin) => parseRequestId(twin)?.lawId === "AB");
    expect(twins).toEqual([text]);
  });
});

describe("a UUIDv7", () => {
  test("is the example of RFC 9562, appendix A.6", () => {
    const random = Buffer.from("0cc318c4dc0c0c07398f", "hex");
    expect(uuidV7(0x017f22e279b0, random).toString("hex")).toBe("017f22e279b07cc398c4dc0c0c07398f");
  });

  test("sorts by time", () => {
    const early = uuidV7(1_000, Buffer.alloc(10, 0xff));
    expect(Buffer.compare(early, uuidV7(1_001, Buffer.alloc(10)))).toBe(-1);
  });
});

describe("the id of a submission with an Idempotency-Key", () => {
  const hash = createHash("sha256").update("voter").digest();
  const perfect = () => idempotentId("key", hash, "L1", KEY);

  test("is the same for the same key, voter and law", () => {
    expect(perfect()).toEqual(perfect());
    expect(perfect()).toHaveLength(16);
  });

  test.each([
    ["key", idempotentId("Key", hash, "L1", KEY)],
    ["voter", idempotentId("key", createHash("sha256").update("other").digest(), "L1", KEY)],
    ["law", idempotentId("key", hash, "L2", KEY)],
    ["secret", idempotentId("key", hash, "L1", OTHER_KEY)],
  ])("differs for another %s", (_, other) => {
    expect(other).not.toEqual(perfect());
  });

  test("does not confuse the end of a law with the beginning of a key", () => {
    expect(idempotentId("2|x", hash, "L1", KEY)).not.toEqual(idempotentId("x", hash, "L12", KEY));
    expect(idempotentId("2|x", hash, "L1", KEY)).not.toEqual(idempotentId("x", hash, "L1", KEY));
  });
});
