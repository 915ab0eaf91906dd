/** The choices on a ballot. */
export const CHOICES = ["oui", "non"] as const;
export type Choice = (typeof CHOICES)[number];

/** A vote on its way from ingest to validate: only here and in outcomes are a voter hash and a choice together. */
export interface Vote {
  /** The submission's id as the voter knows it (opaque text, see request-id.ts). */
  readonly requestId: string;
  readonly lawId: string;
  /** 32 bytes as 64 lower-case hex digits. */
  readonly voterHash: string;
  readonly choice: Choice;
  /** When ingest accepted it, ISO 8601 UTC; this time, not that of processing, decides about the voting window. */
  readonly acceptedAt: string;
  /** Which pepper the voter hash was made with; absent when the law has none. */
  readonly pepperId?: string | undefined;
}
