import { randomBytes } from "node:crypto";
import { issueRequestId, uuidV7 } from "../../../shared/domain/request-id.ts";
import { voterHash } from "../../../shared/domain/voter-hash.ts";
import { writeVote } from "../../../shared/messages/queue.ts";
import type { TestEnvironment, Voter } from "../environment.ts";

/** A vote as ingest puts it on the queue. */
export interface WrittenVote {
  readonly id: string;
  readonly body: string;
}

/**
 * Writes votes as ingest puts them on the queue: every third a `non`.
 *
 * @param env the stack whose keys they carry
 * @param lawId a law without a pepper
 * @param voters one vote each
 */
export async function writeVotes(
  env: TestEnvironment,
  lawId: string,
  voters: readonly Voter[],
): Promise<readonly WrittenVote[]> {
  const { requestIdMac } = (await env.target.requestIdKeys()).ofVersion(1);
  return voters.map(({ nas, code }, index) => {
    const requestId = issueRequestId(uuidV7(Date.now(), randomBytes(10)), lawId, 1, requestIdMac);
    const body = writeVote({
      requestId,
      lawId,
      voterHash: voterHash(nas, code, lawId).toString("hex"),
      choice: index % 3 === 0 ? "non" : "oui",
      acceptedAt: new Date().toISOString(),
    });
    return { id: requestId, body };
  });
}

/**
 * How many submissions of a law the audit has with each status.
 *
 * @param env the stack
 * @param lawId the law
 */
export async function auditOf(env: TestEnvironment, lawId: string): Promise<Readonly<Record<string, number>>> {
  const { rows } = await env.target.pool.query<{ status: string; n: number }>(
    "select status, count(*)::int as n from vote_audit where law_id = $1 group by status",
    [lawId],
  );
  return Object.fromEntries(rows.map(({ status, n }) => [status, n]));
}
