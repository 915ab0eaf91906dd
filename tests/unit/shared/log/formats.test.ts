import { hash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ed25519Pair } from "../../../../shared/domain/ed25519.ts";
import { checkpointText, readCheckpoint } from "../../../../shared/domain/log/checkpoint.ts";
import {
  compareEntries,
  descriptionEntry,
  isSubmission,
  journalEntry,
  LEAF_STATUSES,
  type LeafStatus,
  readEntry,
  submissionEntry,
} from "../../../../shared/domain/log/leaf.ts";
import { EMPTY_ROOT } from "../../../../shared/domain/log/merkle.ts";
import { noteSigner, openNote, signNote, verifierKey } from "../../../../shared/domain/log/note.ts";
import { entryBundle, readEntryBundle, tilePath } from "../../../../shared/domain/log/tiles.ts";

const PAIR = ed25519Pair(Buffer.alloc(32, 3));
const ORIGIN = "local/L2027-001/1f0e2d3c4b5a69788796a5b4c3d2e1f0";
const SIGNER = noteSigner(ORIGIN, PAIR.publicKey, PAIR.privateKey);
const sha256 = (text: string) => hash("sha256", text, "buffer");

describe("the path of a tile", () => {
  test.each([
    [{ level: 0, index: 1_234_067, width: 256 }, "tile/0/x001/x234/067"],
    [{ level: 0, index: 0, width: 256 }, "tile/0/000"],
    [{ level: 0, index: 273, width: 112 }, "tile/0/273.p/112"],
    [{ level: 1, index: 1, width: 17 }, "tile/1/001.p/17"],
    [{ level: "entries", index: 31_249, width: 256 }, "tile/entries/x031/249"],
    [{ level: "entries", index: 1_000, width: 1 }, "tile/entries/x001/000.p/1"],
  ] as const)("of %o is that of C2SP tlog-tiles", (name, path) => {
    expect(tilePath(name)).toBe(path);
  });
});

describe("a bundle of entries", () => {
  test("has each entry after its length", () => {
    expect(entryBundle([Buffer.from("ab"), Buffer.alloc(0), Buffer.alloc(258, "x")]).subarray(0, 8)).toEqual(
      Buffer.from([0, 2, 0x61, 0x62, 0, 0, 1, 2]),
    );
  });

  test("gives the entries back", () => {
    const entries = fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 20 });
    fc.assert(
      fc.property(entries, (some) => {
        expect(readEntryBundle(entryBundle(some))).toEqual(some.map((entry) => Buffer.from(entry)));
      }),
      { numRuns: 50 },
    );
  });

  test("that is cut off is none, and an entry has an end", () => {
    const bundle = entryBundle([Buffer.from("abc"), Buffer.from("def")]);
    for (const end of [1, 2, 4, 6, 9]) expect(readEntryBundle(bundle.subarray(0, end))).toBeUndefined();
    expect(() => entryBundle([Buffer.alloc(65_536)])).toThrow(RangeError);
  });
});

/** The example of the specification C2SP signed-note. */
const EXAMPLE_KEY = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";
const EXAMPLE = `This is an example message.

— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=
`;

describe("a signed note", () => {
  const example = {
    name: "example.com/foo",
    publicKey: Buffer.from(EXAMPLE_KEY.split("+").slice(2).join("+"), "base64").subarray(1),
  };

  test("is read as the specification's example, and its key has the same text", () => {
    expect(verifierKey(example)).toBe(EXAMPLE_KEY);
    expect(openNote(EXAMPLE, example)).toBe("This is an example message.\n");
  });

  test("is read whoever else has signed it", async () => {
    const note = await signNote("one\n\ntwo\n", SIGNER);
    const other = noteSigner("other", PAIR.publicKey, PAIR.privateKey);
    const theirs = (await signNote("one\n\ntwo\n", other)).split("\n\n").at(-1);
    expect(openNote(`${note}${theirs}`, SIGNER)).toBe("one\n\ntwo\n");
    expect(openNote(`${note}${theirs}`, other)).toBe("one\n\ntwo\n");
    expect(openNote(note, other)).toBeUndefined();
  });

  test.each([
    ["another text", (note: string) => note.replace("one", "two")],
    ["another name", (note: string) => note.replace(`— ${ORIGIN}`, "— another")],
    ["no signature", (note: string) => note.slice(0, note.indexOf("—"))],
    ["a line that is no signature", (note: string) => `${note}and more\n`],
    ["no end", (note: string) => note.slice(0, -1)],
    [
      "a signature of another key's hash",
      (note: string) => note.replace(/ (\S)(\S*)=\n$/, (_, a, b) => ` ${a === "A" ? "B" : "A"}${b}=\n`),
    ],
    ["a cut signature", (note: string) => note.replace(/.{4}=\n$/, "=\n")],
    ["a carriage return", (note: string) => note.replace("\n", "\r\n")],
    ["nothing", () => ""],
  ])("with %s is not one of the key", async (_, change) => {
    const note = await signNote("one\n", SIGNER);
    expect(openNote(note, SIGNER)).toBe("one\n");
    expect(openNote(change(note), SIGNER)).toBeUndefined();
  });

  test.each(["no line feed", "a tab\t\n", "half a character \ud800\n"])("is not made of %j", async (text) => {
    await expect(signNote(text, SIGNER)).rejects.toThrow(RangeError);
  });

  test.each(["", "two words", "a+b"])("is not made under the name %j", async (name) => {
    await expect(signNote("one\n", { ...SIGNER, name })).rejects.toThrow(RangeError);
  });
});

describe("the text of a checkpoint", () => {
  const checkpoint = { origin: ORIGIN, size: 8_000_000, root: Buffer.alloc(32, 9) };

  test("is read as it was written", () => {
    expect(readCheckpoint(checkpointText(checkpoint))).toEqual(checkpoint);
    const empty = { origin: "o", size: 0, root: EMPTY_ROOT };
    expect(checkpointText(empty)).toBe("o\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n");
    expect(readCheckpoint(checkpointText(empty))).toEqual(empty);
  });

  test.each([
    ["another line", (text: string) => `${text}more\n`],
    ["a leading zero", (text: string) => text.replace("8000000", "08000000")],
    ["a size that is too large", (text: string) => text.replace("8000000", "9999999999999999")],
    ["a root that is too short", (text: string) => text.replace(/.{4}=\n$/, "=\n")],
    ["a root with other last bits", (text: string) => text.replace(/.=\n$/, "l=\n")],
    ["no origin", (text: string) => text.replace(/^[^\n]*/, "")],
  ])("with %s is none", (_, change) => {
    expect(readCheckpoint(change(checkpointText(checkpoint)))).toBeUndefined();
  });
});

describe("an entry", () => {
  test.each(Object.entries(LEAF_STATUSES))("says that a submission is %s", (name, code) => {
    const status = name as LeafStatus;
    const sealed = submissionEntry("request", sha256("envelope"), status);
    expect(sealed.toString("hex")).toBe(
      `01${sha256("request").toString("hex")}${sha256("envelope").toString("hex")}0${code}`,
    );
    const expected = { kind: "submission", request: sha256("request"), status };
    expect(readEntry(sealed)).toEqual({ ...expected, envelope: sha256("envelope") });
    expect(readEntry(submissionEntry("request", undefined, status))).toEqual({
      ...expected,
      envelope: Buffer.alloc(32),
    });
    expect(isSubmission(sealed)).toBe(true);
  });

  test("names an entry of the journal, or a description", () => {
    const journal = journalEntry(258, "text\n");
    expect(journal.toString("hex")).toBe(`020000000000000102${sha256("text\n").toString("hex")}`);
    expect(readEntry(journal)).toEqual({ kind: "journal", number: 258, text: sha256("text\n") });
    const description = descriptionEntry(2, "text\n");
    expect(description.toString("hex")).toBe(`0300000002${sha256("text\n").toString("hex")}`);
    expect(readEntry(description)).toEqual({ kind: "description", version: 2, text: sha256("text\n") });
    expect([isSubmission(journal), isSubmission(description)]).toEqual([false, false]);
  });

  test("of another kind, length or status is none", () => {
    const entry = submissionEntry("request", undefined, "counted");
    for (const other of [entry.subarray(1), entry.subarray(0, -1), Buffer.alloc(0), Buffer.alloc(37, 9)]) {
      expect(readEntry(other)).toBeUndefined();
    }
    expect(readEntry(Buffer.concat([entry.subarray(0, -1), Uint8Array.of(7)]))).toBeUndefined();
    expect(readEntry(Buffer.concat([entry.subarray(0, -1), Uint8Array.of(0)]))).toBeUndefined();
  });

  test("stands before others in the order of kinds, numbers and hashes", () => {
    const sorted = [
      descriptionEntry(1, "a"),
      journalEntry(2, "a"),
      journalEntry(300, "a"),
      ...[1, 2, 3].map((n) => submissionEntry(`${n}`, undefined, "counted")).sort(Buffer.compare),
    ];
    expect([...sorted].reverse().sort(compareEntries)).toEqual(sorted);
  });
});
