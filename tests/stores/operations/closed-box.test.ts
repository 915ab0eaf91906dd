import { createHash, randomBytes, randomUUID } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { limitOf } from "../../../commands/test/tags.ts";
import { type BringSoFar, bringStep } from "../../../operations/box/bring-opening.ts";
import { boxHeader, type ClosedBox, closedBox, openingsOf } from "../../../operations/box/closed-box.ts";
import { type BoxSoFar, boxPiece, hashBox } from "../../../operations/box/read-box.ts";
import { keepPiece, pieceOf, piecesOf } from "../../../operations/box/sent-list.ts";
import { boxOf } from "../../../operations/count/box-count.ts";
import { boxLines } from "../../../shared/messages/box.ts";
import { bringOpening, exportBox, readBox, sendOpening } from "../../../shared/messages/operators/sealed-laws.ts";
import { addLawOfForm } from "../../support/add-law-of-form.ts";
import { gather } from "../../support/gather.ts";
import { loadAndSeal } from "../../support/load-and-seal.ts";
import { envelopesOf } from "../../support/sealed-box.ts";
import { type TestTrustees, testTrustees } from "../../support/trustees.ts";
import { doorOn, journalPhases, somebody } from "../support/door.ts";
import { startTestTarget, type TestTarget } from "../support/test-target.ts";

vi.setConfig({ testTimeout: limitOf(60), hookTimeout: limitOf(60) });

const LAW = "BOX";
const ALWAYS = () => true;
const NEVER = () => false;
let stack: TestTarget;
let box: ClosedBox;
let trustees: TestTrustees;
let list: string;

/** A law whose box is closed: its envelopes are put there without voters. */
beforeAll(async () => {
  stack = await startTestTarget();
  const { target } = stack;
  const bytes = Uint8Array.from(randomBytes(32));
  await addLawOfForm(target, LAW, "sealed");
  const { origin = "" } = (await target.laws.get(LAW)) ?? {};
  trustees = testTrustees(LAW, origin, undefined, bytes);
  const { election_key, signing_key, split_id, threshold, trustees: all } = trustees.publicFile;
  const keys = { election_key, signing_key, split_id, threshold, trustees: all, tested: true };
  await target.pool.query("update laws set trustees = $2 where law_id = $1", [LAW, JSON.stringify(keys)]);
  await loadAndSeal(target, LAW, Readable.from("100000001,AAAAAA\n"));
  await target.pool.query(
    "update laws set opens_at = '2020-01-01', closes_at = '2020-01-02', version = version + 1 where law_id = $1",
    [LAW],
  );
  const envelopes = envelopesOf(trustees.publicFile, [0, 0, 1, 0, 1, 0, 0]);
  await target.pool.query(
    "insert into ballot_box (law_id, enc, envelope) select $1, enc_of(e), e from unnest($2::bytea[]) as e",
    [LAW, envelopes.map((envelope) => `\\x${Buffer.from(envelope, "base64url").toString("hex")}`)],
  );
  await target.pool.query("insert into box_closings (law_id, counted, duplicate, invalid) values ($1, 7, 0, 0)", [LAW]);
  await target.pool.query("update laws set box_closed = true, version = version + 1 where law_id = $1", [LAW]);
  box = await closedBox(target, LAW);
  list = await openedList();
});
afterAll(() => stack?.stop());

async function envelopes(limit: number): Promise<string[]> {
  const all: string[] = [];
  for (let after: string | null = null; ; ) {
    const piece: Awaited<ReturnType<typeof boxPiece>> = await boxPiece(stack.target.pool, LAW, after, limit);
    if (piece.last === null) return all;
    all.push(...piece.envelopes);
    after = piece.last;
  }
}

async function openedList(): Promise<string> {
  const [file, out] = [join(stack.directory, `box-${randomUUID()}`), join(stack.directory, `list-${randomUUID()}`)];
  writeFileSync(file, (await gather(boxLines(boxHeader(box), await envelopes(100)))).join(""));
  await trustees.open(file, out);
  return readFileSync(out, "utf8");
}

const shaOf = (text: string) => createHash("sha256").update(text).digest("hex");

describe("a closed box", () => {
  test("is read in pieces of any size, in the order of its ephemeral keys", async () => {
    const whole = await envelopes(100);
    expect(whole).toHaveLength(7);
    for (const limit of [1, 2, 3, 7]) expect(await envelopes(limit)).toEqual(whole);
    expect(await boxPiece(stack.target.pool, "none", null, 10)).toEqual({ envelopes: [], last: null });
  });

  test("has the hash of its file, in whatever steps it is read", async () => {
    const file = (await gather(boxLines(boxHeader(box), await envelopes(100)))).join("");
    let soFar: BoxSoFar | undefined;
    for (let steps = 1; ; steps++) {
      const step = await hashBox(stack.target.pool, box, soFar, ALWAYS);
      if ("sha256" in step) {
        expect([step.sha256, steps]).toEqual([shaOf(file), 2]);
        break;
      }
      soFar = step;
    }
    const counted = { ...box, closing: { ...box.closing, counted: 8 } };
    await expect(hashBox(stack.target.pool, counted, undefined, NEVER)).rejects.toThrow(/with 8 envelopes, and has 7/);
  });

  test("whose hash was begun by another release is begun again", async () => {
    const soFar = { after: null, envelopes: 0, hash: Buffer.alloc(116).toString("base64url") };
    await expect(hashBox(stack.target.pool, box, soFar, NEVER)).rejects.toThrow(/Another release was deployed/);
  });
});

describe("an opened list", () => {
  const lists = (operator = "anna") => ({ lawId: LAW, sha256: shaOf(list), operator });
  /** The list in pieces of one line. */
  const lines = () => list.split(/(?<=\n)/);

  test("is kept piece by piece, in order, once, and for each person apart", async () => {
    const { pool } = stack.target;
    const [one = "", two = ""] = lines();
    expect(await keepPiece(pool, lists("carla"), 1, two)).toBe(0);
    expect(await keepPiece(pool, lists("carla"), 0, one)).toBe(1);
    expect(await keepPiece(pool, lists("carla"), 0, "other\n")).toBe(1);
    expect((await pieceOf(pool, lists("carla"), 0))?.toString()).toBe(one);
    expect([await piecesOf(pool, lists()), await pieceOf(pool, lists(), 0)]).toEqual([0, undefined]);
  });

  async function bringInSteps(run: string, pieces: readonly string[], sha256 = shaOf(list)) {
    const { target } = stack;
    const of = { lawId: LAW, sha256, operator: "ben" };
    for (const [number, text] of pieces.entries()) await keepPiece(target.pool, of, number, text);
    const context = { servers: target, list: of, pieces: pieces.length, twoPeople: true, run, isOver: ALWAYS };
    let soFar: BringSoFar | undefined;
    for (let steps = 1; ; steps++) {
      // Each step is taken twice, as if its answer was lost.
      await bringStep(context, soFar);
      const step = await bringStep(context, soFar);
      if ("brought" in step) return { ...step.brought, steps, pieces: await piecesOf(target.pool, of) };
      soFar = JSON.parse(JSON.stringify(step.soFar));
    }
  }

  test("that was changed on its way is refused, and sent again from its beginning", async () => {
    const pieces = lines();
    const failure = bringInSteps(randomUUID(), [...pieces.slice(0, 2), "{}\n", ...pieces.slice(3)]);
    await expect(failure).rejects.toThrow(/has a line that is no ballot/);
    await expect(bringInSteps(randomUUID(), pieces, "f".repeat(64))).rejects.toThrow(
      /has the SHA-256 .* changed while/,
    );
    await expect(bringInSteps(randomUUID(), pieces.slice(0, -1))).rejects.toThrow(/changed while it was sent|cut off/);
    expect(await openingsOf(stack.target.pool, LAW)).toEqual([]);
  });

  test("of which a piece is missing is refused, and nothing is forgotten", async () => {
    const context = { servers: stack.target, list: lists("dora"), pieces: 3, twoPeople: true, run: randomUUID() };
    await expect(bringStep({ ...context, isOver: NEVER }, undefined)).rejects.toThrow(
      /Piece 1 of the list is not here/,
    );
  });

  test("is taken in steps, each of which may come twice", async () => {
    const run = randomUUID();
    const brought = await bringInSteps(run, lines());
    // One copy of the list is kept until it is published.
    const pieces = lines().length;
    expect(brought).toMatchObject({ number: 1, broughtBy: "ben", run, oui: 5, non: 2, spoiled: {}, pieces });
    expect(brought.steps).toBe(lines().length + 2);
  });
});

describe("the operators' API", () => {
  const call = (operator: string) => ({ by: somebody(operator) });

  test("keeps in its journal that a box was exported and an opening brought, and neither envelopes nor sums", async () => {
    const door = doorOn(stack, true);
    const [exported, brought] = [randomUUID(), randomUUID()];
    await expect(door.drive(readBox, { request: { law_id: LAW }, ...call("ben") })).rejects.toThrow(
      `You have not exported the box of ${LAW}: npm run ops -- export-box ${LAW} --out FILE`,
    );
    expect(await door.drive(exportBox, { request: { law_id: LAW }, run: exported }, 2)).toMatchObject({
      header: { envelopes: 7 },
    });
    expect(await door.drive(readBox, { request: { law_id: LAW } })).toMatchObject({
      envelopes: (await envelopes(9)).join(";"),
    });
    const sha256 = shaOf(list);
    const piece = { law_id: LAW, sha256, number: 0, text: list };
    expect(await door.drive(sendOpening, { request: piece, ...call("anna") })).toEqual({ next_piece: 1 });
    const request = { law_id: LAW, sha256, pieces: 1 };
    const taken = await door.drive(bringOpening, { request, run: brought, ...call("anna") }, 2);
    expect(taken).toEqual({ law_id: LAW, number: 2, sha256, envelopes: 7, spoiled: [] });
    const kept = await stack.target.pool.query(
      `select p.text from opening_pieces p join openings o on o.law_id = p.law_id and o.number = 1 and o.pieces = p.run
       where p.law_id = $1 order by p.number`,
      [LAW],
    );
    expect(kept.rows.map(({ text }) => text.toString()).join(""), "the copy of the first one").toBe(list);
    for (const run of [exported, brought]) expect(await journalPhases(stack, run)).toEqual(["begun", "done"]);
    const { rows } = await stack.target.pool.query("select content from journal where law_id = $1", [LAW]);
    const text = JSON.stringify(rows);
    for (const secret of [...(await envelopes(9)), '\\"oui\\":', "sums"]) expect(text).not.toContain(secret);
  });

  test("takes no opening of somebody whose name nothing ties to a person, where two people are wanted", async () => {
    await stack.target.pool.query("delete from openings where law_id = $1", [LAW]);
    const door = doorOn(stack, true);
    const request = { law_id: LAW, sha256: shaOf(list), number: 0, text: list };
    await expect(door.call(sendOpening, { request, by: somebody("anna", false) })).rejects.toThrow(
      /nothing ties it to a person: who brings an opening must use a role that does/,
    );
  });
});

test("the ballots of an opened box are added until all are there, and not twice", async () => {
  const { pool } = stack.target;
  await pool.query("delete from openings where law_id = $1", [LAW]);
  const insert = `insert into openings (law_id, number, run, brought_by, sha256, oui, non, spoiled)
    values ($1, $2, gen_random_uuid(), 'a', sha256('x'), 5, 2, '{}')`;
  const { addBallots, count, facts } = boxOf(pool, LAW);
  expect(await addBallots()).toEqual({ added: 0, total: 0 });
  await pool.query(insert, [LAW, 1]);
  await pool.query(insert, [LAW, 2]);
  expect(await facts()).toEqual({ envelopes: 7, broughtBy: ["a", "a"], agree: true });
  const version = (await stack.target.laws.get(LAW))?.version ?? 0;
  expect(await count(version)).toBe(false);
  for (let times = 0; times < 2; times++) expect(await addBallots()).toEqual({ added: 7, total: 7 });
  expect(await count(version - 1)).toBe(false);
  expect(await count(version)).toBe(true);
  expect(await stack.target.laws.get(LAW)).toMatchObject({ reached: "counted", boxClosed: true });
});
