import type { Addressee, PaperLanguage } from "../../shared/domain/letter.ts";
import type { Office } from "../office.ts";

/** What all letters of a run have in common. It is handed to threads, so it is data only. */
export interface LetterJob {
  readonly law: {
    readonly id: string;
    readonly title: Readonly<Record<PaperLanguage, string>>;
    /** ISO 8601. */
    readonly opensAt: string;
    readonly closesAt: string | null;
    readonly isRehearsal: boolean;
    /** Whether its codes are those of the stage: capitals without characters that look alike, with a check. */
    readonly hasCheckedCodes: boolean;
  };
  readonly office: Office;
  /** The address of the voters' pages, with a slash at the end. */
  readonly pages: string;
  /** What the office writes in the place of the first sentences, and behind the rules. */
  readonly opening: Readonly<Record<PaperLanguage, readonly string[] | undefined>>;
  readonly closing: Readonly<Record<PaperLanguage, readonly string[]>>;
  /** ISO 8601: when the run began. It is written into the files. */
  readonly begunAt: string;
}

/** The letters of a file. */
export interface LetterGroup {
  readonly name: string;
  readonly addressees: readonly Addressee[];
}

/** What a thread is started with. */
export interface WorkerData {
  readonly job: LetterJob;
  /** Its only element is not 0 when the rest is not wanted any more. */
  readonly stopped: Int32Array<SharedArrayBuffer>;
}

export type WorkerMessage =
  | { readonly kind: "progress"; readonly letters: number }
  | { readonly kind: "file"; readonly name: string; readonly bytes: Uint8Array<ArrayBuffer> };
