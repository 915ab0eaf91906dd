import type pg from "pg";
import { z } from "zod";
import { Refusal } from "../../shared/domain/refusal.ts";
import { lawTimingOf } from "../law-book/timing.ts";
import { existingLaws } from "../laws/existing-laws.ts";
import { refuseForbidden } from "../laws/refuse-forbidden.ts";
import type { Servers } from "../servers.ts";
import { type ConcludingContext, runLog } from "./certify-steps.ts";
import { SubmissionList } from "./list-submissions.ts";
import { certificateOf } from "./write-certificate.ts";

/** Pieces of an opened list that one statement deletes: 2.4 MB each. */
const MOST_PIECES = 50;

/** How far publishing a law has come. */
export type Publishing =
  | { readonly phase: "lists" }
  /** The lists are published, and their copies in PostgreSQL are deleted. */
  | { readonly phase: "clear" };

/** What of a law is published beside its log and certificate. */
export interface Published {
  /** Submissions in the list so far. */
  readonly submissions: number;
  readonly submissionParts: number;
  readonly openedParts: number;
}

const Row = z.object({
  parts: z.number(),
  listed: z.coerce.number(),
  opened_parts: z.number(),
  is_complete: z.boolean(),
});

/**
 * Refuses to publish a law that cannot be published now.
 *
 * @param servers those of a running stage
 * @param lawId the law
 * @throws Refusal saying why
 */
export async function refuseToPublish(servers: Servers, lawId: string): Promise<void> {
  const [law] = await existingLaws(servers, [lawId]);
  if (law === undefined) return;
  refuseForbidden(law, "publish", (await lawTimingOf(servers).now()).getTime());
  if ((await certificateOf(servers.pool, lawId))?.note !== undefined) return;
  throw new Refusal(`The certificate of ${lawId} is not signed yet. Complete it: npm run ops -- certify ${lawId}`, {
    subject: lawId,
  });
}

/**
 * Goes on with publishing a law. The log's function writes the lists, part by part, and notes each; this asks it to,
 * and makes the law published when everything is there. Every step can be cut off and repeated.
 *
 * @param context the step
 * @param lawId the law
 * @param publishing how far it has come; undefined: the first step
 * @returns how far it has come then
 */
export async function publishStep(
  context: ConcludingContext,
  lawId: string,
  publishing: Publishing | undefined,
): Promise<{ readonly now: Publishing | undefined; readonly published: Published }> {
  const { pool } = context.servers;
  let now: Publishing | undefined = publishing ?? (await begun(context, lawId));
  while (now !== undefined && context.clock.now() < context.deadline) now = await next(context, lawId, now);
  const { parts, listed, opened_parts: openedParts } = await publicationOf(pool, lawId);
  return { now, published: { submissions: listed, submissionParts: parts, openedParts } };
}

async function begun({ servers }: ConcludingContext, lawId: string): Promise<Publishing> {
  const [law] = await existingLaws(servers, [lawId]);
  if (law?.concluded === "published") return { phase: "clear" };
  await servers.pool.query("select begin_publication($1)", [lawId]);
  return { phase: "lists" };
}

async function next(context: ConcludingContext, lawId: string, now: Publishing): Promise<Publishing | undefined> {
  const { pool } = context.servers;
  if (now.phase === "lists") {
    if (!(await publicationOf(pool, lawId)).is_complete) {
      await runLog(context, lawId);
      return now;
    }
    await pool.query("select finish_publication($1)", [lawId]);
    return { phase: "clear" };
  }
  if ((await new SubmissionList(pool, lawId).drop()) > 0) return now;
  return (await dropPieces(pool, lawId)) > 0 ? now : undefined;
}

async function publicationOf(pool: pg.Pool, lawId: string): Promise<z.output<typeof Row>> {
  const { rows } = await pool.query(
    "select parts, listed, opened_parts, is_complete from publications where law_id = $1",
    [lawId],
  );
  if (rows[0] !== undefined) return Row.parse(rows[0]);
  throw new Refusal(
    `PostgreSQL does not know that ${lawId} is being published: it was restored to an earlier time. Repeat this command.`,
    { subject: lawId },
  );
}

async function dropPieces(pool: pg.Pool, lawId: string): Promise<number> {
  const { rowCount } = await pool.query(
    "delete from opening_pieces where ctid = any (array(select ctid from opening_pieces where law_id = $1 limit $2))",
    [lawId, MOST_PIECES],
  );
  return rowCount ?? 0;
}
