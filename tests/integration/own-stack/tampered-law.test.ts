import { randomBytes } from "node:crypto";
import { cp, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { limitOf } from "../../../commands/test/tags.ts";
import { openFile } from "../../../commands/verify/folder.ts";
import { ballotBox, SEED_BYTES, sealBallot } from "../../../shared/domain/sealing/sealed-ballot.ts";
import { certifyLaw } from "../../../shared/messages/operators/conclusion.ts";
import { PostgresOutcomeStore } from "../../../shared/stores/outcomes.ts";
import { type ConcludedStack, concludedStack } from "../../support/conclusion/concluded-stack.ts";
import { failing, insiderOf } from "../../support/conclusion/insider.ts";
import { type Alone, aloneFolder, outcomesOf } from "../../support/conclusion/verify-alone.ts";
import type { Voter } from "../../support/environment.ts";
import { aDecidedVote, macsOf } from "../../support/factories.ts";

// Somebody with full access to the database or to the object store changes something of a law, on real stores. Either
// the law is not certified, or whoever has the published files finds it. docs/verifiability.md has the whole table.
// tampered-run.test.ts and tampered-queues.test.ts have what is done while a law runs.

vi.setConfig({ testTimeout: limitOf(240), hookTimeout: limitOf(400) });

let stack: ConcludedStack;
let alone: Alone;
const named = (name: string) => `${name}-${randomBytes(4).toString("hex")}`;
/** An open law, on which somebody writes a vote for a voter who has not voted. */
const FORGED = named("FORGED");
/** A sealed law, in whose closed box somebody exchanges an envelope. */
const BOX = named("BOX");
/** A sealed law, of which somebody changes what the database has once it is counted. */
const COUNTED = named("COUNTED");

const sql = (text: string, ...values: readonly unknown[]) => stack.env.target.pool.query(text, [...values]);

const asOwner = (text: string, ...values: readonly unknown[]) => insiderOf(stack.env).asOwner(text, ...values);

const certify = (lawId: string) => stack.done(certifyLaw, { law_id: lawId });

/** Certifies and publishes a law; gives the folder. */
async function published(lawId: string): Promise<string> {
  await certify(lawId);
  return publishedTo(lawId);
}

async function publishedTo(lawId: string): Promise<string> {
  const folder = join(alone.folder, "bundles", lawId);
  const done = await stack.typed("publish", lawId, "--to", folder, "--yes");
  expect(done, done.stderr).toMatchObject({ code: 0 });
  return folder;
}

/** A vote like those that `aggregate` records, with a promise of the forger's. */
async function forgeVote(lawId: string): Promise<void> {
  const { rows } = await sql(
    `select encode(voter_hash, 'hex') as hash from voter_roll r where law_id = $1 and not exists (
       select from participation p where p.law_id = r.law_id and p.voter_hash = r.voter_hash)`,
    lawId,
  );
  const acceptedAt = new Date().toISOString();
  const vote = aDecidedVote({ lawId, voterHash: String(rows[0]?.hash), choice: "oui", acceptedAt });
  const recorded = await new PostgresOutcomeStore(stack.env.target.pool).record([{ ...vote, macs: macsOf(vote) }]);
  expect(recorded).toMatchObject([{ status: "counted" }]);
  // What would make the ledger say something.
  expect(await stack.typed("restore-receipts")).toMatchObject({ code: 0 });
  expect(await stack.typed("rebuild-roll", lawId)).toMatchObject({ code: 0 });
}

async function exchangeEnvelope(lawId: string): Promise<void> {
  const { origin, election_key } = stack.trusteesOf(lawId).publicFile;
  const box = ballotBox(origin, Buffer.from(election_key, "base64url"));
  const ballot = sealBallot(box, 0, randomBytes(SEED_BYTES));
  if (ballot.type !== "sealed") throw new Error(ballot.type);
  const envelope = Buffer.from(ballot.envelope, "base64url");
  await asOwner(
    `update ballot_box set envelope = $2, enc = $3 where ctid = (select ctid from ballot_box where law_id = $1 limit 1)`,
    ...[lawId, envelope, envelope.subarray(9, 41)],
  );
}

beforeAll(async () => {
  stack = await concludedStack();
  alone = await aloneFolder();
  for (const [lawId, form] of [
    [FORGED, "open"],
    [BOX, "sealed"],
    [COUNTED, "sealed"],
  ] as const) {
    const [first, second] = (await stack.ready(lawId, form, 3)) as readonly [Voter, Voter];
    await stack.cast(lawId, first, "oui");
    await stack.cast(lawId, second, "non");
  }
  await forgeVote(FORGED);
  await stack.close(FORGED, BOX, COUNTED);
  for (const lawId of [FORGED, BOX, COUNTED]) await stack.count(lawId);
  await exchangeEnvelope(BOX);
  for (const lawId of [BOX, COUNTED]) {
    await stack.open(lawId);
    await stack.count(lawId);
  }
});
afterAll(async () => {
  await stack?.stop();
  await alone?.remove();
});

describe("before a law is certified", () => {
  test.each([
    [
      "the tally is changed",
      "update vote_results set oui_count = oui_count + 1, non_count = non_count - 1 where law_id = $1",
      "update vote_results set oui_count = oui_count - 1, non_count = non_count + 1 where law_id = $1",
      /ledger is not clean/,
    ],
    [
      "a counted submission becomes a duplicate",
      "update vote_audit set status = 'duplicate', reason = 'hidden' where law_id = $1",
      "update vote_audit set status = 'counted', reason = null where law_id = $1 and reason = 'hidden'",
      /ledger is not clean/,
    ],
    [
      "entries of the log are changed",
      "update log_entries set entry = set_byte(entry, 65, 3) where law_id = $1 and get_byte(entry, 0) = 1",
      "update log_entries set entry = set_byte(entry, 65, 4) where law_id = $1 and get_byte(entry, 0) = 1",
      /is not continued.*do not give the root to which the log committed itself/,
    ],
  ])("%s in the database: it is not certified", async (_, change, back, why) => {
    await asOwner(change, COUNTED);
    await expect(certify(COUNTED)).rejects.toThrow(why);
    await asOwner(back, COUNTED);
  });

  test("its checkpoint is rolled back in the object store: it is not certified", async () => {
    const objects = stack.at("objects");
    const [bucket = ""] = (await readdir(objects, { recursive: true }))
      .filter((path) => path.includes(`${COUNTED}/checkpoint.`))
      .map((path) => join(objects, path));
    const latest = await readFile(bucket);
    const earlier = await readFile(bucket.replace(/checkpoint(\.\w+)$/, "checkpoints/000000001$1"));
    await writeFile(bucket, earlier);
    await expect(certify(COUNTED)).rejects.toThrow(/is not continued.*removed or replaced the checkpoint/);
    await writeFile(bucket, latest);
  });
});

describe("in what is published", () => {
  test("a vote that was written into the database has no promise", async () => {
    const folder = await published(FORGED);
    expect(outcomesOf(await alone.verify(folder)).fails).toEqual(["2.10"]);
  });

  test("an envelope that was exchanged in the box is no counted one", async () => {
    const folder = await published(BOX);
    expect(await failing(folder)).toEqual([]);
    expect(await failing(folder, { box: openFile(stack.at(`${BOX}-box.ndjson`)) })).toEqual(["3.12"]);
  });

  test("a tally and an opened list that were changed after the count contradict each other and the signature", async () => {
    const moved = "set oui = oui + 1, non = non - 1 where law_id = $1";
    await asOwner(`update law_counts ${moved}`, COUNTED);
    await asOwner(
      `update vote_results ${moved.replaceAll("oui", "oui_count").replaceAll("non", "non_count")}`,
      COUNTED,
    );
    await asOwner("update ballots set choice = 'oui' where law_id = $1", COUNTED);
    await certify(COUNTED);
    await asOwner(
      `update opening_pieces set text = convert_to(replace(convert_from(text, 'UTF8'), '"non","tracker"', '"oui","tracker"'),
         'UTF8') where law_id = $1`,
      COUNTED,
    );
    expect(await failing(await publishedTo(COUNTED))).toEqual(["3.08", "3.09", "3.10"]);
  });
});

/** Changes a file of a bundle. */
async function edit(folder: string, path: string, change: (text: string) => string): Promise<void> {
  const text = await readFile(join(folder, path), "latin1");
  const changed = change(text);
  expect(changed, path).not.toBe(text);
  await writeFile(join(folder, path), changed, "latin1");
}

async function entriesOf(folder: string): Promise<string> {
  const [file = ""] = await readdir(join(folder, "tile/entries"), { recursive: true, withFileTypes: true }).then(
    (files) =>
      files.filter((file) => file.isFile()).map((file) => join(file.parentPath, file.name).slice(folder.length + 1)),
  );
  return file;
}

/** The first checkpoint of all comes back, with the tiles of its time, which the object store still has. */
async function rollBack(folder: string): Promise<void> {
  await cp(join(folder, "checkpoints/000000001"), join(folder, "checkpoint"));
  const size = (await readFile(join(folder, "checkpoint"), "utf8")).split("\n")[1];
  for (const level of ["entries", "0"]) {
    const path = `tile/${level}/000.p/${size}`;
    const answer = await fetch(`${stack.env.api.url}/api/v1/log/${BOX}/${path}`);
    expect(answer.status, path).toBe(200);
    await writeFile(join(folder, path), Buffer.from(await answer.arrayBuffer()));
  }
}

const without = (at: number) => (text: string) =>
  text
    .split("\n")
    .filter((_, line, all) => line !== (at < 0 ? all.length - 1 + at : at))
    .join("\n");
const SUBMISSIONS = "submissions/000000001.ndjson";

describe("whoever changes the published files of a law that holds is found, when", () => {
  test.each<readonly [string, (folder: string) => Promise<void>, string]>([
    [
      "an entry of the log is changed",
      async (folder) => edit(folder, await entriesOf(folder), (text) => `${text.slice(0, -1)}\x03`),
      "2.03",
    ],
    [
      "entries are dropped",
      async (folder) => edit(folder, await entriesOf(folder), (text) => text.slice(0, -68)),
      "2.03",
    ],
    ["the checkpoint is rolled back", rollBack, "3.02"],
    ["an entry of the journal is removed", (folder) => edit(folder, "journal.ndjson", without(1)), "2.11"],
    ["the end of the journal is removed", (folder) => edit(folder, "journal.ndjson", without(-1)), "2.12"],
    [
      "the certificate is that of another law",
      (folder) => cp(join(alone.folder, "bundles", FORGED, "certificate"), join(folder, "certificate")),
      "3.01",
    ],
    [
      "a figure is changed",
      (folder) => edit(folder, "certificate", (text) => text.replace('"voted":2', '"voted":1')),
      "3.01",
    ],
    ["a submission is left out", (folder) => edit(folder, SUBMISSIONS, without(0)), "2.09"],
    [
      "a status is changed in the list",
      (folder) => edit(folder, SUBMISSIONS, (text) => text.replace('"counted"', '"duplicate"')),
      "2.09",
    ],
    [
      "an opened ballot is changed",
      (folder) => edit(folder, "opened/000000001.ndjson", (text) => text.replace('"oui","tracker"', '"non","tracker"')),
      "3.08",
    ],
    [
      "a word of the question is changed",
      (folder) => edit(folder, "description", (text) => text.replace("A law", "No law")),
      "1.02",
    ],
    ["all of the list is kept back", (folder) => cp(join(folder, "key"), join(folder, SUBMISSIONS)), "2.09"],
  ])("%s", async (_, change, check) => {
    const folder = join(alone.folder, "bundles", named("changed"));
    await cp(join(alone.folder, "bundles", BOX), folder, { recursive: true });
    await change(folder);
    expect(await failing(folder)).toContain(check);
  });
});
