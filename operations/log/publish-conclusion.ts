import { type NoteSigner, openNote, signNote } from "../../shared/domain/log/note.ts";
import { partPath, submissionLine } from "../../shared/domain/log/submission-list.ts";
import type { LogObjects } from "./log-objects.ts";
import { LogStopped } from "./log-stopped.ts";
import type { Conclusion, Conclusions, PublishedSoFar } from "./ports.ts";

/** Lines of a part of the list of submissions: 3 MB. Nothing larger comes through an API Gateway than 10 MB. */
const PART_LINES = 10_000;

/** What publishes the conclusion of a law. */
export interface Concluding {
  readonly lawId: string;
  readonly conclusions: Conclusions;
  readonly objects: LogObjects;
  readonly signer: NoteSigner;
  readonly isOver: () => boolean;
}

/**
 * Publishes what a law has beside its log: its certificate, once it is certified, and its lists, once somebody
 * publishes the law. Each part is written once and then noted, so that a run that was cut off is continued by the next
 * one.
 *
 * @param concluding the law, and where things come from and go
 * @returns false when the time was over before everything was there
 * @throws LogStopped when what is published is not what PostgreSQL has
 */
export async function publishConclusion(concluding: Concluding): Promise<boolean> {
  const { lawId, conclusions, isOver } = concluding;
  const conclusion = await conclusions.of(lawId);
  if (conclusion === undefined) return true;
  if (isOver()) return false;
  await publishCertificate(concluding, conclusion);
  let now = conclusion.publishing;
  while (now !== undefined) {
    if (isOver()) return false;
    now = await publishPart(concluding, now);
  }
  return true;
}

async function publishCertificate(
  { lawId, conclusions, objects, signer }: Concluding,
  { text, note }: Conclusion,
): Promise<void> {
  const signed = note ?? (await signNote(text, signer));
  if (openNote(signed, signer) !== text) {
    throw new LogStopped(
      "text_differs",
      `The certificate of ${lawId} in PostgreSQL is not as its key has signed it. Somebody has changed it. Nothing more is ` +
        "published.",
    );
  }
  await objects.putText("certificate", signed);
  if (note === undefined) await conclusions.sign(lawId, signed);
}

/** Publishes the next part of a list. @returns undefined when that was the last one */
async function publishPart(
  { lawId, conclusions, objects }: Concluding,
  now: PublishedSoFar,
): Promise<PublishedSoFar | undefined> {
  const { parts, after, listed, openedParts } = now;
  const lines = await conclusions.submissions(lawId, after, PART_LINES);
  const last = lines.at(-1);
  // A law without submissions has an empty list.
  if (last !== undefined || parts === 0) {
    await objects.putLines(partPath("submissions", parts + 1), lines.map(submissionLine).join(""));
    const next = {
      ...{ parts: parts + 1, listed: listed + lines.length, openedParts },
      after: last === undefined ? after : Buffer.concat([last.request, last.envelope]),
    };
    await conclusions.advance(lawId, next, false);
    return next;
  }
  const piece = await conclusions.openedPiece(lawId, openedParts);
  if (piece !== undefined) {
    await objects.putLines(partPath("opened", openedParts + 1), piece);
    const next = { ...now, openedParts: openedParts + 1 };
    await conclusions.advance(lawId, next, false);
    return next;
  }
  await conclusions.advance(lawId, now, true);
  return undefined;
}
