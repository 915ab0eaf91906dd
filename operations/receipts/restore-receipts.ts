import { createHash } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import type pg from "pg";
import { type InvalidReason, reasonOf, type Status } from "../../shared/domain/outcome.ts";
import { Refusal } from "../../shared/domain/refusal.ts";
import { DynamoReceiptStore, type StoredReceipt } from "../../shared/stores/receipts.ts";
import type { Servers } from "../servers.ts";
import { type ComparisonTables, endOfPiece, tablesOf } from "./comparison.ts";
import { gatherReceipts, type Scanning, unread } from "./gather.ts";
import { acceptedAtOf, type Orphan, orphanLine } from "./lost-receipts.ts";

/** How far the receipts are compared with the audit. It is plain JSON. */
export interface RestoreState {
  readonly phase: "receipts" | "missing" | "orphans" | "done";
  readonly receipts: Scanning;
  /** The last submission that was looked at in this phase; null: none yet. */
  readonly after: string | null;
  /** Receipts that were missing and are written now; where nothing is written: those that are missing. */
  readonly written: number;
}

/** Of a law that is destroyed, no receipt is written or missed: what is left of it is being removed. */
const isNotDestroyed = (law: string) =>
  `not exists (select from laws l where l.law_id = ${law} and l.destroyed_at is not null)`;

/**
 * Receipts with a higher status than in the audit. Also duplicates in the audit whose counted submission is missing
 * there, because it was recorded after the point to which PostgreSQL was restored.
 */
const orphansOf = ({ receipts, orphans }: ComparisonTables) => `
  insert into ${orphans} (request_id, law_id, status, accepted_at)
  select s.request_id, s.law_id, case s.rank when 1 then 'invalid' when 2 then 'duplicate' else 'counted' end, s.accepted_at
  from ${receipts} s left join vote_audit a on a.request_id = s.request_id
  where (a.request_id is null or s.rank > status_rank(a.status)
      or (a.status = 'duplicate' and counted_submission(a.law_id, a.voter_hash) is null))
    and ($1::text is null or s.request_id > $1) and ($2::text is null or s.request_id <= $2)
    and ${isNotDestroyed("s.law_id")}
  union
  select a.request_id, a.law_id, a.status, s.accepted_at
  from vote_audit a
  left join ${receipts} s on s.request_id = a.request_id and s.rank = status_rank(a.status)
  where a.status = 'duplicate' and counted_submission(a.law_id, a.voter_hash) is null
    and ($1::text is null or a.request_id > $1) and ($2::text is null or a.request_id <= $2)
    and ${isNotDestroyed("a.law_id")}
  on conflict do nothing`;

/** Receipts that are written in one go. */
const FETCH = 2_000;

interface AuditRow {
  readonly request_id: string;
  readonly law_id: string;
  readonly status: Status;
  readonly invalid_reason: InvalidReason | null;
  readonly timestamp: Date;
  readonly processed_at: Date;
  readonly envelope: string | null;
}

/** What to do about the receipts. */
export interface RestoreRequest {
  /** The comparison, whose tables are there. */
  readonly id: string;
  /** Whether to write what is missing; otherwise it is only looked for what PostgreSQL does not know. */
  readonly writes: boolean;
  /** Without writing: whether to count what would be written. */
  readonly counts?: boolean;
}

/**
 * Goes on with comparing the receipts with the audit until the deadline: writes those that are missing, and notes those
 * with a higher status than in the audit.
 *
 * @param servers those of a running stage
 * @param request the comparison, and whether to write
 * @param state how far it has come; absent: the first step
 * @param deadline when to stop, in milliseconds of `performance.now()`
 * @throws Refusal when DynamoDB does not take all of them
 */
export async function restoreStep(
  servers: Servers,
  { id, writes, counts = writes }: RestoreRequest,
  state: RestoreState | undefined,
  deadline: number,
): Promise<RestoreState> {
  const tables = tablesOf(id);
  let now = state ?? { phase: "receipts", receipts: unread(servers), after: null, written: 0 };
  while (now.phase !== "done" && performance.now() < deadline) {
    if (now.phase === "receipts") {
      const receipts: Scanning = await gatherReceipts(servers, tables.receipts, null, now.receipts, deadline);
      const isRead = receipts.segments.every((place) => place === null);
      now = { ...now, receipts, phase: isRead ? (counts ? "missing" : "orphans") : "receipts" };
    } else if (now.phase === "missing") now = await findMissing(servers, tables, now, writes);
    else now = await noteOrphans(servers, tables, now);
  }
  if (now.phase === "done") await servers.pool.query("update comparisons set orphans_found = true where id = $1", [id]);
  return now;
}

/** Looks through a piece of the submissions, without a scan of a whole table per piece. */
async function onPiece<T>(pool: pg.Pool, work: (client: pg.ClientBase) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  let isSound = false;
  try {
    await client.query(
      "begin; set local enable_hashjoin = off; set local enable_mergejoin = off; set local enable_seqscan = off",
    );
    const result = await work(client);
    await client.query("commit");
    isSound = true;
    return result;
  } finally {
    // A connection with a failed transaction is not used again.
    client.release(!isSound);
  }
}

async function findMissing(
  servers: Servers,
  tables: ComparisonTables,
  state: RestoreState,
  writes: boolean,
): Promise<RestoreState> {
  const errors: unknown[] = [];
  const store = new DynamoReceiptStore(servers.dynamoDb, servers.output("ReceiptsTableName"), {
    pause,
    onError: (error) => errors.push(error),
  });
  const { rows, upTo } = await onPiece(servers.pool, async (client) => {
    const end = await endOfPiece(client, ["vote_audit"], state.after);
    const found = await client.query<AuditRow>(
      `select a.request_id, a.law_id, a.status, a."timestamp", a.processed_at,
         encode(a.envelope_sha256, 'hex') as envelope,
         case when a.status = 'invalid' then a.reason end as invalid_reason
       from vote_audit a
       left join ${tables.receipts} s on s.request_id = a.request_id and s.rank = status_rank(a.status)
       where s.request_id is null and ${isNotDestroyed("a.law_id")}
         and ($1::text is null or a.request_id > $1) and ($2::text is null or a.request_id <= $2)
       order by a.request_id limit ${FETCH}`,
      [state.after, end],
    );
    return { rows: found.rows, upTo: end };
  });
  const failed = writes ? await store.putAll(rows.map(toReceipt)) : new Set();
  if (failed.size > 0) {
    throw new Refusal(
      `DynamoDB did not take ${failed.size} receipts (${errors.map(String).at(-1) ?? "no reason given"}); ` +
        `${state.written} are written. Run this again: it goes on where it stopped.`,
    );
  }
  const written = state.written + rows.length;
  if (rows.length === FETCH) return { ...state, written, after: rows.at(-1)?.request_id ?? null };
  return upTo === null ? { ...state, written, phase: "orphans", after: null } : { ...state, written, after: upTo };
}

async function noteOrphans({ pool }: Servers, tables: ComparisonTables, state: RestoreState): Promise<RestoreState> {
  const upTo = await onPiece(pool, async (client) => {
    const end = await endOfPiece(client, ["vote_audit", tables.receipts], state.after);
    await client.query(orphansOf(tables), [state.after, end]);
    return end;
  });
  return upTo === null ? { ...state, phase: "done" } : { ...state, after: upTo };
}

/** What PostgreSQL does not know. */
export interface Orphans {
  readonly orphans: number;
  /** How many of them say counted. */
  readonly counted: number;
  /** SHA-256 of the list as a file: the heading and one line each, in order (orphanLine). */
  readonly sha256: string;
}

/** Lines that are read at once. */
const LINES = 10_000;

/**
 * Sums the list of orphans up. Whoever has the file of the list can compare its hash.
 *
 * @param servers those of a running stage
 * @param id the comparison
 */
export async function summaryOfOrphans(servers: Servers, id: string): Promise<Orphans> {
  const hash = createHash("sha256").update(ORPHANS_HEADING);
  let [orphans, counted] = [0, 0];
  for (let after: Place | undefined; ; ) {
    const page = await orphansPage(servers, id, after, LINES);
    for (const orphan of page) {
      hash.update(orphanLine(orphan));
      orphans++;
      if (orphan.status === "counted") counted++;
    }
    after = page.at(-1);
    if (after === undefined) return { orphans, counted, sha256: hash.digest("hex") };
  }
}

/** The first line of the list of orphans. */
export const ORPHANS_HEADING = "request_id,law_id,status,accepted_at\n";

type Place = Pick<Orphan, "request_id" | "status">;

/**
 * Reads orphans in order.
 *
 * @param servers those of a running stage
 * @param id the comparison
 * @param after the last one before; absent: from the first
 * @param limit how many at most
 * @throws Refusal when the comparison has not found them all, or was dropped
 */
export async function orphansPage(
  servers: Servers,
  id: string,
  after: Place | undefined,
  limit: number,
): Promise<readonly Orphan[]> {
  const { orphans } = tablesOf(id);
  if (!(await areOrphansFound(servers, id))) {
    throw new Refusal(
      "There is no complete list of these receipts any more: it is kept for a day. Run npm run ops -- restore-receipts again.",
    );
  }
  const { rows } = await servers.pool.query<Omit<Orphan, "accepted_at"> & { accepted_at: string | null }>(
    `select request_id, law_id, status, accepted_at from ${orphans}
     where $1::text is null or (request_id, status) > ($1, $2) order by request_id, status limit $3`,
    [after?.request_id ?? null, after?.status ?? null, limit],
  );
  // A duplicate of a lost vote has a receipt of another status than the audit says, or none.
  const unknown = rows.filter(({ accepted_at }) => accepted_at === null);
  const found = await acceptedAtOf(servers, unknown);
  const times = new Map(unknown.map((row, index) => [row, found[index] ?? ""]));
  return rows.map((row) => ({ ...row, accepted_at: row.accepted_at ?? times.get(row) ?? "" }));
}

/**
 * Whether the list of orphans is complete.
 *
 * @param servers those of a running stage
 * @param id the comparison
 */
async function areOrphansFound({ pool }: Servers, id: string): Promise<boolean> {
  const { rows } = await pool.query<{ orphans_found: boolean }>("select orphans_found from comparisons where id = $1", [
    id,
  ]);
  return rows[0]?.orphans_found === true;
}

function toReceipt(row: AuditRow): StoredReceipt {
  return {
    requestId: row.request_id,
    lawId: row.law_id,
    status: row.status,
    reason: reasonOf(row.status, row.invalid_reason ?? undefined),
    acceptedAt: row.timestamp.toISOString(),
    updatedAt: row.processed_at.toISOString(),
    ...(row.envelope === null ? {} : { envelopeSha256: row.envelope }),
  };
}
