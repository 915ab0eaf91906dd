import type { CheckId } from "../checks.ts";

/** What is said of a check. */
interface CheckText {
  readonly title: string;
  /** What it proves when it holds. */
  readonly proves: string;
  /** What it does not prove. */
  readonly not: string;
}

/** What is said of all checks. */
export type CheckTexts = Readonly<Record<CheckId, CheckText>>;
