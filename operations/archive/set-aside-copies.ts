import type pg from "pg";
import { z } from "zod";
import { QUEUE_NAMES } from "../../shared/messages/operators/queues.ts";
import { type Archive, listedText } from "./archive.ts";

const KEPT = "set-aside/";
const UNDONE = "set-aside-undone/";

const Message = z.object({
  queue: z.enum(QUEUE_NAMES),
  message_id: z.string(),
  fingerprint: z.string(),
  request_id: z.string().nullable(),
  /** As it is in PostgreSQL, encrypted with the key of set-aside: base64. */
  body: z.base64(),
  key_version: z.number().int(),
  reason: z.string(),
  run: z.uuid(),
});
/** A message that is set aside, as PostgreSQL has it. */
export type SetAsideCopy = z.output<typeof Message>;

const Undone = z.object({ queue: z.enum(QUEUE_NAMES), message_id: z.string(), run: z.uuid() });
/** A message that was set aside and sent back. */
export type UndoneCopy = z.output<typeof Undone>;

/**
 * Keeps a message that is set aside, before it leaves its queue.
 *
 * @param archive where
 * @param message the message
 */
export async function keepSetAside(archive: Archive, message: SetAsideCopy): Promise<void> {
  await archive.put(`${KEPT}${message.queue}/${message.message_id}`, JSON.stringify(message), { once: true });
}

/**
 * Notes that a message was sent back to its queue, once the queue has confirmed it.
 *
 * @param archive where
 * @param undone which one
 */
export async function keepUndone(archive: Archive, undone: UndoneCopy): Promise<void> {
  await archive.put(`${UNDONE}${undone.queue}/${undone.message_id}`, JSON.stringify(undone), { once: true });
}

/** How far messages are brought back. */
export interface BringingBack {
  /** The last name that is done; absent: none is. */
  readonly after?: string | undefined;
  readonly broughtBack: number;
}

/**
 * Adds messages that are set aside to PostgreSQL, as far as only the archive has them, and says of each whether it was
 * sent back.
 *
 * @param pool the database
 * @param archive has the copies
 * @param from where an earlier step ended
 * @param isOver says when to stop
 * @returns where it ended, and whether that is the end
 */
export async function bringBackSetAside(
  pool: pg.Pool,
  archive: Archive,
  from: BringingBack,
  isOver: () => boolean,
): Promise<BringingBack & { readonly complete: boolean }> {
  let { after, broughtBack } = from;
  for (;;) {
    const names = await archive.names(KEPT, after);
    if (names.length === 0) return { after, broughtBack, complete: true };
    for (const name of names) {
      if (isOver()) return { after, broughtBack, complete: false };
      broughtBack += await bringBack(pool, archive, name);
      after = name;
    }
  }
}

async function bringBack(pool: pg.Pool, archive: Archive, name: string): Promise<number> {
  const message = Message.parse(JSON.parse(await listedText(archive, name)));
  const { rows } = await pool.query<{ is_added: boolean }>(
    `select bring_back_set_aside($1, $2, decode($3, 'hex'), $4, decode($5, 'base64'), $6::smallint, $7, $8) as is_added`,
    valuesOf(message),
  );
  const undone = await archive.get(`${UNDONE}${message.queue}/${message.message_id}`);
  if (undone !== undefined) await markUndone(pool, Undone.parse(JSON.parse(undone)));
  return rows[0]?.is_added === true ? 1 : 0;
}

/**
 * Adds a message that is set aside to PostgreSQL, unless it is there.
 *
 * @param pool the database
 * @param message the message
 */
export async function addSetAside(pool: pg.Pool, message: SetAsideCopy): Promise<void> {
  await pool.query(
    `insert into set_aside (queue, message_id, fingerprint, request_id, body, key_version, reason, run)
     values ($1, $2, decode($3, 'hex'), $4, decode($5, 'base64'), $6, $7, $8) on conflict (queue, message_id) do nothing`,
    valuesOf(message),
  );
}

function valuesOf(message: SetAsideCopy): unknown[] {
  const { queue, message_id, fingerprint, request_id, body, key_version, reason, run } = message;
  return [queue, message_id, fingerprint, request_id, body, key_version, reason, run];
}

/**
 * Marks a message in PostgreSQL that was sent back to its queue, unless it is marked.
 *
 * @param pool the database
 * @param undone which one, and by which act
 */
export async function markUndone(pool: pg.Pool, { queue, message_id, run }: UndoneCopy): Promise<void> {
  await pool.query(
    `update set_aside set undone_run = $3, undone_at = clock_timestamp()
     where queue = $1 and message_id = $2 and undone_at is null`,
    [queue, message_id, run],
  );
}

/**
 * Removes a message that is set aside, and the note that it was sent back.
 *
 * @param archive where they are
 * @param message which one
 */
export async function removeSetAside(
  archive: Archive,
  { queue, message_id }: Pick<SetAsideCopy, "queue" | "message_id">,
): Promise<void> {
  for (const part of [KEPT, UNDONE]) await archive.remove(`${part}${queue}/${message_id}`);
}
