import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { limitOf } from "../../../commands/test/tags.ts";
import { Refusal } from "../../../shared/domain/refusal.ts";
import type { PublicFile } from "../../../shared/messages/trustees.ts";
import { fileText, writeNewFiles } from "../../../trustees/files.ts";
import { electionFields, makePublicFile, readPublicFile } from "../../../trustees/public-file.ts";
import { LEAST_SCRYPT_N, sealShare } from "../../../trustees/share-file.ts";
import { combineShares, newSecret, newSplit, readShares, splitSecret } from "../../../trustees/shares.ts";

// Passphrases cost little here, and still something.
vi.setConfig({ testTimeout: limitOf(60) });

const work = mkdtempSync(join(tmpdir(), "referendum-shares-"));
afterAll(() => rmSync(work, { recursive: true, force: true }));

const PASSPHRASES = ["the first passphrase", "the second passphrase", "the third passphrase"];
const secret = newSecret();

/** Makes a set of shares in a folder of its own. */
async function makeSet(name: string, lawId: string, from = secret) {
  const election = electionFields(lawId, `stage/${lawId}`, from.keys);
  const split = newSplit(3, 2);
  const shares = await splitSecret(from.bytes, election, split, PASSPHRASES, () => undefined, LEAST_SCRYPT_N);
  const paths = shares.map((_, at) => join(work, `${name}-${at + 1}.json`));
  const known = makePublicFile(from.keys, election, split);
  await writeNewFiles(shares.map((share, at) => [paths[at] ?? "", fileText(share)]));
  const publicPath = join(work, `${name}.public.json`);
  await writeNewFiles([[publicPath, fileText(known)]]);
  return { paths, known, publicPath, split, election };
}

type Made = Awaited<ReturnType<typeof makeSet>>;
let set: Made;
let another: Made;
let foreign: Made;
beforeAll(async () => {
  set = await makeSet("set", "L1");
  another = await makeSet("another", "L1");
  foreign = await makeSet("foreign", "L2");
}, limitOf(120));

async function refusal(attempt: Promise<unknown>): Promise<string> {
  const error = await attempt.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof Refusal)) throw new Error(`it was not refused: ${String(error)}`);
  for (const passphrase of PASSPHRASES) expect(error.message).not.toContain(passphrase);
  return error.message;
}

const share = (from: Made, at: number) => from.paths[at - 1] ?? "";

/** A share file with a change. */
function changed(name: string, change: (text: string) => string): string {
  const path = join(work, name);
  writeFileSync(path, change(readFileSync(share(set, 2), "utf8")));
  return path;
}

describe("any two of three shares", () => {
  test.each([
    [1, 2],
    [3, 1],
    [2, 3],
  ])("%i and %i give the secret", async (one, other) => {
    const known = await readPublicFile(set.publicPath);
    const found = await readShares([share(set, one), share(set, other)], known);
    const passphrases = [PASSPHRASES[one - 1] ?? "", PASSPHRASES[other - 1] ?? ""];
    expect(Buffer.compare((await combineShares(found, passphrases)).bytes, secret.bytes)).toBe(0);
  });

  test("and all three of them, with passphrases in another Unicode form", async () => {
    const composed = await splitSecret(secret.bytes, set.election, newSplit(2, 2), [
      "\u00e9".repeat(12),
      "x".repeat(12),
    ]);
    const paths = [join(work, "c-1.json"), join(work, "c-2.json")];
    await writeNewFiles(composed.map((file, at) => [paths[at] ?? "", fileText(file)]));
    const known: PublicFile = { ...set.known, split_id: composed[0]?.split_id ?? "", trustees: 2 };
    const typed = ["e\u0301".repeat(12), "x".repeat(12)];
    expect(Buffer.compare((await combineShares(await readShares(paths, known), typed)).bytes, secret.bytes)).toBe(0);
    const all = await combineShares(await readShares(set.paths, set.known), PASSPHRASES);
    expect(Buffer.compare(all.bytes, secret.bytes)).toBe(0);
  });
});

describe("a sentence says what is wrong with", () => {
  test("a wrong passphrase, and whose it is", async () => {
    const found = await readShares([share(set, 1), share(set, 3)], set.known);
    const said = await refusal(combineShares(found, ["the first passphrase", "a wrong passphrase"]));
    expect(said).toBe(`The passphrase of ${share(set, 3)} is wrong. Its trustee (number 3) types it again.`);
  });

  test("too few shares", async () => {
    expect(await refusal(readShares([share(set, 1)], set.known))).toBe(
      "1 of the 2 shares that are needed: 1 more is missing.",
    );
    expect(await refusal(readShares([], set.known))).toContain("2 more are missing");
  });

  test("a share that is named twice, also under another name", async () => {
    const copy = join(work, "copy.json");
    copyFileSync(share(set, 1), copy);
    for (const path of [share(set, 1), copy]) {
      expect(await refusal(readShares([share(set, 1), path], set.known))).toContain("are the same share, number 1");
    }
  });

  test("shares of another law, of other keys, of another set", async () => {
    expect(await refusal(readShares([share(foreign, 1)], set.known))).toContain("another law, L2. Name shares of L1.");
    expect(await refusal(readShares([share(another, 1)], set.known))).toContain(
      "another set of shares of the same keys",
    );
    const others = await makeSet("others", "L1", newSecret());
    expect(await refusal(readShares([share(others, 1)], set.known))).toContain("is a share of other keys of L1");
  });

  test.each([
    ["another number in it", (text: string) => text.replace('"index": 2', '"index": 1'), "checksum"],
    ["a character of the share changed", (text: string) => text.replace(/"body": ".{4}/, '"body": "AAAA'), "checksum"],
    ["its end cut off", (text: string) => text.slice(0, -20), "or is damaged"],
    ["a field missing", (text: string) => text.replace(/ {2}"split_id".*\n/, ""), "(field split_id)"],
    ["a demand for an hour of scrypt", (text: string) => text.replace("16384", "1073741824"), "(field scrypt.n)"],
  ])("a share file with %s", async (what, change, says) => {
    const said = await refusal(readShares([changed(`${what}.json`, change)], set.known));
    expect(said).toContain(says);
    expect(said).toContain("Use another copy of it.");
  });

  test("a file that does not exist, or is something else", async () => {
    expect(await refusal(readShares([join(work, "none.json")], set.known))).toContain(
      "there is no such file. Name the",
    );
    expect(await refusal(readShares([set.publicPath], set.known))).toContain("is not the share file of a trustee");
    expect(await refusal(readPublicFile(share(set, 1)))).toContain("is not the public file of the trustees");
  });

  test("a false share, whose file and passphrase are right", async () => {
    const fields = { ...set.election, split_id: set.split.splitId, threshold: 2, trustees: 3, index: 2 };
    const makeFalse = async (name: string, bytes: Uint8Array) => {
      const path = join(work, name);
      await writeNewFiles([[path, fileText(await sealShare(fields, bytes, "the second passphrase", LEAST_SCRYPT_N))]]);
      return refusal(combineShares(await readShares([share(set, 1), path], set.known), PASSPHRASES));
    };
    const notItsKeys = "The shares of L1 do not give its keys: one of them is false.";
    expect(
      await makeFalse(
        "false-1.json",
        Uint8Array.from({ length: 33 }, (_, at) => at),
      ),
    ).toContain(notItsKeys);
    expect(await makeFalse("false-2.json", new Uint8Array(5))).toContain(notItsKeys);
  });

  test("a public file that was changed", async () => {
    const path = join(work, "changed.public.json");
    writeFileSync(path, readFileSync(set.publicPath, "utf8").replace("stage/L1", "stage/L9"));
    expect(await refusal(readPublicFile(path))).toContain("its signature does not belong to its content");
  });
});

test("files are written all or none, and replace nothing", async () => {
  const [one, two] = [join(work, "new-1.json"), join(work, "new-2.json")];
  writeFileSync(two, "before");
  expect(
    await refusal(
      writeNewFiles([
        [one, "x"],
        [two, "x"],
      ]),
    ),
  ).toContain("exists already");
  expect(readFileSync(two, "utf8")).toBe("before");
  await writeNewFiles([[one, "x"]]);
  expect(readFileSync(one, "utf8")).toBe("x");
});
