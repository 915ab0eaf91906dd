import { execFileSync } from "node:child_process";
import { readdirSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { build } from "esbuild";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { makeBundle } from "../../support/bundle/make-bundle.ts";
import { honestWorld } from "../../support/bundle/world.ts";
import { writeBundle } from "../../support/bundle/write-bundle.ts";
import { type ClientPackage, MACHINE_PATH, packClient } from "../../support/client-package.ts";
import { VECTORS } from "../../support/sealing-vectors.ts";

const ROOT = resolve(import.meta.dirname, "../../..");
const TSC = join(ROOT, "node_modules/.bin/tsc");
/** What a stranger writes: a vote whose first answer is lost. */
const PROGRAM = `
import { castVote } from "@referendum/client";
const keys = new Set();
let tries = 0;
const fetch = async (url, init) => {
  if (url.endsWith("/laws/L1")) return Response.json({ law_id: "L1", form: "open" });
  keys.add(init.headers["idempotency-key"]);
  if (tries++ === 0) throw new TypeError("no connection");
  return Response.json({ request_id: "AQ1" }, { status: 202, headers: { location: "/api/v1/votes/AQ1" } });
};
const vote = { nas: "000000000", code: "EXAMPLE123", law_id: "L1", vote: "non" };
const { receipt } = await castVote("https://example.test", vote, { fetch, random: () => 0 });
export const said = JSON.stringify({ receipt, tries, keys: keys.size });
`;
/** The same for sealing a ballot: the machine's Node may be another one than the project's. */
const SEALING = `
import { canSeal, sealBallot } from "@referendum/client";
const [{ origin, option, seed }] = ${JSON.stringify(VECTORS.ballots)};
const election = { origin, electionKey: ${JSON.stringify(VECTORS.election.election_key)} };
const sealed = await sealBallot(election, option, Uint8Array.from(Buffer.from(seed, "hex")));
console.log(JSON.stringify({ can: await canSeal(), envelope: sealed.envelope }));
`;
/** A stranger's verifier of a folder. */
const VERIFYING = `
import { readFile } from "node:fs/promises";
import { en, verify } from "@referendum/client/verify";
const read = async (path) => {
  const bytes = await readFile("bundle/" + path).catch(() => undefined);
  return bytes && (async function* () { yield bytes; })();
};
const { verdict, checks } = await verify({ read, parallel: 1 }, "bundle");
const failed = checks.filter(({ outcome }) => outcome === "fails").map(({ id }) => en.checks[id].title);
console.log(JSON.stringify({ verdict, failed }));
`;
const EXPECTED = { receipt: "https://example.test/api/v1/votes/AQ1", tries: 2, keys: 1 };

let client: ClientPackage;
let project: string;
beforeAll(() => {
  client = packClient();
  project = client.install("empty");
});
afterAll(() => client?.remove());

describe("the package @referendum/client, installed into an empty project", () => {
  test("has JavaScript, types, a page and the licence, and no TypeScript to compile", () => {
    expect(client.files).toEqual(
      expect.arrayContaining([
        ...["LICENSE", "README.md", "dist/index.d.ts", "dist/index.js", "package.json"],
        ...["dist/verify/index.d.ts", "dist/verify/index.js"],
      ]),
    );
    expect(client.files.filter((path) => /(?<!\.d)\.m?ts$/.test(path))).toEqual([]);
    expect(readdirSync(join(project, "node_modules")).filter((name) => !name.startsWith("."))).toEqual(["@referendum"]);
  });

  test("casts a vote on the machine's Node", () => {
    writeFileSync(join(project, "vote.mjs"), `${PROGRAM}\nconsole.log(said);\n`);
    const env = { ...process.env, PATH: MACHINE_PATH };
    const version = execFileSync("node", ["--version"], { env, encoding: "utf8" });
    expect(Number(/^v(\d+)/.exec(version)?.[1])).toBeGreaterThanOrEqual(20);
    const said = execFileSync("node", ["vote.mjs"], { cwd: project, env, encoding: "utf8", timeout: 10_000 });
    expect(JSON.parse(said)).toEqual(EXPECTED);
  });

  test("seals a ballot on the machine's Node", () => {
    writeFileSync(join(project, "seal.mjs"), SEALING);
    const env = { ...process.env, PATH: MACHINE_PATH };
    const said = execFileSync("node", ["seal.mjs"], { cwd: project, env, encoding: "utf8", timeout: 10_000 });
    expect(JSON.parse(said)).toEqual({ can: true, envelope: VECTORS.ballots[0]?.envelope });
  });

  test("checks a bundle on the machine's Node", async () => {
    writeFileSync(join(project, "verify.mjs"), VERIFYING);
    await writeBundle(join(project, "bundle"), makeBundle(honestWorld("sealed")));
    const env = { ...process.env, PATH: MACHINE_PATH };
    const verified = () =>
      JSON.parse(execFileSync("node", ["verify.mjs"], { cwd: project, env, encoding: "utf8", timeout: 10_000 }));
    expect(verified()).toEqual({ verdict: "holds", failed: [] });
    rmSync(join(project, "bundle", "opened.ndjson"));
    expect(verified()).toEqual({ verdict: "partial", failed: ["The bundle has all of its files"] });
  });

  test("casts a vote from a bundle for browsers", async () => {
    writeFileSync(join(project, "page.mjs"), PROGRAM);
    const { outputFiles, warnings } = await build({
      entryPoints: [join(project, "page.mjs")],
      bundle: true,
      format: "esm",
      platform: "browser",
      target: "es2022",
      write: false,
      logLevel: "silent",
    });
    expect(warnings).toEqual([]);
    const page: { said: string } = await import(
      `data:text/javascript,${encodeURIComponent(outputFiles[0]?.text ?? "")}`
    );
    expect(JSON.parse(page.said)).toEqual(EXPECTED);
  });

  test.each([
    ["is typed: a right program compiles", `vote: "oui"`, ""],
    ["is typed: a choice that does not exist is found", `vote: "maybe"`, `"maybe"' is not assignable`],
  ])("%s", (_, choice, complaint) => {
    const source = `import { castVote, type Accepted, type Receipt, waitForReceipt } from "@referendum/client";
const accepted: Accepted = await castVote("https://x.test", { nas: "1", code: "2", law_id: "L1", ${choice} });
const receipt: Receipt = await waitForReceipt(accepted.receipt, { deadlineMs: 1_000 });
export const status: string = receipt.status;
`;
    writeFileSync(join(project, "typed.mts"), source);
    const strict = ["--noEmit", "--strict", "--module", "nodenext", "--target", "es2022", "--lib", "es2022,dom"];
    const said = (() => {
      try {
        return execFileSync(TSC, [...strict, "--types", "", "typed.mts"], { cwd: project, encoding: "utf8" });
      } catch (error) {
        return String(Object(error).stdout);
      }
    })();
    if (complaint === "") expect(said).toBe("");
    else expect(said).toContain(complaint);
  });
});
