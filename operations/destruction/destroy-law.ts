import type { z } from "zod";
import { statusOfRank } from "../../shared/domain/outcome.ts";
import { Refusal } from "../../shared/domain/refusal.ts";
import type { destroyLaw } from "../../shared/messages/operators/destruction.ts";
import type { Archive } from "../archive/archive.ts";
import { removeSetAside } from "../archive/set-aside-copies.ts";
import type { Clock } from "../clock.ts";
import type { KnownLaw } from "../law-book/law-book.ts";
import { lawTimingOf } from "../law-book/timing.ts";
import { changeLaw } from "../laws/change.ts";
import { existingLaws } from "../laws/existing-laws.ts";
import { holdingDeadLetters } from "../queues/hold-dead-letters.ts";
import { READERS } from "../queues/redrive-queue.ts";
import { receiptsPage, unread } from "../receipts/gather.ts";
import { deleteReceipts } from "../receipts/lost-receipts.ts";
import type { Servers } from "../servers.ts";
import { refuseToDestroy } from "./plan-destruction.ts";

type Cursor = z.output<typeof destroyLaw.cursor>;

/** What a step of a destruction has. */
export interface DestroyContext {
  readonly servers: Servers;
  readonly archive: Archive;
  readonly clock: Clock;
  /** Names the act; the same for all of its steps. */
  readonly run: string;
  /** When the step should end, in milliseconds of its clock. */
  readonly deadline: number;
}

/** How a step of a destruction ended. */
type DestroyStep =
  | { readonly done: true; readonly law: KnownLaw }
  | {
      readonly done: false;
      readonly cursor: Cursor;
      readonly label: string;
      readonly count: number;
      readonly total?: number;
    };

/** Blocks of a table in one transaction: some 60,000 rows, and a second at most. */
const BLOCKS = 1_000;

/**
 * Refuses to destroy a law for which something is missing, or of which a vote is a dead letter.
 *
 * @param context the step
 * @param lawId the law
 * @throws Refusal with the reason, and what to do
 */
export async function refuseDestruction(
  { servers, clock, deadline }: Pick<DestroyContext, "servers" | "clock" | "deadline">,
  lawId: string,
): Promise<void> {
  for (const law of await existingLaws(servers, [lawId])) await refuseToDestroy(servers, law);
  let ofLaw = 0;
  for (const queue of ["votes", "outcomes"] as const) {
    await holdingDeadLetters(
      servers,
      queue,
      () => clock.now() > deadline,
      ({ body }) => {
        if (READERS[queue](body)?.lawId === lawId) ofLaw += 1;
      },
    );
  }
  if (ofLaw === 0) return;
  throw new Refusal(
    `${ofLaw} dead letters are votes of ${lawId} that turned up after it was counted. Nothing was removed. They expire by ` +
      "themselves, at most 14 days after they were accepted; destroy the law then.",
    { subject: lawId },
  );
}

/**
 * Goes on with destroying a law: marks it, and removes what names its voters and submissions from the archive of
 * messages that are set aside, from PostgreSQL, and from the receipts. Every step can be repeated, by somebody else
 * too. What Redis has, and the archive of changes of rolls, are `roll`'s to remove (clear-roll.ts).
 *
 * @param context the step
 * @param lawId the law
 * @param cursor how far it has come; undefined: the first step
 * @throws Refusal when it may not be destroyed: nothing more is removed then
 */
export async function destroyStep(
  context: DestroyContext,
  lawId: string,
  cursor: Cursor | undefined,
): Promise<DestroyStep> {
  switch (cursor?.phase) {
    case undefined:
      return begin(context, lawId);
    case "copies":
      return removeCopies(context, lawId);
    case "rows":
      return removeRows(context, lawId);
    case "receipts":
      return removeReceipts(context, lawId, cursor);
  }
}

/** Voters' functions know of it before the first row is gone. */
async function begin({ servers, run }: DestroyContext, lawId: string): Promise<DestroyStep> {
  await changeLaw(servers.laws, lawId, async (law) => {
    await refuseToDestroy(servers, law);
    return law.destroyedAt === undefined
      ? { destroyedAt: (await lawTimingOf(servers).now()).toISOString() }
      : undefined;
  });
  await servers.pool.query("select begin_destruction($1, $2)", [lawId, run]);
  return { done: false, cursor: { phase: "copies" }, label: "messages set aside", count: 0 };
}

async function removeCopies({ servers, archive }: DestroyContext, lawId: string): Promise<DestroyStep> {
  const { rows } = await servers.pool.query<{ queue: "votes" | "outcomes"; message_id: string }>(
    "select queue, message_id from set_aside where right(request_id, -44) = request_id_end($1)",
    [lawId],
  );
  await note(servers, lawId, "set_aside_copies", rows.length);
  for (const row of rows) await removeSetAside(archive, row);
  return { done: false, cursor: { phase: "rows" }, label: "messages set aside", count: rows.length };
}

interface RowsRemoved {
  readonly name: string;
  readonly done: string;
  readonly total: string;
  readonly finished: boolean;
}

async function removeRows({ servers, clock, deadline }: DestroyContext, lawId: string): Promise<DestroyStep> {
  let last: RowsRemoved | undefined;
  do {
    const { rows } = await servers.pool.query<RowsRemoved>("select * from destroy_rows($1, $2)", [lawId, BLOCKS]);
    last = rows[0];
    if (last?.finished === true) {
      const { segments, read } = unread(servers);
      return {
        done: false,
        cursor: { phase: "receipts", segments: [...segments], read },
        label: "receipts removed",
        count: 0,
      };
    }
  } while (clock.now() < deadline);
  const { name, done, total } = last ?? { name: "rows", done: "0", total: "0" };
  return {
    done: false,
    cursor: { phase: "rows" },
    label: `blocks of ${name}`,
    count: Number(done),
    total: Number(total),
  };
}

async function removeReceipts(
  { servers, clock, deadline }: DestroyContext,
  lawId: string,
  { segments, read: before }: Extract<Cursor, { phase: "receipts" }>,
): Promise<DestroyStep> {
  let read = before;
  const segment = async (start: string | null, Segment: number) => {
    let place = start;
    while (place !== null && clock.now() < deadline) {
      const { items, next } = await receiptsPage(servers, [lawId], { Segment, TotalSegments: segments.length }, place);
      await deleteReceipts(
        servers.dynamoDb,
        servers.output("ReceiptsTableName"),
        items.map(({ request_id, rank }) => ({ request_id: request_id.S, status: statusOfRank(rank.N) })),
      );
      if (items.length > 0) await note(servers, lawId, "receipts", items.length);
      read += items.length;
      place = next;
    }
    return place;
  };
  const left = await Promise.all(segments.map(segment));
  if (left.some((place) => place !== null)) {
    return {
      done: false,
      cursor: { phase: "receipts", segments: left, read },
      label: "receipts removed",
      count: read,
    };
  }
  await servers.pool.query("select note_rows_gone($1)", [lawId]);
  const [law] = await existingLaws(servers, [lawId]);
  if (law === undefined) throw new Error(`the law ${lawId} is gone`);
  return { done: true, law };
}

async function note({ pool }: Servers, lawId: string, name: string, count: number): Promise<void> {
  await pool.query("select note_destroyed($1, $2, $3)", [lawId, name, count]);
}
