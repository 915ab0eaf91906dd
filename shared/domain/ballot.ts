import type { LawForm } from "./law.ts";

/** The choices on a ballot. */
export const CHOICES = ["oui", "non"] as const;
export type Choice = (typeof CHOICES)[number];

/** What shows that ingest made a message (message-macs.ts). */
export interface MessageMacs {
  /** The version of the keys that made them. */
  readonly keyVersion: number;
  /** The promise that its voter gets (promise.ts). Both macs are over it. */
  readonly promise: string;
  /** Each is 43 characters of base64url. */
  readonly validate: string;
  readonly record: string;
}

/**
 * A vote on its way from ingest to validate. Only votes and outcomes hold both a voter hash and a ballot: `choice` in
 * an open law, `sealed` in a sealed one.
 */
export interface Vote {
  /** The submission's id as the voter knows it (opaque text, see request-id.ts). */
  readonly requestId: string;
  readonly lawId: string;
  /** 32 bytes as 64 lower-case hex digits. */
  readonly voterHash: string;
  readonly choice?: Choice | undefined;
  /** The envelope as text (sealing/envelope.ts). */
  readonly sealed?: string | undefined;
  /** When ingest accepted it, ISO 8601 UTC. This time decides about the voting window, not the time of processing. */
  readonly acceptedAt: string;
  /** The pepper of the voter hash; absent when the law has none. */
  readonly pepperId?: string | undefined;
  /** Absent in the messages of laws without a form. */
  readonly macs?: MessageMacs | undefined;
}

/** The form that a vote's law must have: none for a vote without macs. */
export function formOf({ macs, sealed }: Pick<Vote, "macs" | "sealed">): LawForm | undefined {
  if (macs === undefined) return undefined;
  return sealed === undefined ? "open" : "sealed";
}
