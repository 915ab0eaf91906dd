import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { lawsCommand } from "../../../commands/laws.ts";
import { opsCommand } from "../../../commands/ops/command.ts";
import { limitOf } from "../../../commands/test/tags.ts";
import { addReadyLaw } from "../../support/add-ready-law.ts";
import { putOn } from "../../support/queues.ts";
import { type CommandLine, startCommandLine, type } from "../support/command-line.ts";

/** They wait on real stores, beside whatever else the machine is doing. */
vi.setConfig({ testTimeout: limitOf(60) });

let line: CommandLine;
let laws = 0;

beforeAll(async () => {
  line = await startCommandLine();
  line.door.twoPeople = true;
});
afterAll(() => line?.stop());
afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  process.exitCode = undefined;
});

/** What a person types after `npm run ops --`. */
function ops(person: string, ...args: readonly string[]) {
  vi.stubEnv("REFERENDUM_OPERATOR", person);
  return type(opsCommand, ...args, ...line.here);
}

async function newLaw(): Promise<string> {
  const lawId = `P-${++laws}`;
  await addReadyLaw(line.stack.target, { lawId, title: "A law" });
  return lawId;
}

async function proposedClose(lawId: string): Promise<string> {
  vi.stubEnv("REFERENDUM_OPERATOR", "anna");
  const { code, out } = await type(lawsCommand, "close", lawId, "--yes", "--json", ...line.here);
  expect(code).toBe(3);
  return JSON.parse(out).proposal.id;
}

async function stateOf(lawId: string): Promise<string> {
  const { out } = await type(lawsCommand, "list", "--json", ...line.here);
  return JSON.parse(out).laws.find(({ law_id }: { law_id: string }) => law_id === lawId).state;
}

describe("an act that needs a second person", () => {
  test("is proposed and not done, and says what the second person types", async () => {
    const lawId = await newLaw();
    vi.stubEnv("REFERENDUM_OPERATOR", "anna");
    const proposed = await type(lawsCommand, "close", lawId, "--yes", ...line.here);
    expect(proposed).toMatchObject({
      code: 3,
      out: expect.stringMatching(
        /^Proposed, and not done: close-law.*\n.*ops -- pending --data \S+\n.*ops -- approve [0-9a-f-]{36} --data \S+\nIt ends at/,
      ),
    });
    expect(await stateOf(lawId)).toBe("open");
    const pending = await ops("ben", "pending");
    expect(pending.out).toMatch(new RegExp(`[0-9a-f-]{36} +pending +anna +\\S+ +close the law ${lawId} now\\n`));
  });

  test("is shown, approved and done by another person, and never by the one who proposed it", async () => {
    const lawId = await newLaw();
    const id = await proposedClose(lawId);
    expect(await ops("anna", "approve", id, "--yes")).toMatchObject({
      code: 1,
      out: "",
      err: expect.stringMatching(/anna has proposed this; a second person must decide/),
    });
    expect(await ops("ben", "carry-out", id)).toMatchObject({
      code: 1,
      err: expect.stringMatching(/not approved yet/),
    });
    const approved = await ops("ben", "approve", id, "--yes");
    expect(approved).toMatchObject({
      code: 0,
      out: expect.stringMatching(new RegExp(`^${lawId} is .*In force at`)),
      err: expect.stringMatching(
        new RegExp(
          `^anna has proposed at .*: to close the law ${lawId} now\\. .* Its roll has 0 voters\\. .*\nApproved\\.\n`,
        ),
      ),
    });
    await vi.waitFor(async () => expect(await stateOf(lawId)).toBe("closed"), { timeout: 10_000 });
    // Asked again, from wherever, it says what came of it.
    expect((await ops("anna", "carry-out", id)).out).toBe(approved.out);
    expect((await ops("ben", "pending")).out).not.toContain(id);
    expect((await ops("ben", "pending", "--all")).out).toMatch(new RegExp(`${id} +done`));
  });

  test("is approved without being done, and then done by whoever carries it out", async () => {
    const lawId = await newLaw();
    const id = await proposedClose(lawId);
    expect((await ops("ben", "approve", id, "--yes", "--no-carry-out")).out).toBe(
      `Approved. npm run ops -- carry-out ${line.here.join(" ")} ${id} does it.\n`,
    );
    expect(await stateOf(lawId)).toBe("open");
    expect((await ops("ben", "pending")).out).toMatch(new RegExp(`${id} +approved`));
    const done = await ops("anna", "carry-out", id, "--json");
    expect(JSON.parse(done.out)).toMatchObject({ proposal: { id, state: "done" }, result: { law: { law_id: lawId } } });
  });

  test("is refused, and cannot be approved or done any more", async () => {
    const lawId = await newLaw();
    const id = await proposedClose(lawId);
    expect(await ops("ben", "refuse", id)).toMatchObject({
      code: 0,
      out: "Refused; nothing was done.\n",
      err: expect.stringMatching(new RegExp(`to close the law ${lawId} now`)),
    });
    for (const command of [
      ["approve", id, "--yes"],
      ["carry-out", id],
    ]) {
      expect(await ops("clara", ...command)).toMatchObject({ code: 1, err: expect.stringMatching(/is refused/) });
    }
    expect(await stateOf(lawId)).toBe("open");
  });

  test("is not approved without a terminal or --yes, and what is not there says so", async () => {
    const id = await proposedClose(await newLaw());
    expect(await ops("ben", "approve", id)).toMatchObject({ code: 2, err: expect.stringMatching(/--yes/) });
    const nothing = "11111111-1111-4111-8111-111111111111";
    for (const command of ["approve", "refuse", "carry-out"]) {
      const { code, err } = await ops("ben", command, nothing);
      expect([code, err]).toEqual([1, expect.stringMatching(/^There is no proposal 1{8}.*ops -- pending/)]);
    }
  });
});

describe("what nothing can read", () => {
  const body = "not a vote";
  let fingerprint: string;
  const dead = async () => JSON.parse((await ops("anna", "set-aside", "votes", "--json")).out);

  test("is listed, set aside by two people, listed there, and sent back by two people", async () => {
    await putOn(line.stack.target, "votesDeadLetters", [body, body]);
    fingerprint = (await dead()).unreadable[0].fingerprint;
    const listed = await ops("anna", "set-aside", "votes");
    expect(listed.out).toMatch(
      new RegExp(`^votes: 2 dead letters that nothing can read.*\n.*\n${fingerprint} +10 +2\n`),
    );
    expect(await ops("anna", "set-aside", "votes", fingerprint)).toMatchObject({
      code: 2,
      err: expect.stringMatching(/--reason/),
    });
    expect((await ops("anna", "set-aside", "votes", fingerprint, "--dry-run")).out).toMatch(
      /^2 messages of 10 bytes would be/,
    );
    const reason = ["--reason", "a test has sent it"];
    expect(await ops("anna", "set-aside", "votes", fingerprint, ...reason)).toMatchObject({
      code: 2,
      err: expect.stringMatching(/^2 messages of 10 bytes.*--yes/),
    });
    const proposed = await ops("anna", "set-aside", "votes", fingerprint, ...reason, "--yes", "--json");
    expect(proposed.code).toBe(3);
    const { id } = JSON.parse(proposed.out).proposal;
    expect(await dead()).toMatchObject({ unreadable: [{ fingerprint, messages: 2 }] });
    expect((await ops("ben", "approve", id, "--yes")).out).toMatch(/^2 messages of votes set aside\. npm run ops/);
    expect(await dead()).toMatchObject({ unreadable: [] });
    expect((await ops("ben", "set-aside", "--list")).out).toMatch(
      new RegExp(`votes +2 +${fingerprint} +\\S+ +set aside +a test has sent it`),
    );

    expect((await ops("ben", "set-aside", "--undo", fingerprint, "--dry-run")).out).toMatch(
      /^2 messages would be sent back/,
    );
    const undo = await ops("ben", "set-aside", "--undo", fingerprint, "--json");
    const { proposal } = JSON.parse(undo.out);
    expect((await ops("anna", "approve", proposal.id, "--yes")).out).toBe("2 messages sent back to their queue.\n");
    expect((await ops("ben", "set-aside", "--list")).out).toMatch(/sent back/);
  });

  test("is not set aside if it is not there, and the queue must be named", async () => {
    const other = "0".repeat(64);
    expect(await ops("anna", "set-aside", "votes", other, "--reason", "none", "--yes")).toMatchObject({
      code: 1,
      err: expect.stringMatching(/No dead letter of votes that nothing can read has the fingerprint 0{64}/),
    });
    for (const args of [[], ["votes", "--list"], ["letters"], ["votes", "abc"], ["--undo", "abc"]]) {
      expect(await ops("anna", "set-aside", ...args), args.join(" ")).toMatchObject({ code: 2, out: "" });
    }
  });
});
