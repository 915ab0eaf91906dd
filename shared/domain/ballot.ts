/** The choices on a ballot. */
export const CHOICES = ["oui", "non"] as const;
export type Choice = (typeof CHOICES)[number];

/** A vote on its way from ingest to validate. Only votes and outcomes hold both a voter hash and a choice. */
export interface Vote {
  /** The submission's id as the voter knows it (opaque text, see request-id.ts). */
  readonly requestId: string;
  readonly lawId: string;
  /** 32 bytes as 64 lower-case hex digits. */
  readonly voterHash: string;
  readonly choice: Choice;
  /** When ingest accepted it, ISO 8601 UTC. This time decides about the voting window, not the time of processing. */
  readonly acceptedAt: string;
  /** The pepper of the voter hash; absent when the law has none. */
  readonly pepperId?: string | undefined;
}
