import type { Redis, Result } from "ioredis";
import { z } from "zod";
import { LAW_FORMS, type LawForm } from "../domain/law.ts";
import type { Outcome } from "../domain/outcome.ts";
import { type RollMeta, rollBucketKey, rollMetaKey, rollMoment } from "../domain/roll.ts";

/** The parts of a vote that a claim needs. */
export interface ClaimRequest {
  readonly lawId: string;
  /** 64 lower-case hex digits. */
  readonly voterHash: string;
  /** The submission's 16-byte id. */
  readonly id: Uint8Array;
  /** When the vote was accepted, ISO 8601 UTC. */
  readonly acceptedAt: string;
  readonly pepperId?: string | undefined;
  /** The form that the vote's message has; absent: none. */
  readonly form?: LawForm | undefined;
}

/**
 * The answer of the roll. `undecided` says nothing about the voter: the vote must be tried again later. `refused`: a
 * vote of a law of another form, which has taken no claim and never will.
 */
export type ClaimResult =
  | { readonly kind: "decided"; readonly decision: Outcome }
  | { readonly kind: "refused"; readonly why: "other_form" }
  | { readonly kind: "undecided"; readonly why: "roll_not_loaded" | "other_pepper" | "store_failed" };

export interface ClaimStore {
  /**
   * Claims the votes of a batch, each one atomically.
   *
   * @param requests the votes
   * @returns one answer per vote, in the same order
   * @throws when the store cannot be reached
   */
  claim(requests: readonly ClaimRequest[]): Promise<readonly ClaimResult[]>;
}

/**
 * KEYS[1] the voter's bucket, ARGV[1] the 32-byte voter hash, ARGV[2] the 16-byte id of the submission, ARGV[3] when it
 * was accepted (`rollMoment`).
 */
const CLAIM_SCRIPT = `
local claim = redis.call('HGET', KEYS[1], ARGV[1])
if claim == false then return 0 end
if #claim == #ARGV[3] then
  if ARGV[3] < claim then return 0 end
  claim = ''
end
if claim == '' then redis.call('HSET', KEYS[1], ARGV[1], ARGV[2]) return 1 end
if claim == ARGV[2] then return 1 end
return 2`;

const DECISIONS: readonly Outcome[] = ["invalid", "accepted", "duplicate"];

declare module "ioredis" {
  interface RedisCommander<Context> {
    claimVote(bucket: string, voterHash: Buffer, id: Uint8Array, acceptedAt: Buffer): Result<number, Context>;
  }
}

/**
 * A law with a form has its digest and its pepper under other names. A release that does not know forms finds no
 * digest, or, if it does not know digests either, another pepper. So it decides nothing of the law, and its votes wait
 * until this release is back.
 */
const Meta = z.object({
  voters: z.number().int().min(0),
  pepper_id: z.string().optional(),
  digest: z.string().optional(),
  form: z.enum(LAW_FORMS).optional(),
  digest_with_form: z.string().optional(),
  pepper_with_form: z.string().optional(),
});
/** What stands in the place of the pepper of a law with a form. */
const NO_PEPPER = "see pepper_with_form";

/**
 * Reads the value of a roll's meta key. One without a digest is of an earlier release, of a roll that is not sealed.
 *
 * @param text the value, or null when the key is missing
 * @returns undefined when nothing may be decided on the roll
 */
export function readRollMeta(text: string | null): RollMeta | undefined {
  if (text === null) return undefined;
  const { voters, pepper_id, form, ...of } = Meta.parse(JSON.parse(text));
  const digest = form === undefined ? of.digest : of.digest_with_form;
  const pepper = form === undefined || pepper_id !== NO_PEPPER ? pepper_id : of.pepper_with_form;
  return digest === undefined
    ? undefined
    : {
        voters,
        digest,
        ...(pepper === undefined ? {} : { pepperId: pepper }),
        ...(form === undefined ? {} : { form }),
      };
}

/**
 * Writes a roll's meta value.
 *
 * @param meta how many voters the roll has, the pepper of their hashes, the digest of the roll, and the law's form
 */
export function writeRollMeta({ voters, pepperId, digest, form }: RollMeta): string {
  const rest =
    form === undefined
      ? { pepper_id: pepperId, digest }
      : { pepper_id: NO_PEPPER, form, digest_with_form: digest, pepper_with_form: pepperId };
  return JSON.stringify({ voters, ...rest });
}

/** The roll in Redis: one pipelined round trip per batch, one atomic script per vote. */
export class RedisClaimStore implements ClaimStore {
  readonly #redis: Redis;
  /** The forms of laws whose meta keys were read; a law keeps its form for life. */
  readonly #forms: Map<string, LawForm | "none">;

  /**
   * @param redis the server
   * @param forms the forms that are known already
   */
  constructor(redis: Redis, forms = new Map<string, LawForm | "none">()) {
    this.#redis = redis;
    this.#forms = forms;
    redis.defineCommand("claimVote", { numberOfKeys: 1, lua: CLAIM_SCRIPT });
  }

  async claim(requests: readonly ClaimRequest[]): Promise<readonly ClaimResult[]> {
    await this.#learnForms(requests.map(({ lawId }) => lawId));
    // A vote of another form must not even take a claim.
    const claimable = requests.filter(({ lawId, form = "none" }) => this.#forms.get(lawId) === form);
    const results = new Map(claimable.length === 0 ? [] : await this.#claimAll(claimable));
    return requests.map((request): ClaimResult => {
      const otherwise: ClaimResult = this.#forms.has(request.lawId)
        ? { kind: "refused", why: "other_form" }
        : { kind: "undecided", why: "roll_not_loaded" };
      return results.get(request) ?? otherwise;
    });
  }

  /** Reads the forms of laws that are not known yet. A law without a meta key has none yet, and its votes wait. */
  async #learnForms(lawIds: readonly string[]): Promise<void> {
    const unknown = [...new Set(lawIds)].filter((lawId) => !this.#forms.has(lawId));
    if (unknown.length === 0) return;
    const pipeline = this.#redis.pipeline();
    for (const lawId of unknown) pipeline.get(rollMetaKey(lawId));
    const answers = await pipeline.exec();
    if (answers === null) throw new Error("Redis answered nothing to a pipeline");
    for (const [index, lawId] of unknown.entries()) {
      const [error] = answers[index] ?? [new Error("no answer")];
      if (error !== null) throw error;
      const meta = metaOf(answers[index]);
      if (meta !== undefined) this.#forms.set(lawId, meta.form ?? "none");
    }
  }

  async #claimAll(requests: readonly ClaimRequest[]): Promise<readonly (readonly [ClaimRequest, ClaimResult])[]> {
    const lawIds = [...new Set(requests.map((request) => request.lawId))];
    const pipeline = this.#redis.pipeline();
    // The meta keys are read before and after the claims, so that nothing is decided if a roll is removed in between.
    for (const lawId of lawIds) pipeline.get(rollMetaKey(lawId));
    for (const request of requests) {
      const bucket = rollBucketKey(request.lawId, request.voterHash);
      const acceptedAt = rollMoment(new Date(request.acceptedAt));
      pipeline.claimVote(bucket, Buffer.from(request.voterHash, "hex"), request.id, acceptedAt);
    }
    for (const lawId of lawIds) pipeline.get(rollMetaKey(lawId));
    const answers = await pipeline.exec();
    if (answers === null) throw new Error("Redis answered nothing to a pipeline");
    throwIfAway(answers, lawIds.length);

    const rolls = new Map<string, RollMeta>();
    for (const [index, lawId] of lawIds.entries()) {
      const before = metaOf(answers[index]);
      const after = metaOf(answers[lawIds.length + requests.length + index]);
      if (before !== undefined && after !== undefined) rolls.set(lawId, after);
    }
    return requests.map((request, index) => {
      const answer = answers[lawIds.length + index] ?? [new Error("no answer"), undefined];
      return [request, resultOf(request, rolls.get(request.lawId), answer)];
    });
  }
}

/**
 * A pipeline answers for each command, also when no server can be reached. A roll that could not be asked for must not
 * be taken for one that is not loaded.
 *
 * @param answers of the meta keys, the claims, and the meta keys again
 * @param metas how many meta keys there are
 * @throws Error the first one, when a meta key was not read or no claim was answered
 */
function throwIfAway(answers: ReadonlyArray<readonly [Error | null, unknown]>, metas: number): void {
  const claims = answers.slice(metas, answers.length - metas);
  const [unread] = [...answers.slice(0, metas), ...answers.slice(-metas)].find(([error]) => error !== null) ?? [];
  const [unanswered] = claims.every(([error]) => error !== null) ? (claims[0] ?? []) : [];
  const error = unread ?? unanswered;
  if (error) throw error;
}

function resultOf(
  { pepperId }: ClaimRequest,
  roll: RollMeta | undefined,
  [error, value]: readonly [Error | null, unknown],
): ClaimResult {
  if (roll === undefined) return { kind: "undecided", why: "roll_not_loaded" };
  if (roll.pepperId !== pepperId) return { kind: "undecided", why: "other_pepper" };
  const decision = typeof value === "number" ? DECISIONS[value] : undefined;
  if (error !== null || decision === undefined) return { kind: "undecided", why: "store_failed" };
  return { kind: "decided", decision };
}

function metaOf(answer: [Error | null, unknown] | undefined): RollMeta | undefined {
  if (answer === undefined || answer[0] !== null) return undefined;
  const text = answer[1];
  return typeof text === "string" ? readRollMeta(text) : undefined;
}
