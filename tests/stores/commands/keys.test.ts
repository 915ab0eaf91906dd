import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { limitOf } from "../../../commands/test/tags.ts";
import { isSigned } from "../../../shared/domain/sealing/signed.ts";
import { readPublicFile } from "../../../trustees/public-file.ts";
import { combineShares, readShares } from "../../../trustees/shares.ts";
import { runCommand } from "../../support/processes.ts";
import { envelopesOf, writeBox } from "../../support/sealed-box.ts";

// Each command is a process, and each passphrase takes it a third of a second.
vi.setConfig({ testTimeout: limitOf(120), hookTimeout: limitOf(120) });

const ROOT = resolve(import.meta.dirname, "../../..");
const work = mkdtempSync(join(tmpdir(), "referendum-keys-"));
afterAll(() => rmSync(work, { recursive: true, force: true }));

const passphrase = (trustee: number) => `quiet river number ${trustee}`;
const typed = (...trustees: number[]) => trustees.map((trustee) => `${passphrase(trustee)}\n`).join("");
/** Lines that a command prints when its work takes ten seconds or more. */
const PROGRESS = /^[\d,]+ of [\d,]+ (?:shares|ballots), \d+\/s\n/gm;

async function keys(args: readonly string[], ...trustees: number[]) {
  const options = trustees.length === 0 ? args : [...args, "--passphrases-fd", "0"];
  const ended = await runCommand("keys", options, typed(...trustees));
  return { ...ended, stderr: ended.stderr.replaceAll(PROGRESS, "") };
}

const old = join(work, "old");
const publicFile = join(old, "L1.public.json");
const NEW = ["new", "--law", "L1", "--origin", "stage/L1", "--threshold", "2"];
const at = (path: string) => join(work, path);

/** The share files of a folder, in the order of their numbers. */
function sharesIn(folder: string): string[] {
  return readdirSync(folder)
    .filter((name) => name.includes(".share-"))
    .sort()
    .map((name) => join(folder, name));
}

let made: Awaited<ReturnType<typeof keys>>;
let shares: string[];
let box: string;
beforeAll(async () => {
  made = await keys([...NEW, "--trustees", "3", "--out", old], 1, 2, 3);
  shares = sharesIn(old);
  const known = await readPublicFile(publicFile);
  box = await writeBox(at("box.ndjson"), known, envelopesOf(known, [0, 1, 0, 0, 9]));
});

const some = (...numbers: number[]) => numbers.map((number) => shares[number - 1] ?? "");

describe("npm run keys -- new", () => {
  test("writes a share per trustee and a public file, and says what losing shares means", async () => {
    expect(made).toMatchObject({ code: 0, stderr: "" });
    expect(shares).toHaveLength(3);
    for (const path of shares) expect(statSync(path).mode & 0o777, path).toBe(0o600);
    expect(made.stdout).toContain(
      "If 2 shares are lost, nobody can open the ballots, and the vote must be held again.",
    );
    expect(await readPublicFile(publicFile)).toMatchObject({
      law_id: "L1",
      origin: "stage/L1",
      trustees: 3,
      threshold: 2,
    });
  });

  test("writes and says nothing secret", async () => {
    const set = await readShares(some(1, 2), await readPublicFile(publicFile));
    const secret = await combineShares(set, [passphrase(1), passphrase(2)]);
    const { election, signing } = secret.keys;
    const privateKeys = [election, signing].map(({ privateKey }) =>
      privateKey.export({ format: "der", type: "pkcs8" }).subarray(16),
    );
    const texts = [made.stdout, ...[...shares, publicFile].map((path) => readFileSync(path, "utf8"))];
    for (const bytes of [Buffer.from(secret.bytes), ...privateKeys]) {
      for (const form of ["hex", "base64", "base64url"] as const) {
        expect(texts.filter((text) => text.includes(bytes.toString(form).slice(0, 20)))).toEqual([]);
      }
    }
    expect(texts.filter((text) => text.includes("quiet river"))).toEqual([]);
  });

  test.each([
    ["more needed than there are", ["--trustees", "2", "--threshold", "3", "--out", "x"], [1, 2], 2, "cannot be 3"],
    ["an origin with a blank", ["--trustees", "2", "--origin", "a b", "--out", "x"], [1, 2], 2, "is no origin"],
    ["a law that is none", ["--trustees", "2", "--law", "../x", "--out", "x"], [1, 2], 2, "is no id of a law"],
    ["too few passphrases", ["--trustees", "3", "--out", "x"], [1, 2], 2, "has 2 lines, but 3 passphrases"],
    ["too many passphrases", ["--trustees", "2", "--out", "x"], [1, 2, 3], 2, "has 3 lines, but 2 passphrases"],
    ["a folder that has keys of this law", ["--trustees", "3", "--out", old], [1, 2, 3], 1, "exists already"],
    ["nobody to ask", ["--trustees", "3", "--out", "x"], [], 2, "Nobody can be asked for a passphrase"],
  ])("refuses %s, and writes nothing", async (_, args, trustees, code, says) => {
    const folder = args.at(-1) === "x" ? at("x") : old;
    const said = await keys([...NEW, ...args.slice(0, -1), folder], ...trustees);
    expect(said).toMatchObject({ code, stdout: "" });
    expect(said.stderr).toContain(says);
    expect(existsSync(at("x"))).toBe(false);
    expect(sharesIn(old)).toEqual(shares);
  });

  test("refuses a short passphrase", async () => {
    const args = [...NEW, "--trustees", "2", "--out", at("x"), "--passphrases-fd", "0"];
    const said = await runCommand("keys", args, "long enough for this\nshort\n");
    expect(said).toMatchObject({ code: 1, stdout: "" });
    expect(said.stderr).toBe(
      "The passphrase of trustee 2 is too short: use at least 12 characters, for example five words.\n",
    );
  });
});

test("npm run keys -- test writes a statement that the office can check", async () => {
  const out = at("statement.json");
  const said = await keys(["test", ...some(3, 1), "--public", publicFile, "--out", out], 3, 1);
  expect(said).toMatchObject({ code: 0, stderr: "" });
  const statement = JSON.parse(readFileSync(out, "utf8"));
  const { signing_key, split_id } = await readPublicFile(publicFile);
  expect(statement).toMatchObject({ kind: "test_opening", law_id: "L1", split_id, shares: [1, 3] });
  expect(isSigned(signing_key, "referendum test opening v1", statement)).toBe(true);
  expect(isSigned(signing_key, "referendum test opening v1", { ...statement, shares: [1, 2] })).toBe(false);
  const wrong = await keys(["test", ...some(3, 1), "--public", publicFile, "--out", at("no.json")], 3, 2);
  expect(wrong).toMatchObject({ code: 1, stdout: "" });
  expect(wrong.stderr).toContain("share-1-of-3");
  expect(existsSync(at("no.json"))).toBe(false);
});

test("npm run keys -- split makes another set of the same keys; openings of both agree, and a mix is refused", async () => {
  const fresh = at("fresh");
  const split = ["split", ...some(1, 2), "--public", publicFile, "--trustees", "4", "--threshold", "3", "--out", fresh];
  expect(await keys(split, 1, 2, 5, 6, 7, 8)).toMatchObject({ code: 0, stderr: "" });
  const [before, after] = [await readPublicFile(publicFile), await readPublicFile(join(fresh, "L1.public.json"))];
  expect(after).toMatchObject({ election_key: before.election_key, signing_key: before.signing_key, threshold: 3 });
  expect(after.split_id).not.toBe(before.split_id);

  const others = sharesIn(fresh);
  const openings = [at("one.ndjson"), at("two.ndjson")] as const;
  const opened = await keys(["open", ...some(2, 3), "--public", publicFile, "--box", box, "--out", openings[0]], 2, 3);
  expect(opened).toMatchObject({ code: 0, stderr: `The shares give the keys of L1. Opening ${box} …\n` });
  expect(opened.stdout).toContain("5 envelopes of L1:\n  oui: 3\n  non: 1\n  spoiled, no_such_option: 1\n");
  const freshPublic = ["--public", join(fresh, "L1.public.json")];
  const second = ["open", ...others.slice(1), ...freshPublic, "--box", box, "--out", openings[1], "--json"];
  const json = await keys(second, 6, 7, 8);
  expect(JSON.parse(json.stdout)).toMatchObject({ law_id: "L1", envelopes: 5, sums: [{ ballots: 3 }, { ballots: 1 }] });
  expect(readFileSync(openings[1])).toEqual(readFileSync(openings[0]));
  const agreed = await keys(["compare", ...openings, "--public", publicFile]);
  expect(agreed).toMatchObject({ code: 0, stderr: "" });
  expect(agreed.stdout).toContain("Both openings agree: 5 envelopes of L1");

  const mixed = ["open", ...others.slice(0, 2), ...some(1), ...freshPublic, "--box", box, "--out", at("mixed")];
  const refused = await keys(mixed, 5, 6, 1);
  expect(refused).toMatchObject({ code: 1, stdout: "" });
  expect(refused.stderr).toContain("is of another set of shares of the same keys");

  const known = await readPublicFile(publicFile);
  const other = await writeBox(at("other.ndjson"), known, envelopesOf(known, [0, 1]));
  await keys(["open", ...some(1, 2), "--public", publicFile, "--box", other, "--out", at("three.ndjson")], 1, 2);
  const differ = await keys(["compare", openings[0], at("three.ndjson"), "--json"]);
  expect(differ).toMatchObject({ code: 1, stderr: "" });
  expect(JSON.parse(differ.stdout)).toMatchObject({
    agree: false,
    differences: expect.arrayContaining(["envelopes: 5 and 2", "ballots, oui: 3 and 1"]),
  });
});

test("npm run keys -- open ends in order on Ctrl-C, without any file", async () => {
  const known = await readPublicFile(publicFile);
  // Envelopes of nobody take as long as others, and are made at once.
  const envelopes = Array.from({ length: 50_000 }, (_, line) => {
    const bytes = Buffer.alloc(59, 7);
    bytes.set([1, ...Buffer.from(known.key_id, "hex")]);
    bytes.writeUInt32BE(line, 9);
    return bytes.toString("base64url");
  });
  const large = await writeBox(at("large.ndjson"), known, envelopes);
  const before = readdirSync(work);
  const args = ["open", ...some(1, 2), "--public", publicFile, "--box", large, "--out", at("none.ndjson")];
  const node = join(ROOT, "node_modules/node/bin/node");
  const child = spawn(node, [join(ROOT, "bin/keys.ts"), ...args, "--threads", "1", "--passphrases-fd", "0"]);
  child.stdin.end(typed(1, 2));
  let said = "";
  child.stderr.setEncoding("utf8").on("data", (chunk: string) => {
    const opening = said.includes("Opening");
    said += chunk;
    if (!opening && said.includes("Opening")) child.kill("SIGINT");
  });
  const code = await new Promise((done, failed) => child.on("error", failed).on("close", done));
  expect(said.replaceAll(PROGRESS, "")).toMatch(
    /Opening .*large.ndjson …\n\nStopping in order; once more to stop at once.\nInterrupted.\n$/,
  );
  expect(code).toBe(130);
  expect(readdirSync(work)).toEqual(before);
});

describe("npm run keys -- check", () => {
  const description = (change: object) => ({
    ...JSON.parse(readFileSync(publicFile, "utf8")),
    title: "a law",
    ...change,
  });

  test("compares with a file, and with what a server answers", async () => {
    const path = at("law.json");
    writeFileSync(path, JSON.stringify(description({})));
    expect(await keys(["check", path, "--public", publicFile])).toMatchObject({ code: 0, stderr: "" });
    writeFileSync(path, JSON.stringify(description({ election_key: "A".repeat(43), origin: undefined })));
    const said = await keys(["check", path, "--public", publicFile]);
    expect(said.code).toBe(1);
    expect(said.stdout).toContain(
      "Do not vote with it, and tell the election office:\n  origin: absent, and not stage/L1",
    );
    expect(said.stdout).toContain(`election_key: ${"A".repeat(43)}, and not `);

    const server = createServer(({ url }, response) => {
      response.statusCode = url === "/api/v1/laws/L1" ? 200 : 404;
      response.end(JSON.stringify(description({})));
    });
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    const address = server.address();
    const port = typeof address === "object" ? address?.port : undefined;
    try {
      const url = `http://127.0.0.1:${port}/api/v1/laws/`;
      expect(await keys(["check", `${url}L1`, "--public", publicFile])).toMatchObject({ code: 0, stderr: "" });
      const absent = await keys(["check", `${url}L2`, "--public", publicFile]);
      expect(absent).toMatchObject({ code: 1, stdout: "" });
      expect(absent.stderr).toContain("answers 404. Name the address of a law's description.");
    } finally {
      await new Promise((done) => server.close(done));
    }
    const away = await keys(["check", `http://127.0.0.1:${port}/`, "--public", publicFile]);
    expect(away.code).toBe(1);
    expect(away.stderr).toContain("On a machine without a network, save its answer and name the file.");
  });
});

describe.skipIf(process.platform !== "linux")("on a terminal (skipped where script(1) is another program)", () => {
  test("passphrases are asked for, twice when they are new, and are not shown", async () => {
    const folder = at("terminal");
    const args = [join(ROOT, "bin/keys.ts"), ...NEW, "--trustees", "2", "--out", folder];
    const node = join(ROOT, "node_modules/node/bin/node");
    const line = [node, ...args].map((word) => `'${word}'`).join(" ");
    const child = spawn("script", ["-qec", line, "/dev/null"], { stdio: ["pipe", "pipe", "pipe"] });
    const answers = [1, 1, 2, 2].map(passphrase);
    let shown = "";
    let asked = 0;
    child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
      shown += chunk;
      while (asked < answers.length && (shown.match(/trustee \d(?: of 2)?: /g)?.length ?? 0) > asked) {
        child.stdin.write(`${answers[asked++]}\r`);
      }
    });
    const code = await new Promise((done, failed) => child.on("error", failed).on("close", done));
    expect(shown).toContain("New passphrase of trustee 1 of 2: ");
    expect(shown).toContain("The same again, trustee 2: ");
    expect(code, shown).toBe(0);
    expect(shown).not.toContain("quiet river");
    const set = await readShares(sharesIn(folder), await readPublicFile(join(folder, "L1.public.json")));
    await combineShares(set, [passphrase(1), passphrase(2)]);
  });
});
