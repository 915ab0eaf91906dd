import { queueUrl } from "../queues/depths.ts";
import { readDeadLetters } from "../queues/read-dead-letters.ts";
import { requestIdOf } from "../queues/request-id-of.ts";
import { SqsDeadLetters } from "../queues/sqs-dead-letters.ts";
import { type ComparisonTables, endOfPiece } from "../receipts/comparison.ts";
import type { Servers } from "../servers.ts";

/** How far the accepted submissions are looked up. */
export interface LookUp {
  /** The dead-letter queue that is read next; null: both are read. */
  readonly queue: "votesDeadLetters" | "outcomesDeadLetters" | null;
  /** Reads of that queue. */
  readonly rounds: number;
  /** The last submission that was looked up; null: none yet. */
  readonly after: string | null;
  readonly total: number;
  readonly missing: { readonly count: number; readonly examples: readonly string[] };
  readonly isDone: boolean;
}

/** Before anything was looked up. */
export const NOT_LOOKED_UP: LookUp = {
  queue: "votesDeadLetters",
  rounds: 0,
  after: null,
  total: 0,
  missing: { count: 0, examples: [] },
  isDone: false,
};

const EXAMPLES = 5;
/** What one step has read the next one passes over. */
const HIDDEN_SECONDS = 60;
/** More reads than any dead-letter queue needs: a queue whose messages come round again is not read for ever. */
const MOST_ROUNDS = 50;

/**
 * Takes in submissions that somebody says were accepted.
 *
 * @param pool the database
 * @param tables the comparison's
 * @param requestIds their ids; those that are known already count once
 */
export async function takeAccepted(
  { pool }: Pick<Servers, "pool">,
  { accepted }: ComparisonTables,
  requestIds: readonly string[],
): Promise<void> {
  await pool.query(`insert into ${accepted} select distinct unnest($1::text[]) on conflict do nothing`, [requestIds]);
}

/**
 * Looks up accepted submissions until the deadline: first in the dead-letter queues, and then in the audit, so that one
 * that is sent back meanwhile is found. What was set aside is found too.
 *
 * @param servers those of a running stage
 * @param tables the comparison's
 * @param so how far they are looked up
 * @param deadline when to stop, in milliseconds of `performance.now()`
 */
export async function lookUpAccepted(
  servers: Servers,
  tables: ComparisonTables,
  so: LookUp,
  deadline: number,
): Promise<LookUp> {
  let now = so;
  do
    now =
      now.queue === null ? await lookUpPiece(servers, tables, now) : await readQueue(servers, tables, now, deadline);
  while (!now.isDone && performance.now() < deadline);
  return now;
}

async function readQueue(servers: Servers, tables: ComparisonTables, so: LookUp, deadline: number): Promise<LookUp> {
  const { queue, rounds } = so;
  if (queue === null) return so;
  const isRead = await markDeadLetters(servers, tables, queue, deadline);
  if (!isRead && rounds < MOST_ROUNDS) return { ...so, rounds: rounds + 1 };
  return { ...so, rounds: 0, queue: queue === "votesDeadLetters" ? "outcomesDeadLetters" : null };
}

/** @returns whether the queue was read to its end */
async function markDeadLetters(
  servers: Servers,
  { accepted }: ComparisonTables,
  queue: NonNullable<LookUp["queue"]>,
  deadline: number,
): Promise<boolean> {
  const { sqs, pool, distributed } = servers;
  const letters = new SqsDeadLetters(sqs, queueUrl(servers, queue), distributed, HIDDEN_SECONDS);
  const handles: string[] = [];
  let isRead = false;
  try {
    isRead = await readDeadLetters(
      letters,
      () => performance.now() > deadline,
      async (page) => {
        handles.push(...page.map(({ handle }) => handle));
        const ids = page.flatMap(({ body }) => requestIdOf(body) ?? []);
        await pool.query(`update ${accepted} set is_dead_letter = true where request_id = any ($1)`, [ids]);
      },
    );
    return isRead;
  } finally {
    // Until then the next step passes them over.
    if (isRead) await letters.release(handles);
  }
}

async function lookUpPiece({ pool }: Servers, { accepted }: ComparisonTables, so: LookUp): Promise<LookUp> {
  const client = await pool.connect();
  let isSound = false;
  try {
    const upTo = await endOfPiece(client, [accepted], so.after);
    const { rows } = await client.query<{ total: string; missing: string; examples: string[] | null }>(
      `select count(*) as total, count(*) filter (where is_missing) as missing,
         (array_agg(request_id order by request_id) filter (where is_missing))[1:${EXAMPLES}] as examples
       from (
         select request_id, not is_dead_letter
           and not exists (select from vote_audit v where v.request_id = a.request_id)
           and not exists (select from set_aside s where s.request_id = a.request_id and s.undone_at is null) as is_missing
         from ${accepted} a
         where ($1::text is null or request_id > $1) and ($2::text is null or request_id <= $2)
       ) as looked_up`,
      [so.after, upTo],
    );
    isSound = true;
    const [found] = rows;
    return {
      ...so,
      after: upTo,
      isDone: upTo === null,
      total: so.total + Number(found?.total ?? 0),
      missing: {
        count: so.missing.count + Number(found?.missing ?? 0),
        examples: [...so.missing.examples, ...(found?.examples ?? [])].slice(0, EXAMPLES),
      },
    };
  } finally {
    client.release(!isSound);
  }
}
