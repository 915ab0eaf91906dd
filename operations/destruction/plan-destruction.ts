import type pg from "pg";
import { z } from "zod";
import { destroyableFrom, stateToDestroy } from "../../shared/domain/destruction.ts";
import { lawInstant } from "../../shared/domain/instant.ts";
import type { Law } from "../../shared/domain/law.ts";
import { lifeState } from "../../shared/domain/law-life.ts";
import { Refusal } from "../../shared/domain/refusal.ts";
import {
  DestructionCertificate,
  type DestructionPlan,
  type LegalHold,
} from "../../shared/messages/operators/destruction.ts";
import { lawTimingOf, numberOutput, type TimedStage } from "../law-book/timing.ts";

/** The last hold, if it is in force (migration 0022). */
const HOLD = `select j.operator as by, j.at as since, j.content from journal j
  where is_held($1) and j.law_id = $1 and j.act = 'hold-law' and j.phase = 'begun' order by j.number desc limit 1`;

const HoldContent = z.object({ request: z.object({ reason: z.string() }) });

const Row = z.object({
  begun_at: z.date(),
  rows_gone_at: z.date().nullable(),
  removed: z.record(z.string(), z.number()),
  certificate: DestructionCertificate.nullable(),
});

/**
 * What is known of the destruction of a law.
 *
 * @param servers those of a running stage
 * @param law the law
 * @returns undefined when the law is not far enough: neither its result nor what is public of it is final
 */
export async function destructionPlan(
  servers: TimedStage,
  { lawId }: Pick<Law, "lawId">,
): Promise<DestructionPlan | undefined> {
  const { pool } = servers;
  const at = await pool.query<{ at: Date | null }>("select concluded_at($1) as at", [lawId]);
  const concludedAt = at.rows[0]?.at ?? undefined;
  if (concludedAt === undefined) return undefined;
  const legalTermDays = numberOutput(servers, "LegalTermDays");
  const hold = await holdOf(pool, lawId);
  const { rows } = await pool.query(
    "select begun_at, rows_gone_at, removed, certificate from destructions where law_id = $1",
    [lawId],
  );
  const destruction = rows[0] === undefined ? undefined : Row.parse(rows[0]);
  return {
    concluded_at: concludedAt.toISOString(),
    legal_term_days: legalTermDays,
    from: destroyableFrom(concludedAt, legalTermDays).toISOString(),
    hold: hold ?? null,
    begun_at: destruction?.begun_at.toISOString() ?? null,
    rows_gone: destruction !== undefined && destruction.rows_gone_at !== null,
    removed: destruction?.removed ?? {},
    certificate: destruction?.certificate ?? null,
  };
}

/**
 * The legal hold of a law.
 *
 * @param pool the database
 * @param lawId the law
 * @returns undefined when there is none
 */
export async function holdOf(pool: pg.Pool, lawId: string): Promise<LegalHold | undefined> {
  const { rows } = await pool.query<{ by: string; since: Date; content: string }>(HOLD, [lawId]);
  const [row] = rows;
  if (row === undefined) return undefined;
  const { reason } = HoldContent.parse(JSON.parse(row.content)).request;
  return { reason, by: row.by, since: row.since.toISOString() };
}

/**
 * Refuses to destroy a law that is not far enough, whose legal term is not over, or that is on legal hold.
 *
 * @param servers those of a running stage
 * @param law the law
 * @returns what is known of its destruction
 * @throws Refusal with the reason, and what to do
 */
export async function refuseToDestroy(servers: TimedStage, law: Law): Promise<DestructionPlan> {
  const { lawId } = law;
  const plan = await destructionPlan(servers, law);
  if (plan === undefined) {
    const state = lifeState(law, (await lawTimingOf(servers).now()).getTime());
    throw new Refusal(
      `${lawId} is ${state}, and is not destroyed before it is ${stateToDestroy(law)}. Nothing was removed. npm run laws -- ` +
        `show ${lawId} says what comes next.`,
      { subject: lawId },
    );
  }
  const { hold, from, legal_term_days: days } = plan;
  if (hold !== null) {
    throw new Refusal(
      `${lawId} is on legal hold: ${hold.reason} (${hold.by}, ${lawInstant(law, hold.since)}). Nothing was removed. When the reason is gone: ` +
        `npm run ops -- release-hold ${lawId} --reason TEXT`,
      { subject: lawId },
    );
  }
  // What has begun goes on, whatever the setting says now.
  if (law.destroyedAt !== undefined) return plan;
  if ((await lawTimingOf(servers).now()) < new Date(from)) {
    throw new Refusal(
      `The legal term of ${lawId} is not over: it is ${days} days from ${lawInstant(law, plan.concluded_at)} on (setting ` +
        `legalTermDays), so it can be destroyed from ${lawInstant(law, from)} on. Nothing was removed.`,
      { subject: lawId },
    );
  }
  return plan;
}
