import type pg from "pg";
import { windowsOf } from "../../shared/domain/law.ts";
import type { Deviation, LedgerFacts } from "../../shared/domain/ledger.ts";
import { describeRollWork } from "../../shared/domain/roll.ts";
import { refuseUnknownLaws } from "../laws/existing-laws.ts";
import { queueDepths } from "../queues/depths.ts";
import { beginComparison } from "../receipts/comparison-tables.ts";
import { gatherReceipts } from "../receipts/gather.ts";
import { unfinishedWork } from "../roll/stores/postgres-marks.ts";
import { RedisRoll } from "../roll/stores/redis-roll.ts";
import type { Servers } from "../servers.ts";
import { gatherClaims } from "./claims.ts";
import { peekRequestIds } from "./dead-letters.ts";
import { databaseFacts } from "./postgres-facts.ts";

export interface LedgerRequest {
  /** Only these laws. */
  readonly laws?: readonly string[] | undefined;
  /** Request ids of accepted votes, as clients received them. */
  readonly accepted?: AsyncIterable<readonly string[]> | undefined;
  /** Called with the present step and its progress. */
  readonly onProgress?: ((what: string, done: number) => void) | undefined;
}

const EXAMPLES = 5;

/**
 * Reads the facts for the check of the ledger: PostgreSQL at one instant, and copies of the contents of DynamoDB and
 * Redis. The queues are read before and after. If a vote has moved meanwhile, the verdict is "not yet".
 *
 * @param servers those of a running stage
 * @param request the laws, and the list of accepted request ids if there is one
 * @throws Refusal when one of the laws is neither a law nor has a roll
 */
export async function readLedger(servers: Servers, request: LedgerRequest = {}): Promise<LedgerFacts> {
  const onProgress = request.onProgress ?? (() => undefined);
  const lawIds = request.laws === undefined || request.laws.length === 0 ? null : [...new Set(request.laws)];
  if (lawIds !== null) await refuseUnknownLaws(servers, lawIds);
  const before = await queueDepths(servers);
  const client = await servers.pool.connect();
  let sound = false;
  try {
    await beginComparison(client);
    await gatherReceipts(servers, client, lawIds, (receipts) => onProgress("receipts", receipts));
    // After the snapshot was taken: every window that one of its votes can have been accepted in is known by now.
    await gatherWindows(servers, client);
    const rollLaws = lawIds ?? (await lawsOf(client, servers));
    const cached = new Map<string, number>();
    for (const lawId of rollLaws) {
      cached.set(lawId, await gatherClaims(servers.redis, client, lawId));
      onProgress("rolls in Redis", cached.size);
    }
    const accepted = request.accepted && (await compareAccepted(servers, client, request.accepted));
    const facts = await databaseFacts(client, lawIds);
    await client.query("rollback");
    sound = true;
    const cache = new RedisRoll(servers.redis);
    const works = await unfinishedWork(servers.pool, lawIds);
    const laws = [];
    for (const [lawId, { claimsMissing, ...law }] of facts) {
      const complete = (await cache.meta(lawId)) !== undefined;
      const unfinished = (works.get(lawId) ?? []).map(describeRollWork);
      const cacheFacts = { voters: cached.get(lawId) ?? 0, complete, claimsMissing };
      laws.push({ lawId, ...law, cache: unfinished.length === 0 ? cacheFacts : { ...cacheFacts, unfinished } });
    }
    const after = await queueDepths(servers);
    const depths = {
      votes: Math.max(before.votes, after.votes),
      outcomes: Math.max(before.outcomes, after.outcomes),
      votesDeadLetters: Math.max(before.votesDeadLetters, after.votesDeadLetters),
      outcomesDeadLetters: Math.max(before.outcomesDeadLetters, after.outcomesDeadLetters),
    };
    return { laws, depths, ...(accepted === undefined ? {} : { accepted }) };
  } finally {
    // A connection with a failed transaction is not used again.
    client.release(!sound);
  }
}

/** Copies the windows of the laws, so that PostgreSQL can compare the times of acceptance with them. */
async function gatherWindows({ laws }: Servers, client: pg.ClientBase): Promise<void> {
  const windows = (await laws.list()).flatMap((law) =>
    windowsOf(law).map(({ opensAt, closesAt }) => ({ lawId: law.lawId, opensAt, closesAt: closesAt ?? null })),
  );
  await client.query(
    "insert into seen_windows select * from unnest($1::text[], $2::timestamptz[], $3::timestamptz[])",
    [windows.map(({ lawId }) => lawId), windows.map(({ opensAt }) => opensAt), windows.map(({ closesAt }) => closesAt)],
  );
}

async function lawsOf(client: pg.ClientBase, servers: Servers): Promise<string[]> {
  const { rows } = await client.query<{ law_id: string }>("select law_id from rolls");
  return [
    ...new Set([...rows.map((row) => row.law_id), ...(await servers.laws.list()).map((law) => law.lawId)]),
  ].sort();
}

/** Which of the accepted submissions are neither audited nor in a dead-letter queue. */
async function compareAccepted(
  servers: Servers,
  client: pg.ClientBase,
  accepted: AsyncIterable<readonly string[]>,
): Promise<{ total: number; missing: Deviation }> {
  await client.query("create temp table accepted (request_id text primary key) on commit drop");
  for await (const requestIds of accepted) {
    await client.query("insert into accepted select distinct unnest($1::text[]) on conflict do nothing", [requestIds]);
  }
  const total = await client.query<{ n: string }>("select count(*) as n from accepted");
  const unaudited = await client.query<{ request_id: string }>(
    "select request_id from accepted a where not exists (select from vote_audit v where v.request_id = a.request_id)",
  );
  const missing = new Set(unaudited.rows.map((row) => row.request_id));
  if (missing.size > 0) {
    for (const queue of ["votesDeadLetters", "outcomesDeadLetters"] as const) {
      for await (const requestId of peekRequestIds(servers, queue)) missing.delete(requestId);
    }
  }
  return {
    total: Number(total.rows[0]?.n ?? 0),
    missing: { count: missing.size, examples: [...missing].sort().slice(0, EXAMPLES) },
  };
}
