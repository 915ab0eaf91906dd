import { z } from "zod";

/** What a client of the operators' API sends, whatever the act. */
export const ActCall = z.strictObject({
  /** Names one act of one client: a first step that is sent again is the same act. */
  run: z.uuid(),
  /** What is wanted; its form is that of the act. */
  request: z.unknown(),
  /** Where the step before ended, as its answer said. Absent: the first step. */
  cursor: z.unknown().optional(),
  /** The approved proposal that this carries out. */
  proposal: z.uuid().optional(),
});
export type ActCall = z.output<typeof ActCall>;

/** How far a long act has come. */
export const StepProgress = z.strictObject({
  label: z.string(),
  done: z.number().int().min(0),
  total: z.number().int().min(0).optional(),
});
export type StepProgress = z.output<typeof StepProgress>;

/** The proposal of an act that two people must want. */
export const ProposalMade = z.strictObject({
  id: z.uuid(),
  act: z.string(),
  /** SHA-256 of act and request, in hexadecimal digits: what is approved is exactly this. */
  hash: z.string().regex(/^[0-9a-f]{64}$/),
  expires_at: z.iso.datetime(),
});
export type ProposalMade = z.output<typeof ProposalMade>;

/** An answer to a call, whatever the act. */
export const ActAnswer = z.union([
  z.strictObject({ done: z.literal(true), result: z.unknown() }),
  z.strictObject({ done: z.literal(false), cursor: z.unknown(), progress: StepProgress }),
  z.strictObject({ proposal: ProposalMade }),
]);
export type ActAnswer = z.output<typeof ActAnswer>;
