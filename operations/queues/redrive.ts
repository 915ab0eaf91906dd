import { readRefused } from "../../shared/messages/queue.ts";
import type { Queue } from "../../shared/stores/queue.ts";

/** A message received from a dead-letter queue. */
export interface DeadLetter {
  readonly body: string;
  /** The handle for deleting or releasing this delivery. */
  readonly handle: string;
}

/** The actions on a dead-letter queue that redriving needs. */
export interface DeadLetterQueue {
  /** Receives up to ten messages and hides them for a short time; returns none if the queue looks empty. */
  receive(limit: number): Promise<readonly DeadLetter[]>;
  /** Deletes deliveries. A message that is not deleted is delivered again, which is harmless. */
  remove(handles: readonly string[]): Promise<void>;
  /** Hides deliveries for the time of a run. */
  hide(handles: readonly string[]): Promise<void>;
  /** Makes deliveries visible again at once. */
  release(handles: readonly string[]): Promise<void>;
}

export interface RedrivePorts {
  readonly deadLetters: DeadLetterQueue;
  /** The queue that the messages came from. */
  readonly source: Queue;
  /** Whether the present release can read a message. */
  readonly isReadable: (body: string) => boolean;
}

export interface RedriveOptions {
  /** Moves at most this many. */
  readonly limit?: number | undefined;
  /** Also moves unreadable messages. */
  readonly evenUnreadable?: boolean | undefined;
  readonly signal?: Pick<AbortSignal, "aborted"> | undefined;
  readonly onProgress?: ((moved: number) => void) | undefined;
}

export interface Redriven {
  readonly moved: number;
  /** How many stay in the dead-letter queue because this release cannot read them. */
  readonly unreadable: number;
  /** How many stay in the dead-letter queue because the source queue did not confirm them. */
  readonly unconfirmed: number;
}

/** A receive gives at most ten messages. */
const RECEIVE_LIMIT = 10;

/**
 * Moves messages from a dead-letter queue back to their source queue. Each is deleted only after the source queue has
 * confirmed it. So an interruption moves a message twice at worst, which is harmless, because every stage recognizes a
 * vote that it has seen.
 *
 * @param ports the queues
 * @param options how many, and whether to move unreadable ones as well
 */
export async function redrive(ports: RedrivePorts, options: RedriveOptions = {}): Promise<Redriven> {
  const { deadLetters, source } = ports;
  const limit = options.limit ?? Number.POSITIVE_INFINITY;
  const kept: string[] = [];
  let moved = 0;
  let unreadable = 0;
  let unconfirmed = 0;
  try {
    while (moved < limit && options.signal?.aborted !== true) {
      const letters = await deadLetters.receive(Math.min(RECEIVE_LIMIT, limit - moved));
      if (letters.length === 0) break;
      const { yes, no } = split(letters, ({ body }) => options.evenUnreadable === true || ports.isReadable(body));
      // What a consumer has refused goes back as it came: it is checked again.
      const confirmed = await source.sendAll(yes.map(({ body }) => readRefused(body)?.body ?? body));
      const { yes: sent, no: unsent } = split(yes, (_, index) => confirmed[index] === true);
      await deadLetters.remove(sent.map((letter) => letter.handle));
      const staying = [...no, ...unsent].map((letter) => letter.handle);
      // So that this run does not receive them again and again.
      await deadLetters.hide(staying);
      kept.push(...staying);
      moved += sent.length;
      unreadable += no.length;
      unconfirmed += unsent.length;
      options.onProgress?.(moved);
      // The queue confirmed none of these messages, so it would not take the others either.
      if (yes.length > 0 && sent.length === 0) break;
    }
  } finally {
    if (kept.length > 0) await deadLetters.release(kept);
  }
  return { moved, unreadable, unconfirmed };
}

function split<T>(items: readonly T[], test: (item: T, index: number) => boolean): { yes: T[]; no: T[] } {
  const yes: T[] = [];
  const no: T[] = [];
  for (const [index, item] of items.entries()) (test(item, index) ? yes : no).push(item);
  return { yes, no };
}
