import { z } from "zod";
import { type LastingCopy, lastDays, stateToDestroy, usedKeys } from "../../shared/domain/destruction.ts";
import { Refusal } from "../../shared/domain/refusal.ts";
import { DestructionCertificate } from "../../shared/messages/operators/destruction.ts";
import type { Archive } from "../archive/archive.ts";
import { removeRollChange, rollChangesKept } from "../archive/roll-change-copies.ts";
import type { KnownLaw } from "../law-book/law-book.ts";
import { lawTimingOf } from "../law-book/timing.ts";
import { existingLaws } from "../laws/existing-laws.ts";
import type { StepPorts } from "../roll/steps/step-ports.ts";
import type { Servers } from "../servers.ts";
import { refuseToDestroy } from "./plan-destruction.ts";

/** What the end of a destruction has. */
interface ClearContext {
  readonly servers: Servers;
  readonly archive: Archive;
  readonly rolls: () => Pick<StepPorts, "cache">;
}

const CopiesKept = z.record(z.string(), z.number());

/**
 * Refuses to end a destruction that has not come so far.
 *
 * @param servers those of a running stage
 * @param lawId the law
 * @throws Refusal saying what to do first
 */
export async function refuseToClear(servers: Servers, lawId: string): Promise<KnownLaw> {
  const [law] = await existingLaws(servers, [lawId]);
  if (law === undefined) throw new Error(`the law ${lawId} is gone`);
  const { rows } = await servers.pool.query<{ rows_gone_at: Date | null }>(
    "select rows_gone_at from destructions where law_id = $1",
    [lawId],
  );
  if (law.destroyedAt === undefined || rows[0]?.rows_gone_at == null) {
    throw new Refusal(
      `${lawId} is not destroyed so far that its roll can be removed from Redis: npm run ops -- destroy ${lawId}`,
      { subject: lawId },
    );
  }
  await refuseToDestroy(servers, law);
  return law;
}

/**
 * Removes the roll of a destroyed law from Redis, and whom changes of its roll were about from the archive. Then it
 * makes the certificate. Doing it again changes nothing, and gives the same certificate.
 *
 * @param context the step
 * @param lawId the law
 * @throws Refusal when the rest is not removed yet, or the law is on legal hold
 */
export async function clearDestroyedRoll(
  { servers, archive, rolls }: ClearContext,
  lawId: string,
): Promise<DestructionCertificate> {
  const law = await refuseToClear(servers, lawId);
  const { pool } = servers;
  const note = (name: string, count: number) => pool.query("select note_destroyed($1, $2, $3)", [lawId, name, count]);
  const { cache } = rolls();
  await cache.removeMeta(lawId);
  await note("roll_in_redis", await cache.count(lawId));
  await cache.clear(lawId);
  const changes = await pool.query<{ run: string }>(
    "select distinct run::text as run from journal where law_id = $1 and act = 'change-roll'",
    [lawId],
  );
  const kept = await rollChangesKept(
    archive,
    changes.rows.map(({ run }) => run),
  );
  await note("roll_change_copies", kept.length);
  for (const run of kept) await removeRollChange(archive, run);
  return certified(servers, law);
}

async function certified(servers: Servers, law: KnownLaw): Promise<DestructionCertificate> {
  const { pool } = servers;
  const plan = await refuseToDestroy(servers, law);
  const endedAt = await lawTimingOf(servers).now();
  const left = await pool.query<{ messages: string }>("select set_aside_without_law() as messages");
  const days = CopiesKept.parse(JSON.parse(servers.output("CopiesKeptDays")));
  const certificate: DestructionCertificate = {
    law_id: law.lawId,
    title: law.title,
    form: law.form ?? null,
    origin: law.origin ?? null,
    concluded_as: stateToDestroy(law),
    concluded_at: plan.concluded_at,
    legal_term_days: plan.legal_term_days,
    begun_at: plan.begun_at ?? endedAt.toISOString(),
    ended_at: endedAt.toISOString(),
    removed: plan.removed,
    copies: lastDays(days as Partial<Record<LastingCopy, number>>, endedAt),
    keys: [...usedKeys(law, await servers.laws.list())],
    set_aside_without_law: Number(left.rows[0]?.messages ?? 0),
    shares: law.trustees?.trustees ?? 0,
  };
  const { rows } = await pool.query<{ certificate: unknown }>("select end_destruction($1, $2, $3) as certificate", [
    law.lawId,
    endedAt,
    JSON.stringify(certificate),
  ]);
  return DestructionCertificate.parse(rows[0]?.certificate);
}
