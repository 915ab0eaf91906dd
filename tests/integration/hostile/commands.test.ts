import { appendFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { StartedStack } from "../../../places/local/starter.ts";
import { isPlainLine } from "../../../shared/domain/printable.ts";
import { addReadyLaw } from "../../support/add-ready-law.ts";
import { buildOwnEnvironment, type TestEnvironment } from "../../support/environment.ts";
import { databaseRows, dynamoItems, redisKeys } from "../../support/everything.ts";
import { INJECTIONS, MARKER } from "../../support/hostile/injections.ts";
import { type Ended, runCommand } from "../../support/processes.ts";
import { removeLaw, writeLaw } from "../../support/write-law.ts";

let env: TestEnvironment;
let running: StartedStack;
let lawId: string;

beforeAll(async () => {
  ({ environment: env, running } = await buildOwnEnvironment());
  const law = await env.newLaw(3);
  lawId = law.lawId;
  const answers = await Promise.all(law.voters.map((voter) => env.api.vote({ lawId, voter })));
  await env.decided(answers);
});
afterAll(async () => {
  await env?.checkLedger();
  await env?.close();
  await running?.stop();
});

/** Runs a command on this stack. Nothing that it prints, to either stream, may control a terminal. */
async function run(name: string, args: readonly string[], input?: string): Promise<Ended> {
  const ended = await runCommand(name, [...args, "--data", env.stack.data_dir], input);
  const acting = [...`${ended.stdout}${ended.stderr}`].filter(
    (character) => character !== "\n" && !isPlainLine(character),
  );
  expect(acting).toEqual([]);
  expect(ended.stderr).not.toMatch(/\n {2,}at /);
  return ended;
}

const titles = INJECTIONS.map((title, index) => ({ lawId: `T-${index}`, title }));

describe("text that would do harm", { tags: ["hostile"] }, () => {
  test("cannot be a law's id, and can be a title only if it is one plain line", async () => {
    for (const { lawId: id, title } of titles) {
      await expect(addReadyLaw(env.target, { lawId: title, title: "A law" })).rejects.toThrow(/cannot be a law's id/);
      const added = addReadyLaw(env.target, { lawId: id, title });
      if (isPlainLine(title.trim())) expect(await added).toMatchObject({ title: title.trim() });
      else await expect(added).rejects.toThrow(/one line/);
    }
  });

  test("appears unchanged in the list of laws, one line per law, even if another program has stored it", async () => {
    const now = new Date().toISOString();
    for (const { lawId: id, title } of titles)
      await writeLaw(env.target, { lawId: id, title, opensAt: now, keyVersion: 1 });
    const { stdout } = await run("laws", ["list"]);
    const lines = stdout.trimEnd().split("\n");
    expect(lines.map((line) => line.split(" ")[0]).sort()).toEqual(
      ["law", lawId, ...titles.map((law) => law.lawId)].sort(),
    );
    const { stdout: json } = await run("laws", ["list", "--json"]);
    const listed: { laws: { law_id: string; title: string }[] } = JSON.parse(json);
    for (const { lawId: id, title } of titles) {
      expect(listed.laws.find((law) => law.law_id === id)?.title).toBe(title);
    }
  });

  test.concurrent.each([
    ["laws", ["close", `\u001b[31m${MARKER}`]],
    ["laws", ["add", `\u001b[31m${MARKER}`, "--title", "A law"]],
    ["laws", ["add", "L9", "--title", `\u001b]0;${MARKER}\u0007`]],
    ["laws", ["list", `--\u001b[31m${MARKER}`]],
    ["ops", ["freeze", `${MARKER}\u009b2J`]],
    ["ops", ["redrive", `\u001b[2J${MARKER}`]],
    ["ops", ["reconcile", "--accepted", `\u001b[2J${MARKER}`]],
    ["ops", ["settle", `\u001b[2J${MARKER}`, "--yes"]],
    ["ops", ["set-aside", `\u001b[2J${MARKER}`]],
    ["ops", ["set-aside", "votes", `\u001b[2J${MARKER}`, "--reason", MARKER]],
    ["ops", ["approve", `\u001b[2J${MARKER}`, "--yes"]],
    ["ops", ["carry-out", `\u001b[2J${MARKER}`]],
    ["logs", [`\u001b[2J${MARKER}`]],
    ["voters", ["load", "--law", `\u001b[2J${MARKER}`, "--file", "-"]],
  ])("in an argument of %s is named, and does not act: %j", async (name, args) => {
    const { code, stdout, stderr } = await run(name, args);
    expect(code).toBeGreaterThan(0);
    expect(stdout).toBe("");
    expect(stderr).not.toBe("");
  });

  test("in a roll file is not a voter, and is not repeated", async () => {
    const lines = INJECTIONS.flatMap((text) => [`${text},ABC123`, `123456789,${text}`, text, `"${text}","${text}"`]);
    for (const [text, told] of [
      [lines.join("\n"), /not certain which of the \d columns|There is no voter in standard input/],
      [["nas,code", ...lines].join("\n"), /line \d+: [\s\S]*There is no voter in standard input/],
    ] as const) {
      for (const args of [
        ["load", "--law", lawId, "--file", "-", "--yes"],
        ["check", "-"],
      ]) {
        const { code, stdout, stderr } = await run("voters", [...args, "--json"], text);
        expect(`${stdout}${stderr}`).not.toContain(MARKER);
        expect([code, stderr]).toEqual([1, expect.stringMatching(args[0] === "load" ? told : /not certain|no voter/)]);
      }
    }
    const { rows } = await env.target.pool.query("select count(*)::int as n from voter_roll where law_id = $1", [
      lawId,
    ]);
    expect(rows).toEqual([{ n: 3 }]);
  });

  test("in a list of accepted votes is not a request id, and is not repeated", async () => {
    const ids = INJECTIONS.map((text) => text.replaceAll(/[\r\n]/g, " "));
    const file = join(env.stack.data_dir, "accepted.txt");
    writeFileSync(file, `${ids.join("\n")}\n`);
    const { code, stdout, stderr } = await run("ops", ["reconcile", "--accepted", file]);
    expect([code, stdout, stderr]).toEqual([
      1,
      "",
      expect.stringMatching(/^Line 1 of accepted.txt does not begin with/),
    ]);
    expect(stderr).not.toContain(MARKER);
  });

  test("in a log is printed and cannot control the terminal", async () => {
    appendFileSync(join(env.stack.data_dir, "logs", "hostile.log"), INJECTIONS.map((text) => `${text}\n`).join(""));
    for (const args of [["hostile"], []]) {
      const { code, stdout } = await run("logs", args);
      expect([code, stdout.includes(MARKER)]).toEqual([0, true]);
    }
  });

  test("leaves every store as it was, and every command still answers", async () => {
    for (const law of titles) await removeLaw(env.target, law.lawId);
    const status = await run("status", []);
    expect([status.code, status.stdout.includes(lawId)]).toEqual([0, true]);
    expect(await run("ops", ["reconcile", "--law", lawId])).toMatchObject({ code: 0 });
    expect((await env.api.results(lawId)).json).toMatchObject({ total_votes: 3 });
    for await (const { name, content } of databaseRows(env.target)) expect(content.includes(MARKER), name).toBe(false);
    for await (const { name, content } of redisKeys(env.target)) expect(content.includes(MARKER), name).toBe(false);
    for await (const { name, content } of dynamoItems(env.target)) expect(content.includes(MARKER), name).toBe(false);
  });
});
