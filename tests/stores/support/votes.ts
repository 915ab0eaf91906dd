import { createHash } from "node:crypto";
import { join } from "node:path";
import pg from "pg";
import { vi } from "vitest";
import { issueRequestId, uuidV7 } from "../../../shared/domain/request-id.ts";
import type { DecidedVote } from "../../../shared/messages/queue.ts";

/** The migrations as they are in the sources. */
export const MIGRATIONS = join(import.meta.dirname, "../../../functions/migrate/migrations");
export const LAW_ID = "L2025-001";
const ACCEPTED_AT = "2025-12-01T00:00:00.000Z";

/**
 * A decided vote of a separate voter per number; the same number gives the same voter and request id.
 *
 * @param n which voter
 */
export function decidedVote(n: number): DecidedVote {
  const random = createHash("sha256").update(`request ${n}`).digest().subarray(0, 10);
  const key = Buffer.alloc(32, 1);
  return {
    requestId: issueRequestId(uuidV7(Date.parse(ACCEPTED_AT), random), LAW_ID, 1, key),
    lawId: LAW_ID,
    voterHash: createHash("sha256").update(`voter ${n}`).digest("hex"),
    acceptedAt: ACCEPTED_AT,
    outcome: "accepted",
    choice: "oui",
  };
}

/**
 * A pool that may be closed just before its server stops: that ends connections that are on their way out, with an
 * error that nobody waits for. A query that is under way still fails.
 *
 * @param config as for `pg.Pool`
 */
export function openPool(config: pg.PoolConfig): pg.Pool {
  const pool = new pg.Pool(config);
  pool.on("error", () => undefined);
  pool.on("connect", (client) => client.on("error", () => undefined));
  return pool;
}

/**
 * Ends pools and waits until the server has noticed it. A server that stops earlier ends their connections with an
 * error that nobody handles.
 *
 * @param pools the pools
 * @param url the server, with a user who sees every connection
 */
export async function endPools(pools: Iterable<pg.Pool>, url: string): Promise<void> {
  await Promise.all(Array.from(pools, (pool) => pool.end()));
  const client = new pg.Client(url);
  await client.connect();
  const others = async () => {
    const { rows } = await client.query(
      "select from pg_stat_activity where client_port is not null and pid <> pg_backend_pid()",
    );
    return rows.length;
  };
  await vi.waitUntil(async () => (await others()) === 0, { timeout: 5_000 });
  await client.end();
}
