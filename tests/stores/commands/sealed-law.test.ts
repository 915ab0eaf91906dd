import { createHash, randomBytes } from "node:crypto";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { lawsCommand } from "../../../commands/laws.ts";
import { opsCommand } from "../../../commands/ops/command.ts";
import { limitOf } from "../../../commands/test/tags.ts";
import { votersCommand } from "../../../commands/voters/command.ts";
import { readLedger } from "../../../operations/ledger/read.ts";
import { checkLedger } from "../../../shared/domain/ledger.ts";
import { electionKeys } from "../../../shared/domain/sealing/election-keys.ts";
import { keyIdOf } from "../../../shared/domain/sealing/key-id.ts";
import { voterHash } from "../../../shared/domain/voter-hash.ts";
import { readBox } from "../../../shared/messages/box.ts";
import { electionOf } from "../../../shared/messages/trustees.ts";
import { PostgresOutcomeStore } from "../../../shared/stores/outcomes.ts";
import { DynamoReceiptStore } from "../../../shared/stores/receipts.ts";
import { writeOpening } from "../../../trustees/opening-file.ts";
import { makePublicFile } from "../../../trustees/public-file.ts";
import { aDecidedVote } from "../../support/factories.ts";
import { envelopesOf, writeBox } from "../../support/sealed-box.ts";
import { type TestTrustees, testTrustees, writeJson } from "../../support/trustees.ts";
import { type CommandLine, startCommandLine, type } from "../support/command-line.ts";

// The operators' way of a sealed law, as people type it, on real stores; votes are recorded without the queues.

vi.setConfig({ testTimeout: limitOf(60), hookTimeout: limitOf(60) });

let line: CommandLine;
let made = 0;
let lawId: string;
let origin: string;
let trustees: TestTrustees;

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
const laws = (...args: readonly string[]) => as("anna", lawsCommand, ...args);
const ops = (...args: readonly string[]) => as("anna", opsCommand, ...args);
const fresh = (name: string) => line.path(`${++made}-${name}`);
const json = (value: object) => writeJson(fresh("file.json"), value);

/** Does by two people what needs them. */
async function byTwo(command: Parameters<typeof type>[0], ...args: readonly string[]) {
  const { code, out, err } = await as("anna", command, ...args, "--json");
  expect([code, err]).toEqual([3, expect.anything()]);
  return as("ben", opsCommand, "approve", JSON.parse(out).proposal.id, "--yes");
}

const VOTERS = Array.from({ length: 6 }, (_, at) => ({ nas: String(100_000_001 + at), code: `AAAAA${at}` }));
const WINDOW = ["--opens", "2020-01-01T08:00:00Z", "--closes", "2020-01-01T20:00:00Z"];

/** A draft of a sealed law whose roll is loaded. */
async function aDraft(...options: readonly string[]): Promise<void> {
  lawId = `S-${++made}`;
  const added = await laws("add", lawId, "--title", "A law", "--form", "sealed", ...WINDOW, ...options, "--json");
  origin = JSON.parse(added.out).origin;
  trustees = testTrustees(lawId, origin);
  const file = fresh("roll.csv");
  writeFileSync(file, VOTERS.map(({ nas, code }) => `${nas},${code}\n`).join(""));
  expect(await as("anna", votersCommand, "load", "--law", lawId, "--file", file)).toMatchObject({ code: 0 });
}

const seal = () => as("anna", votersCommand, "seal", lawId, "--expect", String(VOTERS.length));
const register = (file: object) => laws("keys", lawId, "--public", json(file));
const state = (statement: object) => laws("test-opening", lawId, "--statement", json(statement));

async function aTestedDraft(...options: readonly string[]): Promise<void> {
  await aDraft(...options);
  expect(await register(trustees.publicFile)).toMatchObject({ code: 0 });
  expect(await state(trustees.statement(1, 3))).toMatchObject({ code: 0 });
}

describe("a draft of a sealed law", () => {
  test("has an origin with its stage and id, and results after its close", async () => {
    const id = `S-${++made}`;
    const { out } = await laws("add", id, "--title", "A law", "--form", "sealed");
    expect(out).toMatch(
      new RegExp(
        `^Added. ${id} is a draft: .* It is a sealed law without keys. Its results are public after it has closed.\n` +
          `The keys of its trustees: npm run keys -- new --law ${id} --origin local/${id}/[0-9a-f]{16} --trustees N`,
      ),
    );
  });

  test.each([
    [["--form", "sealed", "--results", "live"], 1, "cannot be live: its ballots are sealed"],
    [["--proof", "voter"], 1, "is not a sealed law, so its voters get no proof"],
    [["--form", "open", "--proof", "none"], 1, "is not a sealed law, so its voters get no proof"],
    [["--form", "secret"], 2, "Allowed choices are open, sealed"],
  ])("is not added with %j", async (options, code, says) => {
    const said = await laws("add", "S-none", "--title", "A law", ...options);
    expect(said).toMatchObject({ code, err: expect.stringContaining(says) });
  });

  test("has its proof changed, with a warning, and keeps its form", async () => {
    await aDraft();
    const { out, err } = await laws("change", lawId, "--proof", "voter");
    expect(out).toMatch(/^Changed. .* Its voters can find their ballots in the opened list./);
    expect(err).toMatch(/a proof for oneself is a proof for a buyer, and the first vote stands/);
    expect((await laws("change", lawId, "--proof", "none")).out).not.toMatch(/find their ballots/);
    expect((await laws("change", lawId, "--results", "live")).err).toMatch(/cannot be live/);
    expect((await laws("add", `${lawId}-x`, "--title", "A law", "--form", "open")).out).toMatch(/It is an open law\./);
  });

  test("is not ready before its keys are registered and tested, and says what is missing", async () => {
    await aDraft();
    expect((await seal()).err).toMatch(
      /not sealed before its keys are tested\. The keys of its trustees are missing: npm run keys -- new .*--origin local\//,
    );
    expect((await laws("show", lawId)).out).toMatch(/What comes next:\n {2}The keys of its trustees are missing/);
    expect((await register(trustees.publicFile)).out).toMatch(
      /^Registered. .*2 of 3 trustees open its box, with the key [0-9a-f]{16}, which is not tested\..*\nIts trustees open test/,
    );
    expect((await seal()).err).toMatch(/before its keys are tested\. Its trustees have not opened test ballots/);
    expect((await laws("show", lawId)).out).toMatch(/2 of 3 shares, set [0-9a-f]{8}, not tested.*\n.*election key /);
    expect((await state(trustees.statement(2, 1))).out).toMatch(/^Registered. .*\nIts roll can be sealed/);
    expect((await register(trustees.publicFile)).out).toMatch(/^Nothing changed\. /);
    expect((await seal()).out).toMatch(/The roll is sealed with 6 voters\. .* 2 of 3 trustees open its box/);
    expect((await register(trustees.publicFile)).err).toMatch(
      /is no draft any more, so the keys of its trustees are fixed/,
    );
  });

  test("has to be tested again when its secret is split again", async () => {
    await aTestedDraft();
    const again = trustees.splitAgain();
    expect((await register(again.publicFile)).out).toMatch(/which is not tested/);
    expect((await seal()).err).toMatch(/not opened test ballots/);
    expect((await state(trustees.statement(1, 2))).err).toMatch(/is of another set of shares of the same keys/);
    expect(await state(again.statement(1, 2))).toMatchObject({ code: 0 });
    expect(await seal()).toMatchObject({ code: 0 });
  });
});

describe("a draft of a sealed law, untested,", () => {
  beforeAll(() => aDraft());

  test.each([
    ["of another law", () => testTrustees("L9", origin).publicFile, /is of another law, L9\. Name that of/],
    [
      "of another stage",
      () => testTrustees(lawId, "prod/x").publicFile,
      /for the origin prod\/x, and .*--origin local/,
    ],
    [
      "that was changed",
      () => ({ ...trustees.publicFile, threshold: 3 }),
      /was changed: its signature does not belong/,
    ],
    ["that is something else", () => trustees.statement(1, 2), /is not the public file of the trustees/],
    ["with a key for which nothing can be sealed", lowOrder, /is a point of low order/],
  ])("takes no public file %s", async (_, make, says) => {
    expect(await register(make())).toMatchObject({ code: 1, err: expect.stringMatching(says) });
    expect((await laws("show", lawId)).out).toMatch(/a sealed law without keys/);
  });

  test("takes no statement before its keys", async () => {
    expect((await state(trustees.statement(1, 2))).err).toMatch(/comes before the keys/);
    await register(trustees.publicFile);
  });

  test.each([
    ["of one share", () => trustees.statement(2), /names 1 of the 2 shares that are needed/],
    ["of one share twice", () => trustees.statement(2, 2), /says other numbers of shares than the public file/],
    ["of a share that there is not", () => trustees.statement(2, 4), /says other numbers of shares/],
    ["of other keys", () => testTrustees(lawId, origin).statement(1, 2), /is of other keys than those/],
    ["of another law", () => testTrustees("L9", origin).statement(1, 2), /is of another law, L9/],
    ["that was changed", () => ({ ...trustees.statement(2), shares: [1, 2] }), /was changed: its signature/],
    ["that is something else", () => trustees.publicFile, /is not the statement of npm run keys -- test/],
  ])("takes no statement %s", async (_, make, says) => {
    expect(await state(make())).toMatchObject({ code: 1, err: expect.stringMatching(says) });
    expect((await seal()).err).toMatch(/not opened test ballots/);
  });

  test("has keys and test by two people where the stage wants two", async () => {
    await aDraft();
    line.door.twoPeople = true;
    const key = trustees.publicFile.key_id;
    const keys = await byTwo(lawsCommand, "keys", lawId, "--public", json(trustees.publicFile));
    expect(keys).toMatchObject({ code: 0, out: expect.stringMatching(/^Registered/) });
    expect(keys.err).toContain(`to register the keys of the trustees of ${lawId}: key id ${key}, 2 of 3 shares`);
    const tested = await byTwo(lawsCommand, "test-opening", lawId, "--statement", json(trustees.statement(1, 2)));
    expect(tested.err).toContain(`the shares 1, 2 of ${lawId} opened test ballots with the key ${key}`);
    expect((await laws("show", lawId)).out).toMatch(/anna: registered|register/);
  });

  test("without a form takes no keys", async () => {
    await laws("add", "S-plain", "--title", "A law");
    lawId = "S-plain";
    const said = await register(testTrustees(lawId, "local/x").publicFile);
    expect(said.err).toMatch(/S-plain is not a sealed law: it has no trustees/);
  });
});

function lowOrder() {
  const keys = electionKeys(randomBytes(32));
  const zeros = Buffer.alloc(32);
  const fields = {
    ...{ law_id: lawId, origin, election_key: zeros.toString("base64url") },
    ...{ signing_key: keys.signing.publicKey.toString("base64url"), key_id: keyIdOf(zeros).toString("hex") },
  };
  return makePublicFile(keys, fields, { splitId: "0".repeat(32), trustees: 3, threshold: 2 });
}

/** Records votes of the first voters, with receipts; the last envelope does not open. */
async function vote(...options: readonly number[]): Promise<void> {
  const { dynamoDb, pool } = line.stack.target;
  const envelopes = envelopesOf(trustees.publicFile, options);
  const votes = envelopes.map((sealed, at) => {
    const { nas = "", code = "" } = VOTERS[at] ?? {};
    const { choice: _, ...rest } = aDecidedVote({
      lawId,
      voterHash: voterHash(nas, code, lawId).toString("hex"),
      acceptedAt: "2020-01-01T09:00:00.000Z",
    });
    return { ...rest, sealed, macs: { keyVersion: 1, validate: "", record: "" } };
  });
  const recorded = await new PostgresOutcomeStore(pool).record(votes);
  expect(recorded.map(({ status }) => status)).toEqual(votes.map(() => "counted"));
  const onError = (error: unknown) => {
    throw error;
  };
  await new DynamoReceiptStore(dynamoDb, "receipts", { pause: async () => undefined, onError }).putAll(recorded);
}

/** A law whose box is closed with six envelopes: 3 oui, 2 non, and one that names no option. */
async function aClosedBox(...options: readonly string[]): Promise<void> {
  await aTestedDraft(...options);
  expect(await seal()).toMatchObject({ code: 0 });
  await vote(0, 1, 0, 0, 1, 9);
  expect(await laws("count", lawId, "--yes")).toMatchObject({ code: 0 });
}

async function exported(): Promise<string> {
  const out = fresh("box.ndjson");
  expect(await ops("export-box", lawId, "--out", out)).toMatchObject({ code: 0 });
  return out;
}

async function opened(box?: string): Promise<string> {
  const out = fresh("opened.ndjson");
  await trustees.open(box ?? (await exported()), out);
  return out;
}
const bring = (file: string, person = "anna") => as(person, opsCommand, "bring-opening", lawId, "--file", file);
const shaOf = (file: string) => createHash("sha256").update(readFileSync(file)).digest("hex");

describe("a sealed law", () => {
  beforeEach(() => aClosedBox());

  test("is closed, exported, opened twice and counted, with what was spoiled", async () => {
    const shown = await laws("show", lawId);
    expect(shown.out).toMatch(/Its box is closed\..*Recording ended at .*its box of 6 envelopes is not opened/s);
    expect(shown.out).toMatch(/What comes next:\n {2}Its box is closed with 6 envelopes and not opened: .*export-box/);
    const box = fresh("box.ndjson");
    const said = await ops("export-box", lawId, "--out", box);
    expect(said.out).toMatch(new RegExp(`^6 envelopes of ${lawId} written to .*\nSHA-256 of the box: ${shaOf(box)}\n`));
    const { header, groups } = await readBox(chunksOf(box), 10);
    expect(header).toMatchObject({ law_id: lawId, origin, options: ["oui", "non"], envelopes: 6, proof: "none" });
    for await (const group of groups) {
      const encs = group.map((envelope) => Buffer.from(envelope, "base64url").toString("hex", 9, 41));
      expect(encs).toEqual(encs.toSorted());
      expect(new Set(group)).toEqual(new Set(envelopesOf(trustees.publicFile, [0, 1, 0, 0, 1, 9])));
    }
    expect(readFileSync(await exported(), "utf8")).toBe(readFileSync(box, "utf8"));

    const [one, two] = [await opened(box), await opened(box)];
    const first = await bring(one);
    expect(first.out).toMatch(
      /^This is the first opening of the box of .*: 6 envelopes, spoiled: 1 no such option; SHA-256/,
    );
    expect(first.out).not.toMatch(/oui|\bnon\b/);
    expect((await laws("show", lawId)).out).toMatch(
      /has one opening, by anna \(1 spoiled ballot.*anna has brought one/s,
    );
    expect((await laws("count", lawId, "--yes")).err).toMatch(/anna has brought one opening of its box; another one/);
    expect((await bring(two)).out).toMatch(/^This is the second opening, equal to the first one.*\nCount the law/);
    expect((await laws("show", lawId)).out).toMatch(/The two openings of its box agree: npm run laws -- count/);
    expect((await laws("count", lawId)).err).toMatch(
      /is to be counted: its box of 6 envelopes has two equal openings, by anna/,
    );
    const counted = await laws("count", lawId, "--yes");
    expect(counted.out).toMatch(
      /is counted\. Recording ended at .* with 6 votes: 3 oui, 2 non, 1 spoiled\. 0 duplicates/,
    );
    expect((await laws("count", lawId, "--yes")).out).toBe(counted.out);
    expect((await laws("show", lawId)).out).toMatch(/3 oui, 2 non, 1 spoiled/);
    expect((await bring(two)).err).toMatch(/is counted, and nothing changes it any more/);
    const { rows } = await line.stack.target.pool.query("select * from opening_pieces where law_id = $1", [lawId]);
    expect(rows).toEqual([]);
    expect(checkLedger(await readLedger(line.stack.target, { laws: [lawId] }))).toMatchObject({ verdict: "clean" });
  });

  test("does not take its second opening by the same person where the stage wants two people", async () => {
    line.door.twoPeople = true;
    const list = await opened();
    expect((await bring(list)).out).toMatch(/This is the first opening/);
    expect((await bring(list)).err).toMatch(
      /anna has brought the first opening of .* another person brings the second one/,
    );
    expect((await bring(list, "ben")).out).toMatch(/This is the second opening/);
    expect((await bring(list, "carla")).err).toMatch(/has two equal openings, by anna and ben/);
    const counted = await byTwo(lawsCommand, "count", lawId, "--yes");
    expect(counted).toMatchObject({ code: 0, out: expect.stringMatching(/is counted\..*3 oui, 2 non, 1 spoiled/) });
    expect(counted.err).toMatch(/has two equal openings, by anna and ben/);
  });

  test("takes no second list that differs, and two people take the first one back if it is wrong", async () => {
    line.door.twoPeople = true;
    const box = await exported();
    const right = await opened(box);
    const wrong = fresh("lie.ndjson");
    writeFileSync(wrong, await lie(box));
    expect((await bring(wrong)).out).toMatch(/This is the first opening/);
    const differs = await bring(right, "ben");
    expect(differs.err).toMatch(
      new RegExp(
        `differs from the opening that anna has brought at .*its SHA-256 is ${shaOf(right)}, with 1 spoiled ballots, and that of ` +
          `the first one ${shaOf(wrong)}, with 0.*keys -- compare.*withdraw-opening ${lawId}`,
      ),
    );
    const back = await byTwo(opsCommand, "withdraw-opening", lawId, "--reason", "a machine was wrong");
    expect(back.err).toContain(
      `to take back the opening of ${lawId} with the SHA-256 ${shaOf(wrong)}, because: a machine`,
    );
    expect(back.out).toMatch(/was taken back: two others that are equal are needed/);
    expect((await ops("withdraw-opening", lawId, "--reason", "again")).err).toMatch(/has no opening/);
    expect((await bring(right, "ben")).out).toMatch(/This is the first opening/);
    expect((await bring(right)).out).toMatch(/This is the second opening/);
    expect((await ops("withdraw-opening", lawId, "--reason", "late")).err).toMatch(/two equal ones, by ben and anna/);
  });

  test("is neither exported nor opened when its box was changed in the database", async () => {
    const list = await opened();
    const { pool } = line.stack.target;
    await pool.query(
      `insert into ballot_box (law_id, enc, envelope)
       select law_id, sha256(enc), overlay(envelope placing sha256(enc) from 10) from ballot_box where law_id = $1 limit 1`,
      [lawId],
    );
    const out = fresh("box.ndjson");
    for (const said of [await ops("export-box", lawId, "--out", out), await bring(list)]) {
      expect(said.err).toMatch(/was closed with 6 envelopes, and has 7 now: somebody has changed the database/);
    }
    expect(existsSync(out)).toBe(false);
  });

  test("is not counted when its ballots were changed in the database", async () => {
    const list = await opened();
    await bring(list);
    await bring(list);
    await line.stack.target.pool.query(
      "insert into ballots (law_id, choice) select $1, 'oui' from generate_series(1, 9)",
      [lawId],
    );
    expect((await laws("count", lawId, "--yes")).err).toMatch(/closed with 6 envelopes.*do not account for them/);
  });
});

describe("a closed box that is not opened", () => {
  beforeAll(() => aClosedBox());

  test("takes no vote any more: its law is not opened again, or settled", async () => {
    expect((await laws("open", lawId, "--reopen", "--yes")).code).toBe(2);
    expect((await laws("open", lawId, "--reopen")).err).toMatch(/The box of .* is closed: it takes no vote any more/);
    expect((await laws("close", lawId, "--at", "2090-01-01T00:00:00Z")).err).toMatch(/is closed: it takes no vote/);
    expect((await ops("settle", lawId, "--yes")).err).toMatch(/is closed: it takes no vote any more/);
    expect((await laws("count", lawId, "--yes")).err).toMatch(/closed with 6 envelopes and not opened/);
  });

  test("takes no list that is not an opening of its box, and says why", async () => {
    const box = await exported();
    const good = readFileSync(await opened(box), "utf8");
    const write = (text: string) => {
      const file = fresh("list.ndjson");
      writeFileSync(file, text);
      return file;
    };
    const envelopes = envelopesOf(trustees.publicFile, [0, 1, 0, 0, 1, 9]);
    const [, ...five] = envelopes;
    const other = testTrustees(lawId, origin);
    const otherLaw = testTrustees("L9", origin);
    const boxOf = (of: TestTrustees, these = envelopes, more = {}) =>
      writeBox(fresh("box"), of.publicFile, these, more);
    const openedBy = async (of: TestTrustees, path: string) => {
      const out = fresh("opened.ndjson");
      await of.open(path, out);
      return out;
    };
    const cases: readonly (readonly [string, string, RegExp])[] = [
      ["nothing", write(""), /is empty\. Name the list/],
      ["a file that is not there", "/nowhere", /cannot be read \(ENOENT\)/],
      ["the box", box, /does not begin as an opening of this release/],
      ["one that is cut off", write(good.slice(0, -20)), /is cut off/],
      [
        "one whose list was changed",
        write(good.replace('"non"}\n', '"oui"}\n')),
        /other ballots than its sums say|is not sorted/,
      ],
      ["one whose sums were changed too", write(moved(good)), /its signature does not belong to its content/],
      [
        "one of another law",
        await openedBy(otherLaw, await boxOf(otherLaw)),
        /its law is L9, and that of the box is S-/,
      ],
      [
        "one of other keys",
        await openedBy(other, await boxOf(other)),
        /its election key is .*, and that of the box is/,
      ],
      [
        "one with trackers",
        await openedBy(trustees, await boxOf(trustees, envelopes, { proof: "voter" })),
        /its proof is voter, and that of the box is none/,
      ],
      [
        "one of other options",
        await openedBy(trustees, await boxOf(trustees, envelopes, { options: ["non", "oui"] })),
        /its options is non, oui, and that of the box is oui, non/,
      ],
      [
        "one that misses a ballot",
        await openedBy(trustees, await boxOf(trustees, five)),
        /its number of envelopes is 5, and that of the box is 6/,
      ],
      [
        "one with another ballot",
        await openedBy(
          trustees,
          await boxOf(trustees, [...five, ...envelopesOf(trustees.publicFile, [0, 1, 0, 0, 0, 0, 1]).slice(6)]),
        ),
        /is of an export with the SHA-256 [0-9a-f]{64}, and the box of .* has [0-9a-f]{64}: either the export was changed/,
      ],
    ];
    for (const [what, file, says] of cases) {
      expect(await bring(file), what).toMatchObject({ code: 1, err: expect.stringMatching(says) });
    }
    expect((await laws("show", lawId)).out).toMatch(/is not opened/);
  });

  test("is exported over no file", async () => {
    const out = fresh("there");
    writeFileSync(out, "");
    expect((await ops("export-box", lawId, "--out", out)).err).toMatch(/exists already/);
    expect((await ops("export-box", lawId, "--out", line.path("no/folder"))).err).toMatch(/Nothing can be written/);
    expect((await ops("export-box", "S-none", "--out", fresh("x"))).err).toMatch(/There is no law S-none/);
  });
});

test("a sealed law whose box is not closed shows it to nobody", async () => {
  await aTestedDraft();
  await seal();
  const list = fresh("list");
  writeFileSync(list, "{}\n");
  for (const said of [await ops("export-box", lawId, "--out", fresh("x")), await bring(list)]) {
    expect(said.err).toMatch(/is not closed: nobody sees what is in it before.*laws -- count/);
  }
  await laws("add", "S-open", "--title", "A law", "--form", "open");
  expect((await ops("export-box", "S-open", "--out", fresh("x"))).err).toMatch(
    /S-open is not a sealed law: it has no box/,
  );
});

test("a law with a proof for voters is opened with a tracker beside each ballot", async () => {
  await aClosedBox("--proof", "voter");
  const list = await opened();
  expect(readFileSync(list, "utf8")).toMatch(/\{"option":"oui","tracker":"[0-9a-f]{32}"\}/);
  await bring(list);
  expect((await bring(list)).out).toMatch(/second opening/);
  expect((await laws("count", lawId, "--yes")).out).toMatch(/3 oui, 2 non, 1 spoiled/);
});

async function* chunksOf(path: string): AsyncGenerator<string> {
  yield readFileSync(path, "utf8");
}

/** Another list of the same box, as false trustees would sign it. */
async function lie(box: string): Promise<string> {
  const { header } = await readBox(chunksOf(box), 10);
  const opened = { counts: [1, 5], trackers: [[], []], spoiled: [] };
  const { keys } = trustees.secret;
  return [...writeOpening(keys, electionOf(trustees.publicFile), header, shaOf(box), opened).lines].join("");
}

/** A list in which one ballot was moved to the other option. */
function moved(text: string): string {
  return text
    .replace('"oui","ballots":3', '"oui","ballots":2')
    .replace('"non","ballots":2', '"non","ballots":3')
    .replace('{"option":"oui"}\n{"option":"non"}', '{"option":"non"}\n{"option":"non"}');
}

afterAll(() => rmSync(line?.path("no"), { recursive: true, force: true }));
