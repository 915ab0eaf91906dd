import { createHmac, hkdfSync } from "node:crypto";
import { Refusal } from "../../shared/domain/refusal.ts";
import type { QueueName } from "../../shared/messages/operators/queues.ts";
import type { Keys } from "../../shared/runtime/keys.ts";
import { SqsQueue } from "../../shared/stores/queue.ts";
import type { Archive } from "../archive/archive.ts";
import { addSetAside, keepSetAside, keepUndone, markUndone } from "../archive/set-aside-copies.ts";
import { decryptText, encryptText } from "../encrypted-text.ts";
import type { Servers } from "../servers.ts";
import { queueUrl } from "./depths.ts";
import { holdingDeadLetters } from "./hold-dead-letters.ts";
import { READERS } from "./redrive-queue.ts";
import { lawOfRequest, requestIdOf } from "./request-id-of.ts";
import type { SqsDeadLetter } from "./sqs-dead-letters.ts";

/** So that the key that encrypts is used for nothing else. */
const FINGERPRINT_LABEL = "fingerprint";
/** Rows sent back between two looks at the clock. */
const PAGE = 100;

/**
 * The fingerprint by which a message is named. It is keyed: a plain hash of a vote that this release cannot read would
 * tell the choice to whoever tries both. When the key is rotated, messages that are still dead letters get another one.
 *
 * @param keys those of set-aside
 * @returns gives the fingerprint of a body: HMAC-SHA-256 in hexadecimal digits
 */
export function fingerprints(keys: Keys<"setAside">): (body: string) => string {
  const key = hkdfSync("sha256", keys.ofVersion(keys.currentVersion).setAside, "", FINGERPRINT_LABEL, 32);
  return (body) => createHmac("sha256", new Uint8Array(key)).update(body).digest("hex");
}

/** Unreadable dead letters with the same body. */
export interface UnreadableBody {
  readonly fingerprint: string;
  readonly bytes: number;
  readonly messages: number;
  /** The law of the submission that it names; null: it names none. */
  readonly lawId: string | null;
}

/**
 * Looks at the dead letters of a queue. They stay where they are, and no body leaves this function.
 *
 * @param servers those of a running stage
 * @param keys names bodies by their fingerprints
 * @param queue the queue of their origin
 * @param deadline when to stop, in milliseconds of `performance.now()`
 */
export async function lookAtDeadLetters(
  servers: Servers,
  keys: Keys<"setAside">,
  queue: QueueName,
  deadline: number,
): Promise<{ readonly readable: number; readonly unreadable: readonly UnreadableBody[]; readonly complete: boolean }> {
  const fingerprintOf = fingerprints(keys);
  const unreadable = new Map<string, UnreadableBody>();
  let readable = 0;
  const { complete } = await holdingDeadLetters(
    servers,
    queue,
    () => performance.now() > deadline,
    ({ body }) => {
      if (READERS[queue](body) !== undefined) {
        readable++;
        return;
      }
      const fingerprint = fingerprintOf(body);
      const messages = (unreadable.get(fingerprint)?.messages ?? 0) + 1;
      const lawId = lawOfRequest(requestIdOf(body)) ?? null;
      unreadable.set(fingerprint, { fingerprint, bytes: Buffer.byteLength(body), messages, lawId });
    },
  );
  return { readable, unreadable: [...unreadable.values()], complete };
}

/** What keeps messages that are set aside: their keys, and the archive. */
export interface SetAsideStores {
  readonly keys: Keys<"setAside">;
  /** A restore of PostgreSQL does not take back what is there. */
  readonly archive: Archive;
}

/** What to set aside, and who wants it. */
export interface SetAsideRequest {
  readonly queue: QueueName;
  readonly fingerprint: string;
  readonly reason: string;
  readonly run: string;
}

/**
 * Takes the messages with a body out of a dead-letter queue: first each is kept, encrypted, and then it is deleted.
 *
 * @param servers those of a running stage
 * @param stores what encrypts them, and where they are kept beside PostgreSQL
 * @param request which messages, and why
 * @param deadline when to stop, in milliseconds of `performance.now()`
 * @returns how many were taken, and whether every dead letter was looked at
 * @throws Refusal when this release can read the message: it is a vote
 */
export async function setAsideStep(
  servers: Servers,
  stores: SetAsideStores,
  request: SetAsideRequest,
  deadline: number,
): Promise<{ readonly taken: number; readonly complete: boolean }> {
  const { queue, fingerprint } = request;
  const fingerprintOf = fingerprints(stores.keys);
  const found: SqsDeadLetter[] = [];
  let taken = 0;
  const { complete } = await holdingDeadLetters(
    servers,
    queue,
    () => performance.now() > deadline,
    (letter) => {
      if (fingerprintOf(letter.body) !== fingerprint) return;
      refuseReadable(queue, letter.body, fingerprint);
      found.push(letter);
    },
    async (letters) => {
      for (const letter of found) await keep(servers, stores, request, letter);
      await letters.remove(found.map(({ handle }) => handle));
      taken = found.length;
    },
  );
  return { taken, complete };
}

/** A vote is never set aside. */
function refuseReadable(queue: QueueName, body: string, fingerprint: string): void {
  if (READERS[queue](body) === undefined) return;
  throw new Refusal(
    `This release can read the message ${fingerprint.slice(0, 12)}…: it is a vote, and is not set aside. Send it back: ` +
      `npm run ops -- redrive ${queue}.`,
  );
}

async function keep(
  { pool }: Servers,
  { keys, archive }: SetAsideStores,
  { queue, fingerprint, reason, run }: SetAsideRequest,
  { body, messageId }: SqsDeadLetter,
): Promise<void> {
  const version = keys.currentVersion;
  const message = {
    ...{ queue, message_id: messageId, fingerprint, request_id: requestIdOf(body) ?? null },
    body: encryptText(keys.ofVersion(version).setAside, Buffer.from(fingerprint, "hex"), body).toString("base64"),
    ...{ key_version: version, reason, run },
  };
  await keepSetAside(archive, message);
  await addSetAside(pool, message);
}

interface KeptRow {
  readonly queue: QueueName;
  readonly message_id: string;
  readonly body: Buffer;
  readonly key_version: number;
}

/**
 * Sends messages that were set aside back to the queue that they came from. A message is marked once the queue has
 * confirmed it; one that was sent twice is recognized, as every message is.
 *
 * @param servers those of a running stage
 * @param stores what decrypts them, and where they are kept beside PostgreSQL
 * @param request the fingerprint of their body, and who wants it
 * @param deadline when to stop, in milliseconds of `performance.now()`
 * @returns how many were sent, and whether none is left
 * @throws Refusal when the queue does not take them
 */
export async function undoSetAsideStep(
  servers: Servers,
  { keys, archive }: SetAsideStores,
  { fingerprint, run }: Pick<SetAsideRequest, "fingerprint" | "run">,
  deadline: number,
): Promise<{ readonly sent: number; readonly complete: boolean }> {
  for (let sent = 0; ; ) {
    const { rows } = await servers.pool.query<KeptRow>(
      `select queue, message_id, body, key_version from set_aside
       where fingerprint = decode($1, 'hex') and undone_at is null order by queue, message_id limit ${PAGE}`,
      [fingerprint],
    );
    if (rows.length === 0) return { sent, complete: true };
    if (performance.now() > deadline) return { sent, complete: false };
    for (const { queue, message_id, body, key_version } of rows) {
      const source = new SqsQueue(servers.sqs, queueUrl(servers, queue), () => undefined);
      const [isTaken] = await source.sendAll([
        decryptText(keys.ofVersion(key_version).setAside, Buffer.from(fingerprint, "hex"), body),
      ]);
      if (isTaken !== true) throw new Refusal(`The ${queue} queue did not take a message; it stays set aside.`);
      const undone = { queue, message_id, run };
      await keepUndone(archive, undone);
      await markUndone(servers.pool, undone);
      sent++;
    }
  }
}

/** Messages that were set aside. */
export interface SetAsideMessages {
  readonly queue: QueueName;
  readonly fingerprint: string;
  readonly messages: number;
  readonly reason: string;
  readonly at: string;
  readonly undone: boolean;
  readonly lawId: string | null;
}

/**
 * Lists what was set aside, the latest first. No body leaves the database.
 *
 * @param servers those of a running stage
 */
export async function listSetAside({ pool }: Servers): Promise<SetAsideMessages[]> {
  const { rows } = await pool.query<Omit<SetAsideMessages, "lawId"> & { readonly request_id: string | null }>(
    `select queue, encode(fingerprint, 'hex') as fingerprint, count(*)::int as messages, reason,
       to_char(max(at) at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as at, undone_at is not null as undone,
       min(request_id) as request_id
     from set_aside group by queue, fingerprint, reason, undone_at is not null order by max(at) desc limit 1000`,
  );
  return rows.map(({ request_id: requestId, ...row }) => ({ ...row, lawId: lawOfRequest(requestId) ?? null }));
}
