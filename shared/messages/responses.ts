import { z } from "zod";
import { LAW_ID_PATTERN } from "../domain/law.ts";
import { RECEIPT_REASONS, RECEIPT_STATUSES } from "../domain/outcome.ts";

/** The bodies of the API's answers. The OpenAPI description is generated from these schemas. */

const requestId = z.string().meta({ description: "Opaque; keep it to ask what became of the vote." });
const lawId = z.string().regex(LAW_ID_PATTERN);
const instant = z.iso.datetime();
const count = z.number().int().min(0);

export const VoteAccepted = z
  .strictObject({
    request_id: requestId,
    status: z.literal("accepted"),
    message: z.string(),
    law_id: lawId,
    accepted_at: instant,
  })
  .meta({ id: "VoteAccepted", description: "The vote is in the queue; it will be checked and counted." });
export type VoteAccepted = z.output<typeof VoteAccepted>;

export const Receipt = z
  .strictObject({
    request_id: requestId,
    law_id: lawId,
    status: z.enum(["received", ...RECEIPT_STATUSES]),
    reason: z.enum(RECEIPT_REASONS).optional(),
    updated_at: instant.meta({ description: "The minute in which the status last changed." }),
  })
  .meta({
    id: "Receipt",
    description:
      "What became of a submission. It never says what the choice was. `lost`: the database was restored to a point before it was recorded; its voter should vote again.",
  });
export type Receipt = z.output<typeof Receipt>;

export const LawResult = z
  .strictObject({
    law_id: lawId,
    oui_count: count,
    non_count: count,
    total_votes: count,
    updated_at: instant
      .nullable()
      .meta({ description: "The minute in which these counts were published; null while nothing is." }),
  })
  .meta({
    id: "LawResult",
    description:
      "What is published of the tally of one law. While the law is open it moves in steps of many votes; the rest follows after it has closed.",
  });
export type LawResult = z.output<typeof LawResult>;

export const AllResults = z.strictObject({ results: z.array(LawResult) }).meta({ id: "AllResults" });
export type AllResults = z.output<typeof AllResults>;

export const SERVICES = ["sqs", "redis", "postgresql", "dynamodb"] as const;
export type ServiceName = (typeof SERVICES)[number];
const serviceState = z.enum(["connected", "disconnected"]);

export const Health = z
  .strictObject({
    status: z.enum(["healthy", "unhealthy"]),
    services: z.strictObject({
      sqs: serviceState,
      redis: serviceState,
      postgresql: serviceState,
      dynamodb: serviceState,
    }),
    timestamp: instant,
    warnings: z.array(z.string()).optional().meta({
      description: "What needs an operator although every service is up, such as a law whose roll is not loaded.",
    }),
  })
  .meta({ id: "Health" });
export type Health = z.output<typeof Health>;

/** RFC 9457. */
export const Problem = z
  .looseObject({
    type: z.string(),
    title: z.string(),
    status: z.number().int(),
    detail: z.string(),
    errors: z.array(z.strictObject({ field: z.string(), message: z.string() })).optional(),
  })
  .meta({ id: "Problem", description: "An error (RFC 9457, application/problem+json)." });
export type Problem = z.output<typeof Problem>;
