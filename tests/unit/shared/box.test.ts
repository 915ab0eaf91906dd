import fc from "fast-check";
import { expect, test } from "vitest";
import { type BoxHeader, boxLines, DamagedBox, readBox } from "../../../shared/messages/box.ts";
import { gather } from "../../support/gather.ts";

const HEADER: BoxHeader = {
  v: 1,
  kind: "box",
  law_id: "L1",
  origin: "stage/L1",
  key_id: "00112233445566ff",
  proof: "none",
  options: ["oui", "non"],
  envelopes: 2,
};

async function* inPieces(text: string, size: number): AsyncGenerator<string> {
  for (let at = 0; at < text.length; at += size) yield text.slice(at, at + size);
}

async function readAll(text: string, groupSize = 10, size = 1_000) {
  const { header, groups } = await readBox(inPieces(text, size), groupSize);
  return { header, groups: await gather(groups) };
}

const textOf = async (header: BoxHeader, envelopes: readonly string[]) =>
  (await gather(boxLines(header, envelopes))).join("");

test("a box that was written is read again, in whatever pieces it comes", async () => {
  const property = fc.asyncProperty(
    fc.array(fc.string(), { maxLength: 20 }),
    fc.integer({ min: 1, max: 7 }),
    fc.integer({ min: 1, max: 100 }),
    async (envelopes, groupSize, pieceSize) => {
      const header = { ...HEADER, envelopes: envelopes.length };
      const read = await readAll(await textOf(header, envelopes), groupSize, pieceSize);
      expect(read.header).toEqual(header);
      expect(read.groups.flat()).toEqual(envelopes);
      expect(read.groups.every((group) => group.length > 0 && group.length <= groupSize)).toBe(true);
    },
  );
  await fc.assert(property, { numRuns: 50, seed: 20261129 });
});

test("a box with more or fewer envelopes than announced is not written", async () => {
  await expect(textOf(HEADER, ["a"])).rejects.toThrow("1 envelopes, but 2 were announced");
  await expect(textOf(HEADER, ["a", "b", "c"])).rejects.toThrow("3 envelopes");
  await expect(textOf({ ...HEADER, origin: "a b" }, ["a", "b"])).rejects.toThrow("is not an origin");
});

const first = JSON.stringify(HEADER);

test.each([
  ["nothing", "", 1],
  ["no description", '"a"\n"b"\n', 1],
  ["a description of another version", `${JSON.stringify({ ...HEADER, v: 2 })}\n"a"\n"b"\n`, 1],
  ["an option named twice", `${JSON.stringify({ ...HEADER, options: ["oui", "oui"] })}\n"a"\n"b"\n`, 1],
  ["an envelope too few", `${first}\n"a"\n`, 3],
  ["an envelope too many", `${first}\n"a"\n"b"\n"c"\n`, 4],
  ["a line that is no text", `${first}\n"a"\n{}\n`, 3],
  ["a line that is not JSON", `${first}\n"a"\nb"\n`, 3],
  ["an empty line at the end", `${first}\n"a"\n"b"\n\n`, 4],
  ["a last line without its end", `${first}\n"a"\n"b"`, 3],
  ["a line of 70,000 characters", `${first}\n"${"a".repeat(70_000)}`, 2],
])("%s: the line is named", async (_, text, line) => {
  const failure = await readAll(text).then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(failure).toBeInstanceOf(DamagedBox);
  expect(failure).toMatchObject({ line });
});
