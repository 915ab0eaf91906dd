import { type ChildProcess, spawn } from "node:child_process";
import { cpSync } from "node:fs";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { findChromium } from "../../machine/browser.ts";
import { Chromium } from "../support/chromium.ts";
import { type ClientPackage, MACHINE_PATH, packClient } from "../support/client-package.ts";
import { buildTestEnvironment, type TestEnvironment, type Voter } from "../support/environment.ts";

const EXAMPLES = resolve(import.meta.dirname, "../../examples");

let env: TestEnvironment;
let client: ClientPackage;
beforeAll(async () => {
  env = await buildTestEnvironment();
  client = packClient();
});
afterAll(async () => {
  client?.remove();
  await env?.checkLedger();
  await env?.close();
});

/** The folder of an example after a reader's `npm install` of the package. */
function installed(example: string): string {
  const folder = client.install(example);
  cpSync(join(EXAMPLES, example), folder, { recursive: true, filter: (path) => !path.endsWith("package.json") });
  return folder;
}

function start(program: string, args: readonly string[], cwd: string, settings: Record<string, string>): ChildProcess {
  const names = ["HOME", "LANG", "TMPDIR"].flatMap((name) => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  const environment = { ...Object.fromEntries(names), PATH: MACHINE_PATH, API: env.api.url, ...settings };
  return spawn(program, args, { cwd, env: environment, timeout: 60_000 });
}

/** Runs an example to its end. @returns its exit code and its output */
function run(program: string, args: readonly string[], cwd: string, settings: Record<string, string>) {
  const child = start(program, args, cwd, settings);
  let stdout = "";
  let stderr = "";
  child.stdout?.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
  });
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  return new Promise<{ code: number | null; stdout: string; stderr: string }>((done, failed) => {
    child.on("error", failed);
    child.on("close", (code) => done({ code, stdout: stdout.trim(), stderr }));
  });
}

const settingsOf = (lawId: string, voter: Voter) => ({ LAW_ID: lawId, NAS: voter.nas, CODE: voter.code });

describe.concurrent("the example", () => {
  test.each([
    ["curl/vote.sh", "sh", () => join(EXAMPLES, "curl")],
    ["node/vote.mjs", "node", () => installed("node")],
  ])("%s casts a vote that is counted; a second one of the voter is a duplicate", async (path, program, folder) => {
    const { lawId, voters } = await env.newLaw(1);
    const [cwd, file] = [folder(), path.split("/")[1] ?? ""];
    const settings = settingsOf(lawId, voters[0]);
    expect(await run(program, [file, "oui"], cwd, settings)).toEqual({ code: 0, stdout: "counted", stderr: "" });
    expect(await run(program, [file, "non"], cwd, settings)).toMatchObject({ code: 0, stdout: "duplicate" });
    expect((await env.api.results(lawId)).json).toMatchObject({ oui_count: 1, non_count: 0 });

    const refused = await run(program, [file, "oui"], cwd, { ...settings, LAW_ID: "NO-SUCH-LAW" });
    expect(refused).toMatchObject({ code: 1, stdout: "" });
    expect(refused.stderr).toContain("There is no law with this id.");
  });
});

const chromium = findChromium();

describe.skipIf(chromium === undefined)(
  "the example of a page (skipped where there is no Chromium)",
  { tags: ["browser"] },
  () => {
    test("casts a vote that is counted, and the page says so", async () => {
      const { lawId, voters } = await env.newLaw(1);
      const server = start("node", ["serve.mjs"], installed("page"), { PORT: "0" });
      const browser = await Chromium.start(chromium ?? "");
      try {
        const address = await new Promise<string>((done, failed) => {
          if (server.stdout === null) throw new Error("the example's server has no output");
          createInterface({ input: server.stdout }).once("line", done);
          server.once("exit", (code) => failed(new Error(`the example's server ended with ${code}`)));
        });
        const page = await browser.open(400, 800);
        await page.visit(`${address}?law=${lawId}`);
        const [{ nas, code }] = voters;
        const said = await page.evaluate(`new Promise((resolve, reject) => {
          const status = document.querySelector("[role=status]");
          setTimeout(() => reject(new Error("the page says only: " + status.textContent)), 30_000);
          new MutationObserver(() => /counted\\.$|not /.test(status.textContent) && resolve(status.textContent))
            .observe(status, { childList: true });
          document.querySelector("#nas").value = ${JSON.stringify(nas)};
          document.querySelector("#code").value = ${JSON.stringify(code)};
          document.querySelector("input[value=non]").checked = true;
          document.querySelector("button").click();
        })`);
        expect(said).toBe("Your vote is counted.");
        expect(page.problems).toEqual([]);
        expect((await env.api.results(lawId)).json).toMatchObject({ oui_count: 0, non_count: 1 });
        expect(await page.evaluate("sessionStorage.length")).toBe(0);
        expect((await fetch(`${address}package.json`)).status).toBe(404);
      } finally {
        await browser.stop();
        server.kill();
      }
    });
  },
);
