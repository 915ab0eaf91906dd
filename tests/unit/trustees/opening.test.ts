import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test, vi } from "vitest";
import { limitOf } from "../../../commands/test/tags.ts";
import { Refusal } from "../../../shared/domain/refusal.ts";
import { electionKeys } from "../../../shared/domain/sealing/election-keys.ts";
import { WrongOpening } from "../../../shared/messages/opening.ts";
import { type BoxOpening, openBox, refuseOutput } from "../../../trustees/open-box.ts";
import { differences, readOpening } from "../../../trustees/opening-file.ts";
import { electionFields, makePublicFile } from "../../../trustees/public-file.ts";
import { envelopesOf, writeBox } from "../../support/sealed-box.ts";

vi.setConfig({ testTimeout: limitOf(60) });

const work = mkdtempSync(join(tmpdir(), "referendum-opening-"));
afterAll(() => rmSync(work, { recursive: true, force: true }));

const bytes = Buffer.alloc(32, 4);
const secret = { bytes, keys: electionKeys(bytes) };
const election = electionFields("L1", "stage/L1", secret.keys);
const known = makePublicFile(secret.keys, election, { splitId: "0".repeat(32), trustees: 3, threshold: 2 });

let made = 0;
const fresh = (name: string) => join(work, `${made++}-${name}`);

function open(box: string, more: Partial<BoxOpening> = {}) {
  const out = fresh("opening.ndjson");
  const { signal } = new AbortController();
  const opened = openBox({ secret, known, box, out, threads: 2, signal, onProgress: () => undefined, ...more });
  return { out, opened };
}

async function* linesOf(text: string): AsyncGenerator<string> {
  yield* text.split("\n").slice(0, -1);
}
const read = (path: string) => readOpening(linesOf(readFileSync(path, "utf8")));

const CHOICES = Array.from({ length: 40 }, (_, at) => (at % 4 === 0 ? 1 : 0));
const GOOD = envelopesOf(known, CHOICES);

describe("an opening", () => {
  test("has the sums, and names what is spoiled; a secret choice of nothing is not linked to its envelope", async () => {
    const [first = ""] = GOOD;
    const broken = Buffer.from(first, "base64url");
    broken[20] = broken.readUInt8(20) ^ 1;
    const [nothing = ""] = envelopesOf(known, Array(99).fill(7)).slice(98);
    const wrong = [broken.toString("base64url"), "no envelope!", nothing];
    const box = await writeBox(fresh("box"), known, [...GOOD, ...wrong]);
    const { out, opened } = open(box);
    expect(await opened).toMatchObject({
      envelopes: 43,
      box_sha256: createHash("sha256").update(readFileSync(box)).digest("hex"),
      sums: [
        { option: "oui", ballots: 30 },
        { option: "non", ballots: 10 },
      ],
      spoiled: [
        { reason: "no_such_option", ballots: 1 },
        { reason: "not_authentic", ballots: 1 },
        { reason: "not_base64url", ballots: 1 },
      ],
    });
    const lines = readFileSync(out, "utf8").split("\n");
    expect(lines.slice(1, 41)).toEqual([...Array(30).fill('{"option":"oui"}'), ...Array(10).fill('{"option":"non"}')]);
    const hashOf = (content: string | Buffer) => createHash("sha256").update(content).digest("hex");
    // As the public log names it.
    const bytes = Buffer.from(wrong[0] ?? "", "base64url");
    expect(lines.slice(41, 44)).toEqual([
      '{"spoiled":"no_such_option"}',
      `{"spoiled":"not_authentic","envelope_sha256":"${hashOf(bytes)}"}`,
      `{"spoiled":"not_base64url","envelope_sha256":"${hashOf(wrong[1] ?? "")}"}`,
    ]);
    expect((await read(out)).header).toEqual(await opened);
  });

  test("of the same envelopes in another order has the same list, and the same box gives the same file", async () => {
    const more = { proof: "voter" as const };
    const box = await writeBox(fresh("box"), known, GOOD, more);
    const turned = await writeBox(fresh("box"), known, [...GOOD].reverse(), more);
    const [one, again, other] = [open(box), open(box, { threads: 1 }), open(turned)];
    await Promise.all([one.opened, again.opened, other.opened]);
    expect(readFileSync(again.out, "utf8")).toBe(readFileSync(one.out, "utf8"));
    const [a, b] = [await read(one.out), await read(other.out)];
    expect(b.listSha256).toBe(a.listSha256);
    expect(differences(a, await read(again.out))).toEqual([]);
    expect(differences(a, b)).toEqual([expect.stringMatching(/^SHA-256 of the box: [0-9a-f]{64} and [0-9a-f]{64}$/)]);
    expect(readFileSync(one.out, "utf8")).toMatch(/\n\{"option":"oui","tracker":"[0-9a-f]{32}"\}\n/);
  });

  test("of an empty box is an opening", async () => {
    const { out, opened } = open(await writeBox(fresh("box"), known, []));
    expect(await opened).toMatchObject({ envelopes: 0, spoiled: [] });
    expect((await read(out)).header.sums.map(({ ballots }) => ballots)).toEqual([0, 0]);
  });
});

describe("no opening is written", () => {
  async function refused(box: string, more: Partial<BoxOpening> = {}): Promise<string> {
    const before = readdirSync(work).length;
    const { opened } = open(box, more);
    const error = await opened.then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(readdirSync(work)).toHaveLength(before);
    if (!(error instanceof Refusal)) throw new Error(`it was not refused: ${String(error)}`);
    return error.message;
  }

  test.each([
    ["law", { law_id: "L2" }, "its law_id is L2, not L1"],
    ["origin", { origin: "stage/L2" }, "its origin is stage/L2, not stage/L1"],
    ["key", { key_id: "0".repeat(16) }, "its key_id is 0000000000000000"],
  ])("for a box of another %s", async (_, more, says) => {
    expect(await refused(await writeBox(fresh("box"), known, GOOD, more))).toContain(says);
  });

  test("for a damaged box", async () => {
    const box = await writeBox(fresh("box"), known, GOOD);
    writeFileSync(box, readFileSync(box, "utf8").split("\n").slice(0, -3).join("\n"));
    expect(await refused(box)).toMatch(
      /is damaged: line 39 is cut off. Use another copy, or ask for the export again.$/,
    );
  });

  test("for a box with a copy of an envelope, also when its end is another one", async () => {
    const [first = ""] = GOOD;
    const changed = Buffer.from(first, "base64url");
    changed[58] = changed.readUInt8(58) ^ 1;
    for (const copy of [first, changed.toString("base64url")]) {
      const said = await refused(await writeBox(fresh("box"), known, [...GOOD, copy]));
      expect(said).toContain("line 42 is a copy of an envelope before it");
    }
  });

  test("over a file that exists", async () => {
    const box = await writeBox(fresh("box"), known, GOOD);
    expect(await refused(box, { out: box })).toContain("exists already. Name another file.");
  });

  test("where no file can be written, which is said before the work", () => {
    expect(() => refuseOutput(join(work, "no-folder", "x"))).toThrow(
      /Nothing can be written to the folder .*no-folder/,
    );
    expect(() => refuseOutput(work)).toThrow("exists already");
    expect(() => refuseOutput(join(work, "x"))).not.toThrow();
  });

  test("after an interruption", async () => {
    const box = await writeBox(fresh("box"), known, envelopesOf(known, Array(6_000).fill(0)));
    const before = readdirSync(work).length;
    const controller = new AbortController();
    const interrupted = new Error("interrupted");
    const { opened } = open(box, {
      signal: controller.signal,
      onProgress: () => controller.abort(interrupted),
    });
    await expect(opened).rejects.toBe(interrupted);
    expect(readdirSync(work)).toHaveLength(before);
  });
});

describe("an opening is not read", () => {
  async function textOf(): Promise<string> {
    const { out, opened } = open(await writeBox(fresh("box"), known, GOOD));
    await opened;
    return readFileSync(out, "utf8");
  }

  test.each([
    ["with another sum", (text: string) => text.replace('"ballots":30', '"ballots":31'), "other ballots than its sums"],
    ["without a ballot", (text: string) => text.replace('{"option":"oui"}\n', ""), "other ballots than its sums"],
    ["with a ballot moved to the other option", changedChoice, "its signature does not belong"],
    ["with another box", (text: string) => text.replace(/"box_sha256":"./, '"box_sha256":"x'), "does not begin as"],
    ["cut off", (text: string) => text.split("\n").slice(0, -2).join("\n").concat("\n"), "is cut off"],
    [
      "in another order",
      (text: string) => text.replace(/(\{"option":"oui"\}\n)(\{"option":"non"\}\n)/, "$2$1"),
      "not sorted",
    ],
    ["with more after its signature", (text: string) => `${text}{"option":"oui"}\n`, "after its signature"],
    [
      "with a line of something else",
      (text: string) => text.replace('{"option":"oui"}', "{}"),
      "a line that is no ballot",
    ],
  ])("%s", async (_, change, says) => {
    const text = await textOf();
    expect(change(text)).not.toBe(text);
    const failure = readOpening(linesOf(change(text)));
    await expect(failure).rejects.toThrow(WrongOpening);
    await expect(failure).rejects.toThrow(says);
  });

  /** The sums agree with the list; only the signature tells. */
  function changedChoice(text: string): string {
    return text
      .replace('"oui","ballots":30', '"oui","ballots":29')
      .replace('"non","ballots":10', '"non","ballots":11')
      .replace('{"option":"oui"}\n{"option":"non"}', '{"option":"non"}\n{"option":"non"}');
  }
});

test("what differs between two openings is named", async () => {
  const other = [...GOOD.slice(1), ...envelopesOf(known, Array(50).fill(1)).slice(49)];
  const [one, two] = [
    open(await writeBox(fresh("box"), known, GOOD)),
    open(await writeBox(fresh("box"), known, [...other, "x"])),
  ];
  await Promise.all([one.opened, two.opened]);
  expect(differences(await read(one.out), await read(two.out))).toEqual([
    expect.stringContaining("SHA-256 of the box: "),
    "envelopes: 40 and 41",
    "spoiled ballots, not_base64url: 0 and 1",
  ]);
  const trackers = (envelopes: readonly string[]) => writeBox(fresh("box"), known, envelopes, { proof: "voter" });
  const [three, four] = [open(await trackers(GOOD)), open(await trackers(other))];
  await Promise.all([three.opened, four.opened]);
  const [a, b] = [await read(three.out), await read(four.out)];
  const sameBox = { ...b, header: { ...b.header, box_sha256: a.header.box_sha256 } };
  expect(differences(a, sameBox)).toEqual(["the lists of ballots, with equal sums"]);
});
