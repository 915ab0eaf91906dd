import { writeFileSync } from "node:fs";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { lawsCommand } from "../../../commands/laws.ts";
import { opsCommand } from "../../../commands/ops/command.ts";
import { limitOf } from "../../../commands/test/tags.ts";
import { votersCommand } from "../../../commands/voters/command.ts";
import { voterHash } from "../../../shared/domain/voter-hash.ts";
import { PostgresOutcomeStore } from "../../../shared/stores/outcomes.ts";
import { aDecidedVote } from "../../support/factories.ts";
import { type CommandLine, startCommandLine, type } from "../support/command-line.ts";

/** They wait on real stores, beside whatever else the machine is doing. */
vi.setConfig({ testTimeout: limitOf(60) });

let line: CommandLine;
let laws = 0;

beforeAll(async () => {
  line = await startCommandLine();
});
afterAll(() => line?.stop());
afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  process.exitCode = undefined;
  line.door.twoPeople = false;
});

function as(person: string, command: Parameters<typeof type>[0], ...args: readonly string[]) {
  vi.stubEnv("REFERENDUM_OPERATOR", person);
  return type(command, ...args, ...line.here);
}

function file(name: string, ...lines: readonly string[]): string {
  writeFileSync(line.path(name), lines.join("\n"));
  return line.path(name);
}

/** A draft whose roll of two voters is loaded. */
async function newDraft(): Promise<string> {
  const lawId = `R-${++laws}`;
  await as("anna", lawsCommand, "add", lawId, "--title-fr", "Une loi ?", "--title-en", "A law?");
  const path = file("roll.csv", "100000001,AAAAAA", "100000002,BBBBBB");
  expect(await as("anna", votersCommand, "load", "--law", lawId, "--file", path)).toMatchObject({ code: 0 });
  return lawId;
}

async function newSealedLaw(): Promise<string> {
  const lawId = await newDraft();
  expect(await as("anna", votersCommand, "seal", lawId, "--expect", "2")).toMatchObject({ code: 0 });
  return lawId;
}

async function proposed(...args: readonly string[]): Promise<string> {
  const { code, out, err } = await as("anna", votersCommand, ...args, "--json");
  expect([code, err]).toEqual([3, expect.anything()]);
  return JSON.parse(out).proposal.id;
}

async function voted(lawId: string): Promise<void> {
  const hash = voterHash("100000001", "AAAAAA", lawId).toString("hex");
  const vote = aDecidedVote({ lawId, voterHash: hash, acceptedAt: new Date().toISOString() });
  expect(await new PostgresOutcomeStore(line.stack.target.pool).record([vote])).toMatchObject([{ status: "counted" }]);
}

describe("whether somebody has voted", () => {
  test("is told to nobody who only proposes a new code, and refuses it when two people want it", async () => {
    const lawId = await newSealedLaw();
    await voted(lawId);
    line.door.twoPeople = true;
    const replace = (name: string, ...lines: readonly string[]) =>
      proposed("replace", lawId, "--file", file(name, ...lines), "--yes");
    const [hasVoted, hasNot] = [
      await replace("voted.csv", "100000001,NEWCODE1"),
      await replace("not.csv", "100000002,NEWCODE2"),
    ];
    expect(await as("ben", opsCommand, "approve", hasVoted, "--yes")).toMatchObject({
      code: 1,
      err: expect.stringMatching(/Approved\.\nWho is named in line 1 has voted \(1 in all\); nothing was changed\./),
    });
    expect(await as("ben", opsCommand, "approve", hasNot, "--yes")).toMatchObject({ code: 0 });
  });

  test("refuses a new code at once where one person is enough", async () => {
    const lawId = await newSealedLaw();
    await voted(lawId);
    const path = file("new.csv", "100000001,NEWCODE1");
    expect(await as("anna", votersCommand, "replace", lawId, "--file", path, "--yes")).toMatchObject({
      code: 1,
      err: expect.stringMatching(/line 1 has voted/),
    });
  });
});

describe("the seal of a roll by two people", () => {
  test("shows the second one the law that will be ready, and is refused when it has changed meanwhile", async () => {
    const lawId = await newDraft();
    line.door.twoPeople = true;
    const first = await proposed("seal", lawId, "--expect", "2");
    const asked = await as("ben", opsCommand, "approve", first);
    expect(asked).toMatchObject({ code: 2 });
    expect(asked.err).toMatch(
      new RegExp(
        `to seal the roll of ${lawId} with 2 voters\\. ${lawId} is a draft: it takes votes from .* until it is closed, ` +
          "once its roll is sealed\\. Its results are public while votes are counted\\. " +
          "Voters are asked, in French: “Une loi \\?”, and in English: “A law\\?”\\.",
      ),
    );
    await as("anna", lawsCommand, "change", lawId, "--title-en", "Another law?", "--results", "after-close");
    const changed = new RegExp(
      `The law ${lawId} has changed since somebody asked to seal its roll: it had version 1 then, and has version 2 now\\.`,
    );
    expect(await as("ben", opsCommand, "approve", first, "--yes")).toMatchObject({
      code: 1,
      err: expect.stringMatching(changed),
    });
    expect((await as("ben", opsCommand, "pending")).out).toMatch(new RegExp(`${first} +pending`));
    const second = await proposed("seal", lawId, "--expect", "2");
    expect((await as("ben", opsCommand, "approve", second, "--yes", "--no-carry-out")).code).toBe(0);
    await as("anna", lawsCommand, "change", lawId, "--title-en", "A third law?");
    expect(await as("anna", opsCommand, "carry-out", second)).toMatchObject({
      code: 1,
      err: expect.stringMatching(/it had version 2 then, and has version 3 now/),
    });
    const third = await proposed("seal", lawId, "--expect", "2");
    const sealed = await as("ben", opsCommand, "approve", third, "--yes");
    expect(sealed).toMatchObject({ code: 0, err: expect.stringMatching(/after it has closed\. .*A third law\?/) });
    // Asked again, it says what came of it.
    expect((await as("ben", opsCommand, "carry-out", third)).out).toBe(sealed.out);
  });

  test("is not that of another proposal: what was proposed before it is refused, and so is a seal of what was changed since", async () => {
    const lawId = await newDraft();
    line.door.twoPeople = true;
    const [first, same] = [
      await proposed("seal", lawId, "--expect", "2"),
      await proposed("seal", lawId, "--expect", "2"),
    ];
    expect((await as("ben", opsCommand, "approve", first, "--yes", "--no-carry-out")).code).toBe(0);
    await as("anna", lawsCommand, "change", lawId, "--title-en", "Another law?");
    const [sealing, repetition] = [
      await proposed("seal", lawId, "--expect", "2"),
      await proposed("seal", lawId, "--expect", "2"),
    ];
    const sealed = await as("ben", opsCommand, "approve", sealing, "--yes");
    expect(sealed.code).toBe(0);
    const sealedBefore = new RegExp(
      `The roll of ${lawId} is sealed with 2 voters already, and not for what somebody asked: the law had version 1 then, and has version 3 now`,
    );
    const refused = { code: 1, err: expect.stringMatching(sealedBefore) };
    expect(await as("anna", opsCommand, "carry-out", first)).toMatchObject(refused);
    expect(await as("ben", opsCommand, "approve", same, "--yes")).toMatchObject(refused);
    // The same law and the same roll: nothing is done, and what holds is said.
    expect(await as("ben", opsCommand, "approve", repetition, "--yes")).toMatchObject({ code: 0, out: sealed.out });

    const late = await proposed("seal", lawId, "--expect", "2");
    const strike = await proposed("strike", lawId, "--file", file("struck.csv", "100000001"), "--yes");
    expect((await as("ben", opsCommand, "approve", strike, "--yes")).code).toBe(0);
    const changed = new RegExp(
      `The roll of ${lawId} is sealed already: with 2 voters, by the act ${sealing}\\. It was changed since then, and has 1 voter now`,
    );
    expect(await as("ben", opsCommand, "approve", late, "--yes")).toMatchObject({
      code: 1,
      err: expect.stringMatching(changed),
    });
    expect(await as("anna", votersCommand, "seal", lawId, "--expect", "2")).toMatchObject({
      code: 1,
      err: expect.stringMatching(changed),
    });
    // Of the act itself, the journal says what it has sealed.
    expect((await as("ben", opsCommand, "carry-out", sealing)).out).toBe(sealed.out);
    const { rows } = await line.stack.target.pool.query(
      "select run::text from journal where law_id = $1 and act = 'seal-roll' and phase = 'done' order by number",
      [lawId],
    );
    expect(rows).toEqual([{ run: sealing }, { run: repetition }]);
  });

  test("is not proposed without the version of the law", async () => {
    const lawId = await newDraft();
    line.door.twoPeople = true;
    const body = JSON.stringify({
      run: "11111111-1111-4111-8111-111111111111",
      request: { law_id: lawId, expect: 2 },
    });
    const headers = { "x-operator": "anna" };
    const answer = await fetch(new URL("v1/rolls/seal-roll", line.door.url), { method: "POST", headers, body });
    expect(await answer.json()).toMatchObject({ detail: expect.stringMatching(/names the version of its law/) });
  });
});
