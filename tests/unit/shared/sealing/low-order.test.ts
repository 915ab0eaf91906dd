import { randomBytes } from "node:crypto";
import { expect, test } from "vitest";
import { isLowOrder, sharedSecret, x25519Pair, x25519PublicKey } from "../../../../shared/domain/sealing/x25519.ts";

const { privateKey } = x25519Pair(randomBytes(32));
const hex = (text: string) => Buffer.from(text, "hex");
const LOW = [
  hex("00".repeat(32)),
  hex(`01${"00".repeat(31)}`),
  hex("e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800"),
  hex("5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157"),
  hex(`ec${"ff".repeat(30)}7f`),
  hex(`ed${"ff".repeat(30)}7f`),
  hex(`ee${"ff".repeat(30)}7f`),
];

test("a point of low order is one whose shared secret is zeros, with or without the highest bit", () => {
  for (const point of LOW) {
    const withBit = Buffer.from(point);
    withBit.writeUInt8(withBit.readUInt8(31) | 0x80, 31);
    for (const bytes of [point, withBit]) {
      expect([bytes.toString("hex"), isLowOrder(bytes), sharedSecret(privateKey, x25519PublicKey(bytes))]).toEqual([
        bytes.toString("hex"),
        true,
        undefined,
      ]);
    }
  }
});

test("other points are not", () => {
  for (let count = 0; count < 200; count++) {
    const bytes = count % 2 === 0 ? randomBytes(32) : x25519Pair(randomBytes(32)).publicKey;
    expect(isLowOrder(bytes)).toBe(sharedSecret(privateKey, x25519PublicKey(bytes)) === undefined);
    expect(isLowOrder(bytes)).toBe(false);
  }
  for (const near of LOW) {
    const bytes = Buffer.from(near);
    bytes.writeUInt8(bytes.readUInt8(0) ^ 2, 0);
    expect(isLowOrder(bytes)).toBe(sharedSecret(privateKey, x25519PublicKey(bytes)) === undefined);
  }
});
