import type { NoteKey } from "../log/note.ts";
import type { Report } from "../report.ts";
import type { BundleSource } from "../source.ts";

/** What a verifier is doing, for whoever waits. */
export type Doing = "entries" | "submissions" | "signatures" | "opened" | "box" | "roll";

/** What every step needs. */
export interface Context {
  readonly source: BundleSource;
  readonly report: Report;
  /** The key of the law's log. */
  readonly key: NoteKey;
  /** Whether there is a certificate. */
  readonly isCertified: boolean;
  readonly onProgress: (doing: Doing, done: number, total: number | undefined) => void;
  readonly signal: AbortSignal | undefined;
}
