import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Command } from "commander";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { doctorCommand } from "../../../commands/doctor/command.ts";
import { lawsCommand } from "../../../commands/laws.ts";
import { openapiCommand } from "../../../commands/openapi.ts";
import { opsCommand } from "../../../commands/ops/command.ts";
import { limitOf } from "../../../commands/test/tags.ts";
import { votersCommand } from "../../../commands/voters/command.ts";
import { changeLaw } from "../../../operations/laws/change.ts";
import { explain, UserError } from "../../../terminal/errors.ts";
import { progress } from "../../../terminal/progress.ts";
import { addReadyLaw } from "../../support/add-ready-law.ts";
import { aRequestId } from "../../support/factories.ts";
import { type CommandLine, startCommandLine, type } from "../support/command-line.ts";

/** They wait on real stores, beside whatever else the machine is doing. */
vi.setConfig({ testTimeout: limitOf(60) });

let line: CommandLine;

beforeAll(async () => {
  line = await startCommandLine();
});
afterAll(() => line?.stop());
afterEach(() => {
  vi.restoreAllMocks();
  process.exitCode = undefined;
});

const here = () => line.here;
const path = (name: string) => line.path(name);

describe("wrong command lines", () => {
  test.each<[string, () => Command, string[], RegExp]>([
    ["no count", votersCommand, ["generate"], /required option '--count <number>' not specified/],
    ["a count of words", votersCommand, ["generate", "--count", "many"], /use a whole number from 1 to/],
    ["a count of zero", votersCommand, ["generate", "--count", "0"], /use a whole number from 1 to/],
    ["no source", votersCommand, ["load"], /either --sample or --file/],
    ["two sources", votersCommand, ["load", "--sample", "--file", "x"], /either --sample or --file/],
    [
      "a stage that does not exist",
      votersCommand,
      ["count", "--stage", "moon"],
      /use one of local, localstack, dev, prod/,
    ],
    ["an option that does not exist", lawsCommand, ["list", "--colour"], /unknown option '--colour'/],
    ["a law without a title", lawsCommand, ["add", "L1"], /Give --title, or both --title-fr and --title-en/],
    ["a law with a title in one language", lawsCommand, ["add", "L1", "--title-fr", "x"], /Give --title, or both/],
    [
      "a queue that does not exist",
      opsCommand,
      ["redrive", "letters"],
      /There is no queue letters; use votes or outcomes/,
    ],
    ["no law to settle", opsCommand, ["settle"], /missing required argument 'law'/],
    ["a rebuild of nothing", opsCommand, ["rebuild-roll"], /--law ID or --all/],
    ["removing without a list", opsCommand, ["restore-receipts", "--mark-lost"], /--mark-lost needs --orphans FILE/],
  ])("%s", async (_, make, args, message) => {
    const { code, err } = await type(make, ...args);
    expect(err).toMatch(message);
    expect(err).not.toMatch(/\n\s+at /);
    expect(code).toBe(2);
  });

  test("--help is not a failure", async () => {
    const { code, out } = await type(opsCommand, "reconcile", "--help");
    expect([code, out]).toEqual([0, expect.stringMatching(/Exit codes: 0 clean, 1 something is wrong, 3 no verdict/)]);
  });
});

test("without a stack every command says in one sentence how to start one", async () => {
  const data = ["--data", path("nothing-here")];
  for (const [make, args] of [
    [lawsCommand, ["list"]],
    [votersCommand, ["count"]],
    [opsCommand, ["reconcile"]],
  ] as const) {
    const { code, err, out } = await type(make, ...args, ...data);
    expect([code, out]).toEqual([1, ""]);
    expect(err).toMatch(/^No local stack is running; start one with `npm start` with --data .*\n$/);
  }
});

test("a stack that ended without stopping in order is not mistaken for a running one", async () => {
  const { mkdtempSync } = await import("node:fs");
  const dead = mkdtempSync(path("dead-"));
  const file = JSON.parse(readFileSync(path("stack.json"), "utf8"));
  writeFileSync(join(dead, "stack.json"), JSON.stringify({ ...file, pids: { supervisor: 2 ** 22 + 1 } }));
  expect((await type(lawsCommand, "list", "--data", dead)).err).toMatch(/has ended without stopping in order/);
  writeFileSync(join(dead, "stack.json"), JSON.stringify({ ...file, api_url: "http://127.0.0.1:1" }));
  expect((await type(lawsCommand, "list", "--data", dead)).err).toMatch(
    /its API at http:\/\/127.0.0.1:1 does not answer/,
  );
  writeFileSync(join(dead, "stack.json"), "{ half");
  expect((await type(lawsCommand, "list", "--data", dead)).err).toMatch(/No local stack is running/);
});

test("a law is added, listed, loaded, counted, closed, opened, frozen and reconciled", async () => {
  expect((await type(lawsCommand, "list", ...here())).out).toMatch(/no laws yet/);
  const added = await type(lawsCommand, "add", "C1", "--title", "A law", "--json", ...here());
  expect(JSON.parse(added.out)).toMatchObject({ law_id: "C1", state: "draft", closes_at: null, pepper_id: null });
  expect((await type(lawsCommand, "add", "C1", "--title", "A law", ...here())).err).toMatch(
    /The law C1 exists already/,
  );

  expect(await type(votersCommand, "generate", "--count", "300", "--out", path("c1.csv"))).toMatchObject({
    code: 0,
    out: expect.stringMatching(/^300 voters written/),
  });
  expect(await type(votersCommand, "generate", "--count", "300", "--out", path("c1.csv"))).toMatchObject({
    code: 1,
    err: expect.stringMatching(/exists already.*--force/),
  });
  const loaded = await type(votersCommand, "load", "--file", path("c1.csv"), "--json", ...here());
  expect(JSON.parse(loaded.out)).toMatchObject({ bad: 0, laws: [{ law_id: "C1", loaded: 300, unfinished: [] }] });
  expect(JSON.parse((await type(votersCommand, "count", "--json", ...here())).out)).toEqual({
    laws: [{ law_id: "C1", postgresql: 300, redis: 0, digest: null, complete: false, unfinished: [] }],
  });
  expect((await type(votersCommand, "count", ...here())).out).toMatch(/C1 +300 +0 +not sealed: a draft takes no votes/);
  expect((await type(lawsCommand, "list", ...here())).out).toMatch(/C1 +draft .* 300 +- +A law/);

  expect(await type(votersCommand, "seal", "C1", "--expect", "310", ...here())).toMatchObject({
    code: 1,
    err: expect.stringMatching(/has 300 voters, 10 fewer than the 310 that are expected; nothing was changed/),
  });
  for (const _ of ["sealed", "sealed before"]) {
    expect(await type(votersCommand, "seal", "C1", "--expect", "300", ...here())).toMatchObject({
      code: 0,
      out: expect.stringMatching(
        /^The roll is sealed with 300 voters\. C1 is open: it takes votes from .*\nIts digest is [0-9a-f]{64}\n$/,
      ),
    });
  }
  expect((await type(votersCommand, "count", ...here())).out).toMatch(/C1 +300 +300 +sealed: [0-9a-f]{64}/);
  expect(await type(votersCommand, "load", "--file", path("c1.csv"), ...here())).toMatchObject({
    code: 1,
    err: expect.stringMatching(/The roll of C1 is sealed with 300 voters\./),
  });
  expect((await type(lawsCommand, "list", ...here())).out).toMatch(/C1 +open .* 300 +- +A law/);

  writeFileSync(path("more.csv"), "nas,code\n193456787,GH56JK78\n");
  const changed = (kind: string, ...args: readonly string[]) =>
    type(votersCommand, kind, "C1", "--file", path("more.csv"), ...args, ...here());
  expect(await changed("add"), "nobody can be asked").toEqual({
    code: 2,
    out: "",
    err: expect.stringMatching(
      /^This will add 1 voter to the sealed roll of C1, in force some seconds from now.*has 300 voters now, and 301 then\..*--yes/,
    ),
  });
  expect(await changed("add", "--yes")).toMatchObject({
    code: 0,
    out: expect.stringMatching(
      /^1 voter added, in force at .* The roll of C1 has 301 voters, its digest is [0-9a-f]{64}\./,
    ),
  });
  expect(await changed("add")).toMatchObject({
    code: 1,
    err: expect.stringMatching(/in line 2 is on the roll already/),
  });
  expect(await changed("strike")).toMatchObject({
    code: 2,
    err: expect.stringMatching(/strike 1 voter off .* has 301 voters now, and 300 then\..*--yes/),
  });
  expect(await changed("strike", "--yes")).toMatchObject({
    code: 0,
    out: expect.stringMatching(/^1 voter struck off/),
  });

  expect(await type(lawsCommand, "close", "C1", "--yes", ...here())).toMatchObject({
    code: 0,
    out: expect.stringMatching(/^C1 is closed/),
    err: expect.stringMatching(/^In force at .*\. Every ingest function knows by then\./),
  });
  expect(await type(lawsCommand, "open", "C1", ...here())).toMatchObject({
    code: 1,
    err: expect.stringMatching(/Its result may be known by now.*laws -- open --data \S+ C1 --reopen opens it again/),
  });
  expect((await type(lawsCommand, "open", "C1", "--reopen", ...here())).out).toMatch(
    /^C1 is open: .* It took votes from .* until .*\. It was planned to close at/,
  );
  expect((await type(opsCommand, "freeze", "C1", ...here())).out).toMatch(/^C1 is frozen/);
  expect((await type(opsCommand, "unfreeze", "C1", ...here())).out).toMatch(/every ingest knows within 1 s\.\n$/);

  const clean = await type(opsCommand, "reconcile", "--law", "C1", ...here());
  expect(clean).toMatchObject({ code: 0, out: expect.stringMatching(/C1 +300 +0[\s\S]*The ledger is clean/) });
  const unknown = aRequestId("C1");
  writeFileSync(path("accepted.txt"), `\ufeffrequest_id,law_id\r\n"${unknown}",C1\r\n\r\n`);
  const broken = await type(opsCommand, "reconcile", "--law", "C1", "--accepted", path("accepted.txt"), ...here());
  expect(broken).toMatchObject({ code: 1, out: expect.stringMatching(/invariant 1: 1 of 1 /) });
  expect(broken.out).toContain(unknown);
});

test("a state that a law already has is not a failure, and changes nothing", async () => {
  await addReadyLaw(line.stack.target, { lawId: "Same-1", title: "A law" });
  const again = async (make: () => Command, name: string, ...more: string[]) =>
    (await type(make, name, "Same-1", ...more, ...here())).out;
  expect(await again(lawsCommand, "open")).toMatch(/^Nothing changed\. Same-1 is open/);
  await again(lawsCommand, "close", "--yes");
  expect(await again(lawsCommand, "close")).toMatch(/^Nothing changed\. Same-1 is closed/);
  await again(opsCommand, "freeze");
  expect(await again(opsCommand, "freeze")).toMatch(/^Same-1 is frozen: .* It was frozen before\./);
  await again(opsCommand, "unfreeze");
  expect(await type(opsCommand, "unfreeze", "Same-1", ...here())).toMatchObject({
    code: 0,
    out: expect.stringMatching(/It was not frozen before\./),
  });
});

test("a law shows its times in their original zone, and the planned times beside the changed ones", async () => {
  const times = ["--opens", "2090-11-24T08:00:00-05:00", "--closes", "2090-11-24T20:00:00-05:00"];
  const added = await type(lawsCommand, "add", "Zone-1", "--title", "A law", ...times, ...here());
  expect(added.out).toContain(
    "from 2090-11-24T08:00:00-05:00 (13:00:00 UTC) until 2090-11-24T20:00:00-05:00 (01:00:00 UTC)",
  );
  await changeLaw(line.stack.target.laws, "Zone-1", () => ({ reached: "ready" }));
  expect((await type(lawsCommand, "close", "Zone-1", ...here())).err).toMatch(/not open yet.*--at says when it closes/);
  const prolonged = await type(
    lawsCommand,
    "close",
    "Zone-1",
    "--at",
    "2090-11-24T21:00:00-05:00",
    "--json",
    ...here(),
  );
  expect(JSON.parse(prolonged.out)).toMatchObject({
    closes_at: "2090-11-25T02:00:00.000Z",
    planned_closes_at: "2090-11-25T01:00:00.000Z",
    in_force_at: "2090-11-25T01:00:00.000Z",
  });
  const early = await type(lawsCommand, "open", "Zone-1", "--no-wait", ...here());
  expect(early.out).toMatch(
    /It was planned to open at 2090-11-24T08:00:00-05:00 .* and to close at .*In force at .*-05:00/s,
  );
  expect((await type(lawsCommand, "list", ...here())).out).toContain("2090-11-24T21:00:00-05:00");
  expect((await type(lawsCommand, "close", "Zone-1", "--at", "2020-01-01T00:00Z", ...here())).err).toMatch(
    /at the soonest/,
  );
});

test("bad lines are reported on stderr and by the exit code; the sample is made when it is missing", async () => {
  await type(lawsCommand, "add", "C2", "--title", "A law", ...here());
  writeFileSync(path("bad.csv"), "nas,code\n100000001,AAAAAA\nnonsense\n");
  const { code, out, err } = await type(votersCommand, "load", "--law", "C2", "--file", path("bad.csv"), ...here());
  expect(code).toBe(4);
  expect(err).toBe("line 3: must have two columns: nas,code\n");
  expect(out).toBe(
    "C2: 1 loaded, 0 already there, 1 refused, of 2 lines; 1 on the roll now\n" +
      "1 line does not have the columns nas and code. (line 3)\n",
  );
  expect((await type(votersCommand, "load", "--sample", ...here())).err).toMatch(/Name the law with --law/);
  const sample = await type(votersCommand, "load", "--sample", "--law", "C2", ...here());
  expect(sample).toMatchObject({ code: 0, out: expect.stringMatching(/^C2: 1000 loaded/) });
  expect(existsSync(path("credentials.csv"))).toBe(true);
  expect((await type(votersCommand, "load", "--law", "C2", "--file", path("no.csv"), ...here())).err).toMatch(
    /no file/,
  );
  expect((await type(votersCommand, "load", "--law", "C9", "--sample", ...here())).err).toMatch(/There is no law C9/);
});

test("a file of the wrong kind is refused in one sentence, which repeats nothing of the file", async () => {
  await type(lawsCommand, "add", "C4", "--title", "A law", ...here());
  const accepted = (...args: string[]) =>
    type(opsCommand, "reconcile", "--law", "C4", "--accepted", ...args, ...here());
  writeFileSync(path("roll.csv"), "nas,code\n046454286,ABCD2345\n");
  const roll = await accepted(path("roll.csv"));
  expect(roll).toEqual({
    code: 1,
    out: "",
    err: "Line 1 of roll.csv does not begin with a request id: is it the right file?\n",
  });
  writeFileSync(path("none.csv"), "request_id\r\n");
  expect((await accepted(path("none.csv"))).err).toBe("There is no request id in none.csv.\n");
  expect((await accepted(line.stack.directory)).err).toBe(`${line.stack.directory} is not a file.\n`);
  const orphans = await type(opsCommand, "restore-receipts", "--orphans", path("no/where.csv"), ...here());
  expect(orphans).toMatchObject({ code: 1, err: expect.stringMatching(/^There is no folder .*; make it first\.\n$/) });
  const made = await type(votersCommand, "generate", "--count", "1", "--out", path("no/where.csv"));
  expect(made).toMatchObject({ code: 1, err: expect.stringMatching(/^There is no folder .*; make it first\.\n$/) });
  expect(existsSync(path("no"))).toBe(false);
});

test("every command names a law that does not exist", async () => {
  writeFileSync(path("one.csv"), "100000001,AAAAAA\n");
  for (const [make, args] of [
    [votersCommand, ["count", "--law", "NOPE"]],
    [votersCommand, ["load", "--law", "NOPE", "--file", path("one.csv")]],
    [votersCommand, ["check", path("one.csv"), "--law", "NOPE"]],
    [votersCommand, ["generate", "--count", "1", "--law", "NOPE"]],
    [votersCommand, ["abandon-load", "--law", "NOPE"]],
    [votersCommand, ["abandon-load", "--law", "NOPE", "--voters", "1"]],
    [opsCommand, ["reconcile", "--law", "NOPE"]],
    [opsCommand, ["rebuild-roll", "--law", "NOPE"]],
    [opsCommand, ["freeze", "NOPE"]],
    [opsCommand, ["unfreeze", "NOPE"]],
    [lawsCommand, ["open", "NOPE"]],
    [lawsCommand, ["close", "NOPE"]],
  ] as const) {
    const { code, out, err } = await type(make, ...args, ...here());
    expect({ args, code, out, err }).toMatchObject({
      code: 1,
      out: "",
      err: expect.stringMatching(/^There is no law NOPE\./),
    });
  }
});

test("a roll file is checked without a stack, by its form and, for a law, by its codes", async () => {
  const right = "100000001,AAAAAA\n100000002,BBBBBB\n";
  writeFileSync(path("right.csv"), right);
  expect(await type(votersCommand, "check", path("right.csv"))).toEqual({
    code: 0,
    out:
      "right.csv: 2 lines; 2 voters, 0 lines would be refused. Nothing was changed.\n" +
      "Read as UTF-8 with commas between columns: NAS in column 1, code in column 2; it has no heading.\n",
    err: "",
  });
  writeFileSync(path("wrong.csv"), `${right}46454286,CCCCCC\n100000001,AAAAAA\n100000001,DDDDDD\n`);
  const wrong = await type(votersCommand, "check", path("wrong.csv"), "--json");
  expect(wrong.code).toBe(4);
  expect(JSON.parse(wrong.out)).toMatchObject({
    file: "wrong.csv",
    lines: 5,
    voters: 2,
    repeated: 1,
    refused: 2,
    faults: [
      { kind: "nas_8_digits", count: 1, lines: [3] },
      { kind: "second_code", count: 1, lines: [5] },
    ],
  });
  writeFileSync(path("empty.csv"), "");
  expect(await type(votersCommand, "check", path("empty.csv"))).toEqual({
    code: 1,
    out: "",
    err: "There is no voter in empty.csv; nothing was changed.\n",
  });
});

test("codes with a check are made, checked and loaded for a law that takes only those; codes from elsewhere are named", async () => {
  await type(lawsCommand, "add", "C5", "--title", "A law", "--codes", "checked", ...here());
  await type(votersCommand, "generate", "--count", "50", "--law", "C5", "--out", path("made.csv"), ...here());
  const checked = await type(votersCommand, "check", path("made.csv"), "--law", "C5", ...here());
  expect(checked).toMatchObject({
    code: 0,
    out: expect.stringMatching(/50 lines; 50 voters, 0 lines would be refused/),
  });
  const typed = readFileSync(path("made.csv"), "utf8").replaceAll(
    /,(.{4})(.{4})/g,
    (_, a, b) => `,${a.toLowerCase()}-${b} `,
  );
  writeFileSync(path("typed.csv"), typed);
  await type(votersCommand, "load", "--law", "C5", "--file", path("made.csv"), ...here());
  const again = await type(votersCommand, "load", "--law", "C5", "--file", path("typed.csv"), ...here());
  expect(again.out).toMatch(/^C5: 0 loaded, 50 already there, 0 refused, of 50 lines; 50 on the roll now/);

  await type(votersCommand, "generate", "--count", "50", "--out", path("elsewhere.csv"));
  const refused = await type(votersCommand, "load", "--law", "C5", "--file", path("elsewhere.csv"), ...here());
  expect(refused).toMatchObject({ code: 1, out: "" });
  expect(refused.err).toMatch(
    /There is no voter in elsewhere.csv; nothing was changed. The first 50 codes are not of this stage/,
  );
});

test("a law is added with a warning if its id differs from another only by case", async () => {
  await type(lawsCommand, "add", "Case-1", "--title", "A law", ...here());
  const { code, err } = await type(lawsCommand, "add", "CASE-1", "--title", "A law", ...here());
  expect([code, err]).toEqual([
    0,
    expect.stringMatching(/^Warning: there is a law Case-1 too, whose id differs by case/),
  ]);
});

test("operations on a healthy stack change nothing", async () => {
  await type(lawsCommand, "add", "C3", "--title", "A law", ...here());
  expect(await type(opsCommand, "rebuild-roll", "--law", "C3", ...here())).toMatchObject({
    code: 1,
    err: expect.stringMatching(/The roll of C3 is not sealed/),
  });
  expect((await type(opsCommand, "rebuild-roll", "--law", "C1", ...here())).out).toBe(
    "C1: 300 voters, 0 claims restored\n",
  );
  expect((await type(opsCommand, "redrive", ...here())).out).toMatch(/^votes: 0 dead letters sent back\noutcomes: 0/);
  expect((await type(opsCommand, "drain", ...here())).out).toBe("The queues are empty.\n");
  const settled = await type(opsCommand, "settle", "C3", ...here());
  expect(settled).toMatchObject({ code: 1, err: expect.stringContaining("C3 is a draft and takes no votes.") });
  const restored = await type(
    opsCommand,
    "restore-receipts",
    "--orphans",
    path("orphans.csv"),
    "--mark-lost",
    ...here(),
  );
  expect(restored).toMatchObject({ code: 0, out: expect.stringMatching(/^0 missing receipts written/) });
  expect(readFileSync(path("orphans.csv"), "utf8")).toBe("request_id,law_id,status,accepted_at\n");
  const again = await type(opsCommand, "restore-receipts", "--orphans", path("orphans.csv"), ...here());
  expect(again).toMatchObject({ code: 1, err: expect.stringMatching(/is there already.*name another file/) });
  const { code, out } = await type(doctorCommand, "--json", ...here());
  expect(code).toBe(1);
  expect(JSON.parse(out)).toMatchObject({ ok: false });
  expect((await type(openapiCommand, "--check")).code).toBe(0);
});

describe("the message of a failure", () => {
  test.each<[unknown, RegExp]>([
    [new UserError("Plain words."), /^Plain words\.$/],
    [new AggregateError([new Error("the first")]), /^the first$/],
    [Object.assign(new Error("connect refused"), { code: "ECONNREFUSED" }), /does not answer .*npm run doctor/],
    [Object.assign(new Error('relation "x"'), { code: "42P01" }), /has no schema yet/],
    [Object.assign(new Error("no password"), { code: "28P01" }), /refused the login .*user and password/],
    [Object.assign(new Error("none"), { name: "CredentialsProviderError" }), /no usable AWS credentials/],
    ["text", /^text$/],
  ])("%s", (error, words) => {
    expect(explain(error)).toMatch(words);
  });

  test("long work shows its progress, and without a terminal prints a line now and then", () => {
    vi.useFakeTimers();
    const lines: string[] = [];
    vi.spyOn(process.stderr, "write").mockImplementation((text) => lines.push(String(text)) > 0);
    const bar = progress("voters", 1000);
    bar.update(1);
    vi.advanceTimersByTime(10_001);
    bar.update(500);
    bar.stop();
    vi.useRealTimers();
    expect(lines).toEqual(["500 of 1,000 voters, 50/s\n"]);
  });
});
