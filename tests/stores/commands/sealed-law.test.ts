import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { lawsCommand } from "../../../commands/laws.ts";
import { opsCommand } from "../../../commands/ops/command.ts";
import { limitOf } from "../../../commands/test/tags.ts";
import { readLedger } from "../../../operations/ledger/read.ts";
import { checkLedger } from "../../../shared/domain/ledger.ts";
import { readBox } from "../../../shared/messages/box.ts";
import { electionOf } from "../../../shared/messages/trustees.ts";
import { writeOpening } from "../../../trustees/opening-file.ts";
import { envelopesOf, writeBox } from "../../support/sealed-box.ts";
import { type TestTrustees, testTrustees } from "../../support/trustees.ts";
import {
  aClosedBox,
  as,
  aTestedDraft,
  byTwo,
  forget,
  fresh,
  lawId,
  laws,
  line,
  ops,
  origin,
  seal,
  startSealedLaws,
  trustees,
} from "../support/sealed-laws.ts";

// The operators' way of a closed box, as people type it, on real stores; votes are recorded without the queues.

vi.setConfig({ testTimeout: limitOf(60), hookTimeout: limitOf(60) });

beforeAll(startSealedLaws);
afterAll(() => line?.stop());
afterEach(forget);

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
    const kept = await line.stack.target.pool.query("select text from opening_pieces where law_id = $1", [lawId]);
    expect(kept.rows.map(({ text }) => String(text)).join(""), "until it is published").toBe(readFileSync(one, "utf8"));
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
          `the first one ${shaOf(wrong)}, with 0.*keys -- compare.*withdraw-opening --data \\S+ ${lawId}`,
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
