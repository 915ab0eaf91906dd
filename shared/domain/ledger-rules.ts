/**
 * The invariants of the ledger. They are checked on facts about the stores: counts of what exists, and counts of what
 * must not exist. Commands compute the facts in SQL for millions of votes
 * (operations/ledger), tests and the simulator from rows in memory (proving/simulation/models/ledger-rows.ts).
 *
 * 1. Every accepted submission ends as exactly one of counted, duplicate, invalid, or is still in a queue or
 *    dead-letter queue, or is set aside.
 * 2. Neither a voter nor a person is counted more than once per law.
 * 3. Participation = ballots = tally, always; receipts that say counted = participation once the queues are empty. In a
 *    sealed law, participation = envelopes in the box, always; = ballots and spoiled ballots once it is counted.
 * 4. Nothing is counted that was not submitted by a voter on the roll at that moment, within a window of the law, and
 *    in a law with a form, with the promise of ingest.
 * 5. Batch results never hide a failure: an acknowledged message is durable in all its parts.
 * 6. Every duplicate has a participation of its voter, or of its person under another code. A duplicate by its claim
 *    alone is in a queue or dead-letter queue.
 * 7. Redis may be lost at any time: nothing of 1 to 6 depends on it.
 * 8. No vote is invalid whose voter was on the sealed roll when it was accepted, but for a copy of an envelope.
 * 9. Once a law is counted, nothing about its votes changes.
 * 10. A sealed roll is changed by acts alone. A law with a form is what its log says of it: so it is described to
 *    voters, and its journal is the one in the log.
 */
export type Invariant = 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9 | 10;

/** When a rule can be judged: from PostgreSQL at any instant, or only when the queues (or also the DLQs) are empty. */
export type Judged = "always" | "queues empty" | "queues and dead letters empty";

interface Rule {
  readonly invariant: Invariant;
  readonly judged: Judged;
  /** The words after the number of deviations. */
  readonly words: string;
}

/** Every kind of deviation that the stores can show. */
export const DEVIATIONS = {
  voterCountedTwice: { invariant: 2, judged: "always", words: "voters are counted more than once" },
  personCountedTwice: { invariant: 2, judged: "always", words: "persons are counted under two codes" },
  countedWithoutParticipation: {
    invariant: 3,
    judged: "always",
    words: "submissions are audited as counted, but their voter's participation does not name them",
  },
  participationWithoutAudit: {
    invariant: 3,
    judged: "always",
    words: "participations name a submission that is not audited as counted",
  },
  participationNotOnRoll: {
    invariant: 4,
    judged: "always",
    words: "votes of voters who are not on the roll are counted",
  },
  countedOffRoll: {
    invariant: 4,
    judged: "always",
    words: "votes are counted whose voters were not on the roll yet, or not any more, when they were accepted",
  },
  invalidWhileOnRoll: {
    invariant: 8,
    judged: "always",
    words: "votes are invalid although their voters were on the sealed roll when they were accepted",
  },
  acceptedOutsideWindow: {
    invariant: 4,
    judged: "always",
    words: "submissions were accepted outside the windows of their law",
  },
  recordedWithoutPromise: {
    invariant: 4,
    judged: "always",
    words: "submissions to a law with a form are recorded without a promise of ingest",
  },
  attemptsWrong: {
    invariant: 5,
    judged: "always",
    words: "voters have another attempt count than counted and duplicate audit rows",
  },
  receiptMissing: {
    invariant: 5,
    judged: "queues empty",
    words: "audited submissions have no receipt of their status",
  },
  receiptTooHigh: { invariant: 1, judged: "queues empty", words: "receipts say more than the audit" },
  receiptUnknown: {
    invariant: 1,
    judged: "queues empty",
    words: "receipts are of submissions that the audit does not know",
  },
  duplicateWithoutParticipation: {
    invariant: 6,
    judged: "always",
    words: "submissions are duplicates of nothing: their voter is not counted",
  },
  claimUnknown: {
    invariant: 6,
    judged: "queues and dead letters empty",
    words: "voters are claimed in Redis and not counted, so their votes wait until somebody settles them",
  },
  rollBucketDiffers: {
    invariant: 10,
    judged: "always",
    words: "buckets of the sealed roll have other voters than were sealed",
  },
  rollDigestDiffers: {
    invariant: 10,
    judged: "always",
    words: "digests of the sealed roll are not those of its buckets, or not what the last act on it left",
  },
  lawNotAsLogged: {
    invariant: 10,
    judged: "always",
    words: "facts of the law are other ones than its log has signed",
  },
  lawNotAsTold: {
    invariant: 10,
    judged: "always",
    words: "facts of the law are other ones in DynamoDB, where voters' functions read them",
  },
  journalDiffers: {
    invariant: 10,
    judged: "always",
    words: "entries of the journal are gone, or other ones than the log has",
  },
} as const satisfies Record<string, Rule>;
export type DeviationName = keyof typeof DEVIATIONS;
/** Their names. */
export const DEVIATION_NAMES = Object.keys(DEVIATIONS) as DeviationName[];
