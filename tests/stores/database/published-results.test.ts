import pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { handle as migrate } from "../../../functions/migrate/index.ts";
import { settingsOf } from "../../../infra/stages.ts";
import { type Random, seededRandom } from "../../../proving/random.ts";
import type { Choice } from "../../../shared/domain/ballot.ts";
import type { DecidedVote } from "../../../shared/messages/queue.ts";
import { PostgresOutcomeStore } from "../../../shared/stores/outcomes.ts";
import { type PublicationRules, type PublishedTally, ResultStore } from "../../../shared/stores/results.ts";
import { aDecidedVote, aVoterHash } from "../../support/factories.ts";
import { type Servers, startServers } from "../support/servers.ts";
import { endPools, MIGRATIONS } from "../support/votes.ts";

let servers: Servers;
let pool: pg.Pool;
let outcomes: PostgresOutcomeStore;
let laws = 0;

beforeAll(async () => {
  servers = await startServers();
  await migrate({ connectionString: servers.postgresUrl }, MIGRATIONS);
  pool = new pg.Pool({ connectionString: servers.postgresUrl, max: 4 });
  outcomes = new PostgresOutcomeStore(pool);
});
afterAll(async () => {
  if (servers && pool) await endPools([pool], servers.postgresUrl);
  await servers?.stop();
});

/** A law with a voter on its roll for each choice; none has voted. */
async function aLawWith(choices: readonly Choice[]): Promise<{ lawId: string; votes: DecidedVote[] }> {
  const lawId = `PUBLISHED-${++laws}`;
  const voters = choices.map(() => aVoterHash());
  const hashes = voters.map((hash) => Buffer.from(hash, "hex"));
  await pool.query("insert into voter_roll select $1, h, h from unnest($2::bytea[]) as u (h)", [lawId, hashes]);
  return {
    lawId,
    votes: choices.map((choice, index) => aDecidedVote({ lawId, voterHash: voters[index] ?? "", choice })),
  };
}

/** So many of each choice, in this order. */
function choices(oui: number, non: number): Choice[] {
  return [...Array.from({ length: oui }, () => "oui" as const), ...Array.from({ length: non }, () => "non" as const)];
}

/** Lets time pass for a law: what was published and counted was this many seconds earlier. */
async function pass(lawId: string, seconds: number): Promise<void> {
  for (const [table, column] of [
    ["published_results", "published_at"],
    ["published_results", "held_at"],
    ["vote_results", "updated_at"],
  ]) {
    await pool.query(`update ${table} set ${column} = ${column} - make_interval(secs => $2) where law_id = $1`, [
      lawId,
      seconds,
    ]);
  }
}

function reader(rules: PublicationRules) {
  return async (lawId: string, isFinal = false): Promise<PublishedTally | undefined> =>
    (await new ResultStore(pool, rules).published([{ lawId, isFinal }])).get(lawId);
}

describe("a published tally", () => {
  const RULES = { intervalSeconds: 60, minimumVotes: 5 };
  const read = reader(RULES);

  test("moves when interval and minimum are both reached, and is a step behind what is counted", async () => {
    const { lawId, votes } = await aLawWith(choices(6, 11));
    const totals: (number | undefined)[] = [];
    const look = async () => totals.push((await read(lawId))?.totalVotes);
    await outcomes.record(votes.slice(0, 4));
    await look();
    await outcomes.record(votes.slice(4, 6));
    await look();
    await outcomes.record(votes.slice(6, 12));
    await look();
    await pass(lawId, 59);
    await look();
    await pass(lawId, 1);
    await look();
    await outcomes.record(votes.slice(12, 16));
    await pass(lawId, 3_600);
    await look();
    await outcomes.record(votes.slice(16));
    await look();
    //                      4 votes    6: held    12: early            6         16: too few  12
    expect(totals).toEqual([undefined, undefined, undefined, undefined, 6, 6, 12]);
    expect(await read(lawId)).toMatchObject({ ouiCount: 6, nonCount: 6 });
  });

  test("is the same for every reader, however many ask at once", async () => {
    const { lawId, votes } = await aLawWith(choices(10, 10));
    const readers = Array.from({ length: 4 }, () => reader(RULES));
    await outcomes.record(votes.slice(0, 7));
    await read(lawId);
    await pass(lawId, 60);
    await outcomes.record(votes.slice(7, 14));
    const seen = await Promise.all(readers.map((ask) => ask(lawId)));
    await outcomes.record(votes.slice(14));
    const later = await Promise.all(readers.map((ask) => ask(lawId)));
    expect(new Set([...seen, ...later].map((tally) => JSON.stringify(tally))).size).toBe(1);
    expect(seen[0]).toMatchObject({ totalVotes: 7 });
  });

  test("has every vote of a closed law once the interval has passed without a new one, even if the last step is small", async () => {
    const { lawId, votes } = await aLawWith(choices(1, 2));
    await outcomes.record(votes.slice(0, 2));
    await pass(lawId, 30);
    expect(await read(lawId, true)).toBeUndefined();
    // The last one was on its way when the law closed, and is hidden among the rest.
    await outcomes.record(votes.slice(2));
    await pass(lawId, 59);
    expect(await read(lawId, true)).toBeUndefined();
    await pass(lawId, 1);
    expect(await read(lawId)).toBeUndefined();
    expect(await read(lawId, true)).toMatchObject({ ouiCount: 1, nonCount: 2 });
  });

  test("leaves at least the minimum of votes for the end", async () => {
    const { lawId, votes } = await aLawWith(choices(6, 5));
    for (const at of [0, 5, 10]) {
      await outcomes.record(votes.slice(at, at + 5));
      await pass(lawId, 60);
      await read(lawId);
    }
    expect(await read(lawId)).toMatchObject({ totalVotes: 5 });
    await pass(lawId, 60);
    expect(await read(lawId, true)).toMatchObject({ totalVotes: 11 });
  });

  test("counts a vote that is counted after the end", async () => {
    const { lawId, votes } = await aLawWith(choices(2, 1));
    await outcomes.record(votes.slice(0, 2));
    await pass(lawId, 60);
    expect(await read(lawId, true)).toMatchObject({ totalVotes: 2 });
    await outcomes.record(votes.slice(2));
    expect(await read(lawId, true)).toMatchObject({ totalVotes: 2 });
    await pass(lawId, 60);
    expect(await read(lawId, true)).toMatchObject({ totalVotes: 3 });
  });

  test.each([
    ["with options and spoiled ballots", 3, 1, 2],
    ["of spoiled ballots alone", 0, 0, 2],
  ])("of a sealed law that is counted, %s, comes whole and at once", async (_, oui, non, spoiled) => {
    const lawId = `PUBLISHED-${++laws}`;
    await pool.query(
      `insert into laws (law_id, reached, title, opens_at, key_version, version, confirmed_version)
       values ($1, 'counted', 'A law', now(), 1, 1, 1)`,
      [lawId],
    );
    await pool.query("insert into vote_results (law_id, oui_count, non_count, spoiled_count) values ($1, $2, $3, $4)", [
      ...[lawId, oui, non, spoiled],
    ]);
    const tally = { ouiCount: oui, nonCount: non, totalVotes: oui + non, spoiledCount: spoiled };
    for (const _look of [1, 2]) expect(await read(lawId, true)).toMatchObject(tally);
  });

  test("of one law does not depend on what else is asked for", async () => {
    const [few, many] = [await aLawWith(choices(1, 1)), await aLawWith(choices(3, 3))];
    await outcomes.record([...few.votes, ...many.votes]);
    for (const { lawId } of [few, many]) await pass(lawId, 60);
    const asked = [few, many].map(({ lawId }) => ({ lawId, isFinal: lawId === many.lawId }));
    const published = await new ResultStore(pool, RULES).published([...asked, { lawId: "NONE", isFinal: true }]);
    expect([...published.keys()]).toEqual([many.lawId]);
  });
});

/**
 * Somebody holds the request ids of a law, as a proxy or a log of clients may, and looks at every receipt and at the
 * result after each vote, and once more after the closing. The submissions of a step are those that turned to `counted`
 * first. If all of a step's votes are of one choice, the attacker knows the choice of each.
 *
 * @returns the choices that are told, by request id, and how many votes each step had
 */
async function attack(lawId: string, votes: readonly DecidedVote[], rules: PublicationRules, votesPerSecond: number) {
  const told = new Map<string, Choice>();
  const counted: string[] = [];
  const steps: number[] = [];
  const read = reader(rules);
  let known = { oui: 0, non: 0 };
  const look = async (isFinal: boolean) => {
    const tally = await read(lawId, isFinal);
    if (tally === undefined) return;
    const moved = { oui: tally.ouiCount - known.oui, non: tally.nonCount - known.non };
    known = { oui: tally.ouiCount, non: tally.nonCount };
    if (moved.oui + moved.non === 0) return;
    steps.push(moved.oui + moved.non);
    const ofStep = counted.splice(0, moved.oui + moved.non);
    if (moved.oui > 0 && moved.non > 0) return;
    for (const requestId of ofStep) told.set(requestId, moved.oui === 0 ? "non" : "oui");
  };
  for (const vote of votes) {
    for (const { requestId, status } of await outcomes.record([vote]))
      if (status === "counted") counted.push(requestId);
    await pass(lawId, 1 / votesPerSecond);
    await look(false);
  }
  await pass(lawId, rules.intervalSeconds);
  await look(true);
  return { told, steps };
}

describe("whoever holds request ids and polls the public values", () => {
  /** One more than four steps of dev: alone in a last step it would be told. */
  const VOTES = 401;
  const rulesOf = (stage: string): PublicationRules => {
    const { resultsIntervalSeconds, resultsMinimumVotes } = settingsOf(stage);
    return { intervalSeconds: resultsIntervalSeconds, minimumVotes: resultsMinimumVotes };
  };
  /** Three of four voters want the law. */
  const choicesOf = (random: Random) =>
    Array.from({ length: VOTES }, (): Choice => (random.below(4) === 0 ? "non" : "oui"));

  test("learns no choice at 0.7 votes per second under the settings of dev, nor when the law has closed", async () => {
    const { lawId, votes } = await aLawWith(choicesOf(seededRandom(7)));
    const { told, steps } = await attack(lawId, votes, rulesOf("dev"), 0.7);
    expect(told.size).toBe(0);
    // The result does move while the law is open, and has every vote in the end.
    expect(steps).toEqual([100, 100, 100, 101]);
  });

  test("learns every choice where each vote is shown at once, as on a developer's machine", async () => {
    const { lawId, votes } = await aLawWith(choicesOf(seededRandom(7)).slice(0, 40));
    const { told } = await attack(lawId, votes, rulesOf("local"), 0.7);
    expect([...told]).toEqual(votes.map(({ requestId, choice }) => [requestId, choice]));
  });
});
