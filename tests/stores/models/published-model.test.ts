import type pg from "pg";
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { Tables } from "../../../proving/simulation/models/postgres.ts";
import {
  beginPublishing,
  finishPublishing,
  type PublishedTally,
  publishedTallies,
} from "../../../proving/simulation/models/publish-results.ts";
import type { AskedLaw } from "../../../shared/stores/results.ts";
import { type Database, seeds, startDatabase } from "./support.ts";

/** The model of published results is believed because it answers as the SQL of the migrations does. */

let database: Database;
let pool: pg.Pool;
beforeAll(async () => {
  database = await startDatabase();
  pool = database.pool;
});
afterAll(() => database?.stop());
beforeEach(() => pool.query("truncate vote_results, published_results"));

const LAWS = ["L0", "L1", "L2"] as const;
const INTERVAL_SECONDS = 60;
const MINIMUMS = [1, 2, 3];

/** Counts votes in both. */
async function count(real: Queryable, model: Tables, lawId: string, oui: number, non: number, nowMs: number) {
  await real.query(
    `insert into vote_results as r (law_id, oui_count, non_count) values ($1, $2, $3)
     on conflict (law_id) do update
     set oui_count = r.oui_count + $2, non_count = r.non_count + $3, updated_at = now()`,
    [lawId, oui, non],
  );
  const before = model.tallies.get(lawId) ?? { oui: 0, non: 0 };
  model.tallies.set(lawId, { oui: before.oui + oui, non: before.non + non });
  model.countedAt.set(lawId, nowMs);
}

type Queryable = Pick<pg.Client, "query">;

/** Asks PostgreSQL, and gives what it answers. */
async function publish(real: Queryable, asked: readonly AskedLaw[], minimum: number): Promise<PublishedTally[]> {
  const { rows } = await real.query<PublishedTally>(
    `select law_id as "lawId", oui_count::int as oui, non_count::int as non
     from publish_results($1::text[], $2::boolean[], $3, $4) order by 1`,
    [asked.map(({ lawId }) => lawId), asked.map(({ isFinal }) => isFinal), INTERVAL_SECONDS, minimum],
  );
  return rows;
}

/** The rows of PostgreSQL. Instants are told as milliseconds ago. */
async function tableOfReal(real: Queryable): Promise<unknown[]> {
  const ago = (column: string) => `(extract(epoch from now() - ${column}) * 1000)::int`;
  const { rows } = await real.query<Record<string, unknown>>(
    `select law_id, oui_count::int, non_count::int, ${ago("published_at")} as published_ago,
       held_oui::int, held_non::int, ${ago("held_at")} as held_ago
     from published_results order by 1`,
  );
  return rows.map((row) => Object.values(row));
}

function tableOfModel({ published: rows }: Tables, nowMs: number): unknown[] {
  const ago = (atMs: number | undefined) => (atMs === undefined ? null : nowMs - atMs);
  return [...rows]
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([lawId, { published, publishedAt, held, heldAt }]) => {
      return [lawId, published.oui, published.non, ago(publishedAt), held.oui, held.non, ago(heldAt)];
    });
}

describe("the model of published results", () => {
  test("publishes like publish_results, in its answers and in the table", async () => {
    // In one transaction, where now() stands still. Time passes because everything before becomes older.
    const real = await pool.connect();
    try {
      await real.query("begin");
      for (const { seed, random } of seeds(30)) {
        await real.query("delete from published_results");
        await real.query("delete from vote_results");
        const model = new Tables();
        const minimum = random.pick(MINIMUMS);
        const rules = { intervalMs: INTERVAL_SECONDS * 1_000, minimumVotes: minimum };
        let nowMs = 0;
        for (let step = 0; step < 20; step++) {
          if (random.below(2) === 0) {
            await count(real, model, random.pick(LAWS), random.below(3), random.below(3), nowMs);
          }
          const seconds = random.pick([0, 1, 29, 30, 31, 60, 3_600]);
          nowMs += seconds * 1_000;
          await real.query(
            `with one as (update vote_results set updated_at = updated_at - make_interval(secs => $1))
             update published_results set published_at = published_at - make_interval(secs => $1),
               held_at = held_at - make_interval(secs => $1)`,
            [seconds],
          );
          const asked = LAWS.filter(() => random.below(3) > 0).map((lawId) => ({
            lawId,
            isFinal: random.below(4) === 0,
          }));
          const answer = await publish(real, asked, minimum);
          finishPublishing(model, beginPublishing(model, asked, rules, nowMs));
          const modelled = publishedTallies(model, asked);
          expect({ seed, step, answer: modelled }).toEqual({ seed, step, answer });
          const table = await tableOfReal(real);
          expect({ seed, step, table: tableOfModel(model, nowMs) }).toEqual({ seed, step, table });
        }
      }
      await real.query("rollback");
    } finally {
      real.release();
    }
  });

  test.for([
    // What the first one has published stands, and not the older tally of the second.
    [1, [5, 2, 5, 2]],
    // For the first one, which began before the last vote was counted, the law is not quiet, and a step is due. For the
    // second one it is, with the votes that it saw.
    [3, [4, 2, 4, 2]],
  ] as const)(
    "lets a reader who waited decide on what the other has left, like publish_results (minimum: %i)",
    async ([minimum, expected]) => {
      const asked = [{ lawId: "L0", isFinal: true }];
      const model = new Tables();
      // All that both need is due at once.
      const rules = { intervalMs: 0, minimumVotes: minimum };
      const ask = "select from publish_results(array['L0'], array[true], 0, $1)";
      const [first, second] = [await pool.connect(), await pool.connect()];
      try {
        await count(pool, model, "L0", 3, 1, 0);
        finishPublishing(model, beginPublishing(model, asked, rules, 1));
        await pool.query(ask, [minimum]);
        await count(pool, model, "L0", 1, 1, 2);

        // The first one begins. The second one sees the tally as it is now, and waits for the first one.
        const [firstAt, secondAt] = [3, 4];
        const slow = beginPublishing(model, asked, rules, secondAt);
        await first.query("begin");
        await first.query("select from published_results for update");
        const pid = (await second.query<{ pid: number }>("select pg_backend_pid() as pid")).rows[0]?.pid;
        const waiting = second.query(ask, [minimum]);
        await vi.waitUntil(async () => {
          const { rows } = await pool.query("select from pg_locks where pid = $1 and not granted", [pid]);
          return rows.length > 0;
        });
        await count(pool, model, "L0", 1, 0, 5);
        finishPublishing(model, beginPublishing(model, asked, rules, firstAt));
        await first.query(ask, [minimum]);
        await first.query("commit");
        await waiting;
        finishPublishing(model, slow);

        const votes = (table: unknown[]) => table.map((row) => (row as unknown[]).filter((_, cell) => cell % 3 !== 0));
        expect(votes(await tableOfReal(pool))).toEqual([expected]);
        expect(votes(tableOfModel(model, 0))).toEqual([expected]);
      } finally {
        first.release();
        second.release();
      }
    },
  );
});
