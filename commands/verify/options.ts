import type { Signatures } from "../../client/verify/index.ts";

export const LANGUAGES = ["fr", "en"] as const;
export type Language = (typeof LANGUAGES)[number];

/** What somebody types. */
export interface Options {
  readonly key?: string;
  readonly promise?: string;
  readonly signatures: Signatures;
  readonly remember?: string;
  readonly compare?: string;
  readonly trustees?: string;
  readonly box?: string;
  readonly roll?: string;
  readonly proof?: string;
  readonly lang: Language;
  readonly json?: true;
  readonly table?: string | true;
}
