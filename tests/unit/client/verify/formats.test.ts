import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { toBase64url, toHex } from "../../../../client/encoding.ts";
import { Sha256, sha256 } from "../../../../client/verify/bytes/sha256.ts";
import { base64, fromBase64, fromBase64url, fromHex, numberBytes, utf8 } from "../../../../client/verify/bytes/text.ts";
import { blocksOf } from "../../../../client/verify/files/lines.ts";
import { epochPath, readCheckpoint } from "../../../../client/verify/log/checkpoint.ts";
import { GrowingTree, leafHash } from "../../../../client/verify/log/merkle.ts";
import { isNoteOf, readNote, readNoteKey } from "../../../../client/verify/log/note.ts";
import { PairTable, partsOf, RANGES } from "../../../../client/verify/log/pairs.ts";
import { readEntries, tilePath } from "../../../../client/verify/log/tiles.ts";
import { outcomeOf } from "../../../../client/verify/steps/match.ts";
import { noteOf, treeOf, verifierKey } from "../../../support/bundle/log-files.ts";
import { piecesOf } from "../../../support/bundle/memory-source.ts";
import { testKey } from "../../../support/bundle/world.ts";
import { gather } from "../../../support/gather.ts";

const node = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

describe("SHA-256", () => {
  test.each([0, 1, 3, 55, 56, 57, 63, 64, 65, 119, 120, 128, 1_000])("of %i bytes is that of Node.js", (length) => {
    const bytes = Uint8Array.from({ length }, (_, at) => (at * 37 + length) & 255);
    expect(toHex(sha256(bytes))).toBe(node(bytes));
  });

  test("grows piece by piece, and begins anew after it was asked for", () => {
    const [bytes, hash] = [Uint8Array.from({ length: 500 }, (_, at) => at & 255), new Sha256()];
    for (let at = 0, step = 1; at < bytes.length; at += step, step++) hash.update(bytes.subarray(at, at + step));
    expect(toHex(hash.digest())).toBe(node(bytes));
    expect(toHex(hash.update(utf8("abc")).digest())).toBe(
      "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
    );
  });
});

describe("texts of bytes", () => {
  test("are read in their only right form", () => {
    const bytes = Uint8Array.of(0, 127, 128, 255);
    expect(fromHex(toHex(bytes), 4)).toEqual(bytes);
    expect(["00", "0G0f0f0f", "007F80FF", 7].map((text) => fromHex(text, 4))).toEqual(Array(4).fill(undefined));
    expect(fromBase64(base64(bytes))).toEqual(bytes);
    expect(["AH+A/x==", "AH+A", "AH+A/w"].map((text) => fromBase64(text)?.length)).toEqual([undefined, 3, undefined]);
    expect(fromBase64url(toBase64url(bytes), 4)).toEqual(bytes);
    expect(["AH-A_x", "AH-A_w==", "AH+A/w", undefined].map((text) => fromBase64url(text, 4))).toEqual(
      Array(4).fill(undefined),
    );
    expect(toHex(numberBytes(2 ** 40 + 5, 8))).toBe("0000010000000005");
  });
});

describe("the log's formats", () => {
  test("tiles lie where C2SP says", () => {
    expect(tilePath(0, 0, 256)).toBe("tile/0/000");
    expect(tilePath("entries", 5, 112)).toBe("tile/entries/005.p/112");
    expect(tilePath(1, 1_234_067, 256)).toBe("tile/1/x001/x234/067");
    expect(tilePath(0, 31_250, 1)).toBe("tile/0/x031/250.p/1");
    expect(epochPath(7)).toBe("checkpoints/000000007");
  });

  test("a bundle of entries is read, and a cut one is none", () => {
    const bytes = Uint8Array.of(0, 2, 7, 8, 0, 0, 0, 1, 9);
    expect(readEntries(bytes, 66)).toEqual([Uint8Array.of(7, 8), Uint8Array.of(), Uint8Array.of(9)]);
    expect(readEntries(bytes.subarray(0, 8), 66)).toBeUndefined();
    expect(readEntries(Uint8Array.of(0, 67), 66)).toBeUndefined();
  });

  test("the root is that of another implementation, at every size", () => {
    const entries = Array.from({ length: 530 }, (_, at) => Buffer.from(`entry ${at}`));
    const [tree, growing] = [treeOf(entries), new GrowingTree()];
    expect(toHex(growing.root())).toBe(node(Buffer.alloc(0)));
    for (const [at, entry] of entries.entries()) {
      growing.add(leafHash(entry));
      if (at % 7 === 0 || at > 500) expect(toHex(growing.root())).toBe(tree.root(at + 1).toString("hex"));
    }
  });

  test("a note is of its key alone", async () => {
    const [mine, theirs] = [testKey("log.example/1"), testKey("log.example/2")];
    const key = await readNoteKey(verifierKey(mine));
    if (key === undefined) throw new Error("no key");
    const isMine = async (text: string) => {
      const note = readNote(text);
      return note === undefined ? undefined : await isNoteOf(note, key);
    };
    const note = `${noteOf(mine, "a text\n\nof lines\n")}`;
    expect(await isMine(note)).toBe(true);
    expect(await isMine(note.replace("of lines", "of lies"))).toBe(false);
    expect(await isMine(`${noteOf(theirs, "a text\n\nof lines\n")}`)).toBe(false);
    // Others may have signed it as well.
    expect(await isMine(`${note}${`${noteOf(theirs, "a text\n\nof lines\n")}`.split("\n").at(-2)}\n`)).toBe(true);
    for (const wrong of ["", "text\n", note.slice(0, -1), `${note}no signature\n`])
      expect(await isMine(wrong)).toBeUndefined();
  });

  test("a key of notes is read with its hash", async () => {
    const text = verifierKey(testKey("log.example/1"));
    expect((await readNoteKey(`${text}\n`))?.text).toBe(text);
    const [name = "", digits = "", encoded = ""] = text.split("+");
    const wrong = ["", name, `${name}+00000000+${encoded}`, `other+${digits}+${encoded}`, `${name}+${digits}+AA==`];
    for (const one of wrong) expect(await readNoteKey(one)).toBeUndefined();
  });

  test("a checkpoint has origin, size and root", () => {
    const note = (text: string) => `${noteOf(testKey("o"), text)}`;
    const root = Buffer.alloc(32, 1).toString("base64");
    expect(readCheckpoint(note(`o\n12\n${root}\n`))).toMatchObject({ origin: "o", size: 12 });
    // Lines that this release does not know are allowed.
    expect(readCheckpoint(note(`o\n12\n${root}\nmore\n`))?.size).toBe(12);
    for (const text of [`o\n012\n${root}\n`, `o\n-1\n${root}\n`, "o\n12\nAAAA\n", `\n12\n${root}\n`]) {
      expect(readCheckpoint(note(text))).toBeUndefined();
    }
  });
});

describe("lines", () => {
  test.each([1, 2, 5, 1_000])("are the same in pieces of %i bytes", async (pieceBytes) => {
    const text = "one\ntwö\n\nthree\n";
    const blocks = await gather(blocksOf(piecesOf(Buffer.from(text), pieceBytes)));
    expect(blocks.flatMap(({ lines }) => lines)).toEqual(["one", "twö", "", "three"]);
    expect(Buffer.concat(blocks.map(({ bytes }) => bytes)).toString()).toBe(text);
    expect(blocks.at(-1)?.before).toBeLessThan(4);
  });

  test.each([
    ["cut_off", Buffer.from("one\ntwo")],
    ["not_text", Buffer.from([65, 10, 0xff, 10])],
    ["too_long", Buffer.alloc((1 << 20) + 1, 65)],
  ])("say that a file is %s", async (why, bytes) => {
    await expect(gather(blocksOf(piecesOf(bytes, 1 << 21)))).rejects.toMatchObject({ name: "BadLines", why });
  });
});

describe("submissions", () => {
  test("come in the order of their pairs, each with its statuses in the order of the log", () => {
    const table = new PairTable();
    const pair = (first: number, last: number) =>
      Uint8Array.from({ length: 64 }, (_, at) => (at === 0 ? first : at === 63 ? last : 0));
    for (const [first, last, status] of [
      [9, 0, 4],
      [1, 2, 2],
      [1, 1, 3],
      [1, 2, 4],
    ] as const)
      table.add(pair(first, last), status);
    for (let more = 0; more < 2_000; more++) table.add(pair(200, 0), 3);
    const groups = [...table.groups()].map(({ pair: found, statuses }) => [found[0], found[63], statuses.length]);
    expect(groups).toEqual([
      [1, 1, 1],
      [1, 2, 2],
      [9, 0, 1],
      [200, 0, 2_000],
    ]);
    expect([...table.groups()][1]?.statuses).toEqual([2, 4]);
  });

  test("are divided into parts that fit", () => {
    const counts = new Uint32Array(RANGES);
    for (const [range, count] of [
      [0, 3],
      [5, 3],
      [6, 9],
      [RANGES - 1, 1],
    ] as const)
      counts[range] = count;
    expect(partsOf(counts, 6)).toEqual([6, 7, RANGES]);
    expect(partsOf(counts, 100)).toEqual([RANGES]);
  });

  test.each([
    [[4], "counted", true],
    [[2, 3, 4], "counted", true],
    [[4, 2], "counted", false],
    [[4, 1], "lost", true],
    [[4, 1, 3, 4], "counted", true],
    [[4, 1, 1], "lost", false],
    [[4, 1, 4, 2], "counted", false],
    [[3, 3], "duplicate", false],
    [[5], "repeated", true],
    [[6], "late", true],
    [[2, 6], "invalid", true],
    [[6, 6], "late", false],
  ] as const)("with the statuses %j are %s", (statuses, status, rises) => {
    expect(outcomeOf(statuses)).toEqual({ status, rises });
  });
});
