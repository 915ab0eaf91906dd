import type { AttributeValue } from "@aws-sdk/client-dynamodb";
import type { Redis } from "ioredis";
import type pg from "pg";
import { z } from "zod";
import { rollMetaKey } from "../../shared/domain/roll.ts";

/**
 * What release 1.0.0 (commit 3f4f18d) makes of laws, rolls, messages and the schema: copied from it, and never changed.
 * So the tests can take a stage back to it while votes are in flight.
 */

const common = {
  v: z.union([z.literal(1), z.literal(2)]),
  request_id: z.string(),
  law_id: z.string(),
  voter_hash: z.string(),
  accepted_at: z.iso.datetime().max(35),
  pepper_id: z.string().min(1).max(50).optional(),
};
const VoteMessage = z.object({ ...common, choice: z.enum(["oui", "non"]) });
const OutcomeMessage = z.discriminatedUnion("outcome", [
  z.object({ ...common, outcome: z.literal("accepted"), choice: z.enum(["oui", "non"]) }),
  z.object({ ...common, outcome: z.literal("invalid"), choice: z.enum(["oui", "non"]) }),
  z.object({ ...common, outcome: z.literal("duplicate") }),
]);
const LawItem = z.object({
  opens_at: z.object({ S: z.string() }),
  closes_at: z.object({ S: z.string() }).optional(),
  frozen: z.object({ BOOL: z.boolean() }).optional(),
  key_version: z.object({ N: z.string() }),
});
const Meta = z.object({ voters: z.number().int().min(0), pepper_id: z.string().optional() });

/** `readBatch` sends what cannot be read to the dead-letter queue. */
export type Consumed = "waits" | "dead letter" | "done";

/** Whether its `ingest` accepts votes on a law. */
export function acceptsVotes(item: Record<string, AttributeValue>, nowMs: number): boolean {
  const law = LawItem.parse(item);
  if (law.frozen?.BOOL === true || nowMs < Date.parse(law.opens_at.S)) return false;
  return law.closes_at === undefined || nowMs < Date.parse(law.closes_at.S);
}

/** What its `validate` does with a vote. */
export async function validateVote(redis: Redis, body: string): Promise<Consumed> {
  const vote = VoteMessage.safeParse(JSON.parse(body)).data;
  if (vote === undefined) return "dead letter";
  const meta = await redis.get(rollMetaKey(vote.law_id));
  if (meta === null || Meta.parse(JSON.parse(meta)).pepper_id !== vote.pepper_id) return "waits";
  return "done";
}

/** What its `aggregate` does with an outcome. */
export async function recordOutcome(pool: pg.Pool, body: string): Promise<Consumed> {
  const outcome = OutcomeMessage.safeParse(JSON.parse(body)).data;
  if (outcome === undefined) return "dead letter";
  const { rowCount } = await pool.query(
    `select request_id, law_id, status, accepted_at, updated_at
     from record_outcomes($1::text[], $2::text[], $3::bytea[], $4::text[], $5::text[], $6::timestamptz[], $7::bigint[])`,
    [
      [outcome.request_id],
      [outcome.law_id],
      [Buffer.from(outcome.voter_hash, "hex")],
      [outcome.outcome],
      ["choice" in outcome ? outcome.choice : null],
      [outcome.accepted_at],
      [BigInt.asIntN(64, BigInt(`0x${outcome.voter_hash.slice(0, 16)}`))],
    ],
  );
  return rowCount === 0 ? "waits" : "done";
}
