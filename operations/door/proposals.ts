import type pg from "pg";
import { canonicalJson, requestHash } from "../../shared/domain/canonical-json.ts";
import { Refusal } from "../../shared/domain/refusal.ts";
import type { Proposal } from "../../shared/messages/operators/journal.ts";
import { begunOf, inArchive, journalStatement, type NewEntry } from "./journal.ts";
import { refuseUnpinned } from "./refuse-unpinned.ts";
import type { ActContext } from "./services.ts";

const INSTANT = `'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'`;
const COLUMNS = `id::text, act, law_id, request, encode(hash, 'hex') as hash, proposed_by,
  to_char(proposed_at at time zone 'UTC', ${INSTANT}) as proposed_at,
  to_char(expires_at at time zone 'UTC', ${INSTANT}) as expires_at,
  case when done_at is not null then 'done' when decision = 'refused' then decision
    when decision = 'approved' and (
      select j.phase from journal j where j.run = proposals.id and j.phase in ('begun', 'failed') order by j.number desc limit 1
    ) = 'begun' then decision
    when expires_at <= now() then 'expired' else coalesce(decision, 'pending') end as state,
  decided_by`;

/**
 * Keeps what somebody proposes. The id is that of the run: a proposal that is sent again is the same one.
 *
 * @param context who proposes
 * @param act the act
 * @param lawId the law that it is about
 * @param request the request
 */
export async function propose(
  context: ActContext,
  act: string,
  lawId: string | undefined,
  request: unknown,
): Promise<Proposal> {
  const hash = requestHash(act, request);
  const { pool } = context.servers;
  if ((await begunOf(pool, context.run)) !== undefined && !(await isProposal(pool, context.run))) {
    throw new Refusal(`The run ${context.run} is that of an act: take a new one.`, { code: "invalid_request" });
  }
  const entry = { act, phase: "proposed", lawId, content: canonicalJson({ request, hash }) } as const;
  const values = [
    context.run,
    act,
    lawId ?? null,
    canonicalJson(request),
    hash,
    context.operator.name,
    context.services.proposalHours,
  ];
  await withEntry(
    context,
    `insert into proposals (id, act, law_id, request, hash, proposed_by, expires_at)
     values ($1, $2, $3, $4, decode($5, 'hex'), $6, clock_timestamp() + make_interval(hours => $7))
     on conflict (id) do nothing returning id`,
    values,
    entry,
  );
  const proposal = await proposalOf(pool, context.run);
  if (proposal.hash === hash) return proposal;
  throw new Refusal(`The run ${context.run} is of another proposal: take a new one.`, { code: "invalid_request" });
}

/**
 * Reads a proposal.
 *
 * @param pool the database
 * @param id which one
 * @throws Refusal when there is none of that id
 */
export async function proposalOf(pool: pg.Pool, id: string): Promise<Proposal> {
  const { rows } = await pool.query<Proposal>(`select ${COLUMNS} from proposals where id = $1`, [id]);
  const [proposal] = rows;
  if (proposal === undefined)
    throw new Refusal(`There is no proposal ${id}.`, { code: "no_such_proposal", subject: id });
  return proposal;
}

/**
 * Whether somebody has proposed something under an id.
 *
 * @param pool the database
 * @param id the id
 */
export async function isProposal(pool: pg.Pool, id: string): Promise<boolean> {
  const { rows } = await pool.query("select from proposals where id = $1", [id]);
  return rows.length > 0;
}

/**
 * Reads proposals, the latest first.
 *
 * @param pool the database
 * @param which `id`: this one; `all`: also those that are decided, ended or carried out; else what waits for somebody
 */
export async function proposals(
  pool: pg.Pool,
  { all, id }: { readonly all: boolean; readonly id?: string | undefined },
): Promise<Proposal[]> {
  const { rows } = await pool.query<Proposal>(
    `select * from (select ${COLUMNS} from proposals where $2::uuid is null or id = $2) p
     where $1 or $2 is not null or state in ('pending', 'approved')
     order by proposed_at desc limit 1000`,
    [all, id],
  );
  return rows;
}

/**
 * Decides on a proposal. The same decision of the same person again changes nothing.
 *
 * @param context who decides
 * @param id the proposal
 * @param hash what the person has seen: exactly this is decided on
 * @param decision what they want
 * @param check refuses what may not be done any more; called before an approval
 * @throws Refusal when it is their own, has ended, is decided, or is not what they have seen
 */
export async function decide(
  context: ActContext,
  { id, hash, decision }: { readonly id: string; readonly hash: string; readonly decision: "approved" | "refused" },
  check: (proposal: Proposal) => Promise<void>,
): Promise<Proposal> {
  const { pool } = context.servers;
  const { operator } = context;
  const proposal = await proposalOf(pool, id);
  const about = { subject: id } as const;
  refuseUnpinned(operator, "approves", id);
  if (operator.name === proposal.proposed_by) {
    throw new Refusal(`${operator.name} has proposed this; a second person must decide.`, {
      code: "same_person",
      ...about,
    });
  }
  if (proposal.hash !== hash) throw new Refusal(`The proposal ${id} is not what was shown: ask for it again.`, about);
  if (proposal.decided_by === operator.name && isDecided(proposal, decision)) return proposal;
  if (proposal.state !== "pending") throw new Refusal(`The proposal ${id} is ${proposal.state} already.`, about);
  if (decision === "approved") await check(proposal);
  const content = canonicalJson({ proposal: id, hash, proposed_by: proposal.proposed_by });
  await withEntry(
    context,
    `update proposals set decision = $2, decided_by = $3, decided_at = clock_timestamp()
     where id = $1 and decision is null and expires_at > now() returning id`,
    [id, decision, operator.name],
    { act: proposal.act, phase: decision, lawId: proposal.law_id ?? undefined, content, run: id },
  );
  const decided = await proposalOf(pool, id);
  // The same call may have come twice at the same moment.
  if (decided.decided_by === operator.name && isDecided(decided, decision)) return decided;
  throw new Refusal(`The proposal ${id} was decided by somebody else at the same moment, or has ended.`, about);
}

/** Whether a decision is what was decided. What was approved may be done by now. */
function isDecided({ state }: Proposal, decision: "approved" | "refused"): boolean {
  return state === decision || (decision === "approved" && state === "done");
}

/** Changes a proposal and writes the entry of that: both or neither. */
async function withEntry(
  context: ActContext,
  change: string,
  values: readonly unknown[],
  entry: NewEntry,
): Promise<void> {
  await inArchive(context, (last) => {
    const { text, values: more } = journalStatement(context, entry, last, values.length);
    return context.servers.pool.query(`with changed as (${change}) ${text} from changed`, [...values, ...more]);
  });
}

/**
 * Notes that an approved proposal was carried out.
 *
 * @param pool the database
 * @param id the proposal
 */
export async function carriedOut(pool: pg.Pool, id: string): Promise<void> {
  await pool.query("update proposals set done_at = clock_timestamp() where id = $1 and done_at is null", [id]);
}
