import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { buildTestEnvironment, type TestEnvironment, type Voter } from "../support/environment.ts";
import { startFaultyProxy } from "../support/faulty-proxy.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const NODE = join(ROOT, "node_modules/node/bin/node");

let env: TestEnvironment;
beforeAll(async () => {
  env = await buildTestEnvironment();
});
afterAll(async () => {
  await env?.checkLedger();
  await env?.close();
});

const PAGE = readFileSync(join(ROOT, "docs/client.md"), "utf8");

/** The only piece of docs/client.md in a language, with the values that a reader would put in. */
function example(language: string, api: string, lawId: string, voter: Voter): string {
  const [code, ...more] = [...PAGE.matchAll(/^```(\w+)\n(.*?)^```$/gms)].flatMap(([, name, text = ""]) =>
    name === language ? [text] : [],
  );
  if (code === undefined || more.length > 0) throw new Error(`docs/client.md has not one piece of ${language}`);
  const own = { "http://127.0.0.1:8000": api, "123 456 789": voter.nas, ABC123: voter.code, "L2025-001": lawId };
  return Object.entries(own).reduce((text, [shown, value]) => {
    if (text.split(shown).length !== 2) throw new Error(`the example in ${language} does not name ${shown} once`);
    return text.replace(shown, value);
  }, code);
}

/** Saves the example in TypeScript beside what a clone has in its root, and runs it by the page's command. */
async function runSaved(code: string): Promise<string> {
  const [, command = "", file = ""] = /`(node_modules\/\.bin\/node (\w+\.ts))`/.exec(PAGE) ?? [];
  expect(PAGE).toContain(`Save this as \`${file}\` in the root`);
  const clone = mkdtempSync(join(tmpdir(), "referendum-clone-"));
  try {
    for (const name of ["client", "node_modules", "package.json"]) symlinkSync(join(ROOT, name), join(clone, name));
    writeFileSync(join(clone, file), code);
    return await run("sh", ["-c", command], clone);
  } finally {
    rmSync(clone, { recursive: true });
  }
}

/** Runs a program to its end. @returns its standard output */
function run(program: string, args: readonly string[], cwd: string): Promise<string> {
  const path = `${dirname(NODE)}:${process.env.PATH ?? ""}`;
  const child = spawn(program, args, { cwd, env: { ...process.env, PATH: path }, timeout: 60_000 });
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => (code === 0 ? resolve(stdout) : reject(new Error(`exit code ${code}: ${stderr}`))));
  });
}

describe.concurrent("docs/client.md: a vote whose first answer is lost is cast once by", () => {
  test.each([
    ["ts", runSaved, /^counted/],
    ["sh", (code: string) => run("sh", ["-c", code], ROOT), /"request_id":"/],
  ] as const)("the example in %s", async (language, start, expected) => {
    const { lawId, voters } = await env.newLaw(1);
    const proxy = await startFaultyProxy(env.api.url, (vote) => ({ kind: vote === 0 ? "lose-answer" : "pass" }));
    try {
      expect(await start(example(language, proxy.url, lawId, voters[0]))).toMatch(expected);
    } finally {
      await proxy.close();
    }
    expect(proxy.keys).toHaveLength(2);
    expect(proxy.keys[0]).toBe(proxy.keys[1]);
    expect(proxy.passed[1]?.json["request_id"]).toBe(proxy.passed[0]?.json["request_id"]);
    await env.until("the vote is counted", async () => (await env.api.results(lawId)).json["total_votes"] === 1);
  });
});
