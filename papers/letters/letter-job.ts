import type { PaperLanguage } from "../../shared/domain/letter.ts";
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
