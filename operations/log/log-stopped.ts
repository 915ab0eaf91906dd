/**
 * Why a log is not continued before somebody has looked at it. `store_ahead`: PostgreSQL was restored to a moment
 * before what is published. The others tell that the store or PostgreSQL was changed: `store_behind`, that checkpoints
 * are gone; `checkpoint_differs`, that the published checkpoint is not one of this log; `tile_differs`, that a tile is
 * not what the entries give; `entries_differ`, that the entries do not give what the log has committed itself to;
 * `text_differs`, that a published text is not the one whose hash is in the log; `law_differs`, that the law is not
 * what its description says; `key_missing`, that the key is gone.
 * `journal_differs`, `roll_differs`: a log is not brought back, because the journal or the roll is not that of the log.
 */
export type LogStop =
  | "store_ahead"
  | "store_behind"
  | "checkpoint_differs"
  | "tile_differs"
  | "entries_differ"
  | "text_differs"
  | "law_differs"
  | "journal_differs"
  | "roll_differs"
  | "key_missing";

/** A log is not continued before somebody has looked at it. */
export class LogStopped extends Error {
  readonly reason: LogStop;

  /**
   * @param reason its name
   * @param message what happened, to what, and what to do
   */
  constructor(reason: LogStop, message: string) {
    super(message);
    this.name = "LogStopped";
    this.reason = reason;
  }
}
