import type { DeadLetterQueue } from "./redrive.ts";

/** A receive gives at most ten messages. */
const RECEIVE_LIMIT = 10;
/** A receive is one round trip, so that several at once are as much quicker. */
const READERS = 4;

/**
 * Receives every dead letter, and hides each so that it is not received again. The caller releases them.
 *
 * @param queue the dead-letter queue
 * @param isOver says when to stop
 * @param onPage called with up to ten letters at a time
 * @returns false when it stopped before the queue looked empty
 */
export async function readDeadLetters<Q extends DeadLetterQueue>(
  queue: Q,
  isOver: () => boolean,
  onPage: (letters: Awaited<ReturnType<Q["receive"]>>) => Promise<void> | void,
): Promise<boolean> {
  let isComplete = true;
  const read = async () => {
    for (;;) {
      if (isOver()) {
        isComplete = false;
        return;
      }
      const letters = await queue.receive(RECEIVE_LIMIT);
      if (letters.length === 0) return;
      await queue.hide(letters.map(({ handle }) => handle));
      await onPage(letters as Awaited<ReturnType<Q["receive"]>>);
    }
  };
  const ends = await Promise.allSettled(Array.from({ length: READERS }, read));
  const failed = ends.find((end) => end.status === "rejected");
  if (failed !== undefined) throw failed.reason;
  return isComplete;
}
