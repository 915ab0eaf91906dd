import type pg from "pg";
import type { Deviation } from "../../shared/domain/ledger.ts";
import type { DeviationName } from "../../shared/domain/ledger-rules.ts";
import { acceptanceOf } from "../../shared/domain/window-in-force.ts";
import { type ComparisonTables, endOfPiece } from "../receipts/comparison.ts";
import type { Servers } from "../servers.ts";
import type { FactQuery, PieceKey } from "./fact-query.ts";
import { deviationQueries, figureQueries, triesQuery } from "./facts-sql.ts";

/** What was found about a law so far. It is plain JSON, because it goes from step to step. */
export interface Tally {
  figures: Record<string, number>;
  deviations: Partial<Record<DeviationName, Deviation>>;
}

/** How far the facts are found out. */
export interface Finding {
  /** First all submissions in the order of their ids, then law by law its voters, persons and ballots. */
  readonly phase: "requests" | "laws" | "done";
  /** The last submission that was looked at; null: none yet. */
  readonly after: string | null;
  /** The laws whose voters are still to be looked at. */
  readonly laws: readonly string[];
  /** Of the first of them: how many pieces are done. */
  readonly slice: number;
  /** How many instants of the database the facts are of. */
  readonly instants: number;
  readonly tallies: Readonly<Record<string, Tally>>;
}

/** Before anything was looked at. */
export const NOTHING_FOUND: Finding = { phase: "requests", after: null, laws: [], slice: 0, instants: 0, tallies: {} };

/** Voters in a piece, about. */
const VOTERS = 200_000;
/** A law's hashes are looked at by their first two bytes. */
const PREFIXES = 65_536;
const MOST_SLICES = 512;
/** Voters are counted by a sample: those whose hash begins with a zero byte. */
const SAMPLE = 256;
const EXAMPLES = 5;

/**
 * Finds out facts of the ledger, piece by piece until the deadline, all of them at one instant of the database.
 *
 * Only plans with look-ups are wanted: a piece is small, and a scan of eight million rows per piece is not.
 *
 * @param servers those of a running stage
 * @param tables the copies of the other stores
 * @param lawIds which laws; null for all
 * @param found what is found so far
 * @param deadline when to stop, in milliseconds of `performance.now()`
 */
export async function findFacts(
  servers: Servers,
  tables: ComparisonTables,
  lawIds: readonly string[] | null,
  found: Finding,
  deadline: number,
): Promise<Finding> {
  const client = await servers.pool.connect();
  let isSound = false;
  try {
    await client.query(
      "begin isolation level repeatable read; set local enable_hashjoin = off; set local enable_mergejoin = off; " +
        "set local enable_seqscan = off; select from vote_results limit 1",
    );
    // After the snapshot was taken: every window that one of its votes can have been accepted in is known by now.
    await gatherWindows(servers, client, tables);
    const tallies: Record<string, Tally> = structuredClone({ ...found.tallies });
    let now: Finding = { ...found, instants: found.instants + 1, tallies };
    do {
      now =
        now.phase === "requests"
          ? await lookAtRequests(servers, client, tables, lawIds, now)
          : await lookAtLaw(client, tables, now);
    } while (now.phase !== "done" && performance.now() < deadline);
    await client.query("commit");
    isSound = true;
    return now;
  } finally {
    // A connection with a failed transaction is not used again.
    client.release(!isSound);
  }
}

/** Copies in which intervals laws took votes, so that PostgreSQL can compare the times of acceptance with them. */
async function gatherWindows({ laws }: Servers, client: pg.ClientBase, { windows }: ComparisonTables): Promise<void> {
  const inForce = await laws.windowsInForce(await laws.list());
  const rows = [...inForce].flatMap(([lawId, versions]) =>
    acceptanceOf(versions).map(({ opensAt, closesAt }) => ({ lawId, opensAt, closesAt: closesAt ?? null })),
  );
  await client.query(`delete from ${windows}`);
  await client.query(`insert into ${windows} select * from unnest($1::text[], $2::timestamptz[], $3::timestamptz[])`, [
    rows.map(({ lawId }) => lawId),
    rows.map(({ opensAt }) => opensAt),
    rows.map(({ closesAt }) => closesAt),
  ]);
}

async function lookAtRequests(
  servers: Servers,
  client: pg.ClientBase,
  tables: ComparisonTables,
  lawIds: readonly string[] | null,
  found: Finding,
): Promise<Finding> {
  const upTo = await endOfPiece(client, ["vote_audit", tables.receipts], found.after);
  const piece = [lawIds, found.after, upTo];
  await client.query(triesQuery(tables), piece);
  await addFacts(client, tables, found.tallies, "request", piece);
  if (upTo !== null) return { ...found, after: upTo };
  await addFacts(client, tables, found.tallies, "whole", [lawIds]);
  const laws = lawIds ?? (await everyLaw(servers, client, tables, Object.keys(found.tallies)));
  return { ...found, phase: laws.length === 0 ? "done" : "laws", after: null, laws };
}

/**
 * Every law that any of the tables has. Each table's key begins with the law, so that one look-up per law finds all.
 */
async function everyLaw(
  { laws }: Servers,
  client: pg.ClientBase,
  { claims, tries }: ComparisonTables,
  known: string[],
) {
  const ids = new Set([...known, ...(await laws.list()).map(({ lawId }) => lawId)]);
  for (const table of ["rolls", "voter_roll", "participation", "ballots", "duplicate_attempts", claims, tries]) {
    const { rows } = await client.query<{ law_id: string }>(
      `with recursive one as (
         (select law_id from ${table} order by law_id limit 1)
         union all
         select (select t.law_id from ${table} t where t.law_id > one.law_id order by t.law_id limit 1) from one
         where one.law_id is not null
       ) select law_id from one where law_id is not null`,
    );
    for (const { law_id } of rows) ids.add(law_id);
  }
  return [...ids].sort();
}

/** Looks at the next piece of the voters, persons and ballots of a law. */
async function lookAtLaw(client: pg.ClientBase, tables: ComparisonTables, found: Finding): Promise<Finding> {
  const [lawId = "", ...others] = found.laws;
  const slices = await slicesOf(client, lawId);
  const prefix = (slice: number) =>
    slice <= 0 || slice >= slices
      ? null
      : Math.floor((slice * PREFIXES) / slices)
          .toString(16)
          .padStart(4, "0");
  const [from, to] = [prefix(found.slice), prefix(found.slice + 1)];
  const bytes = (text: string | null) => (text === null ? null : Buffer.from(text, "hex"));
  const uuid = (text: string | null) => (text === null ? null : `${text}0000-0000-0000-0000-000000000000`);
  tallyOf(found.tallies, lawId);
  for (const key of ["voter", "person"] as const) {
    await addFacts(client, tables, found.tallies, key, [[lawId], bytes(from), bytes(to)]);
  }
  await addFacts(client, tables, found.tallies, "ballot", [[lawId], uuid(from), uuid(to)]);
  if (found.slice + 1 < slices) return { ...found, slice: found.slice + 1 };
  return { ...found, phase: others.length === 0 ? "done" : "laws", laws: others, slice: 0 };
}

async function slicesOf(client: pg.ClientBase, lawId: string): Promise<number> {
  const sample = (table: string) => `select count(*) from ${table} where law_id = $1 and voter_hash < '\\x01'`;
  const { rows } = await client.query<{ n: string }>(
    `select greatest((${sample("voter_roll")}), (${sample("participation")})) as n`,
    [lawId],
  );
  return Math.min(MOST_SLICES, Math.max(1, Math.ceil((Number(rows[0]?.n ?? 0) * SAMPLE) / VOTERS)));
}

interface FigureRow {
  readonly law_id: string;
  readonly kind: string | null;
  readonly n: string;
}

interface DeviationRow {
  readonly law_id: string;
  readonly n: string;
  readonly examples: string[];
}

async function addFacts(
  client: pg.ClientBase,
  tables: ComparisonTables,
  tallies: Readonly<Record<string, Tally>>,
  key: PieceKey,
  parameters: readonly unknown[],
): Promise<void> {
  const ofKey = <Q extends FactQuery>(queries: Readonly<Record<string, Q>>) =>
    Object.entries(queries).filter(([, query]) => query.key === key);
  for (const [name, { sql }] of ofKey(figureQueries(tables))) {
    const { rows } = await client.query<FigureRow>(sql, [...parameters]);
    for (const { law_id, kind, n } of rows) {
      const { figures } = tallyOf(tallies, law_id);
      const figure = kind === null ? name : `${name} ${kind}`;
      figures[figure] = (figures[figure] ?? 0) + Number(n);
    }
  }
  for (const [name, { sql }] of ofKey(deviationQueries(tables))) {
    const { rows } = await client.query<DeviationRow>(
      `select law_id, count(*) as n, (array_agg(example order by example))[1:${EXAMPLES}] as examples
       from (${sql}) as found group by law_id`,
      [...parameters],
    );
    for (const { law_id, n, examples } of rows) {
      const { deviations } = tallyOf(tallies, law_id);
      const before = deviations[name as DeviationName] ?? { count: 0, examples: [] };
      deviations[name as DeviationName] = {
        count: before.count + Number(n),
        examples: [...before.examples, ...examples].sort().slice(0, EXAMPLES),
      };
    }
  }
}

function tallyOf(tallies: Readonly<Record<string, Tally>>, lawId: string): Tally {
  const known = Object.hasOwn(tallies, lawId) ? tallies[lawId] : undefined;
  if (known !== undefined) return known;
  const made: Tally = { figures: {}, deviations: {} };
  Object.assign(tallies, { [lawId]: made });
  return made;
}
