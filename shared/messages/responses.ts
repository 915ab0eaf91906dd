import { z } from "zod";
import { LAW_FORMS, LAW_ID_PATTERN, LAW_STATES, PROOFS, RESULTS_WHEN } from "../domain/law.ts";
import { RECEIPT_REASONS, RECEIPT_STATUSES } from "../domain/outcome.ts";
import { CODE_KINDS } from "../domain/voter-code.ts";

/** The bodies of the API's answers. The OpenAPI description is generated from these schemas. */

const requestId = z.string().meta({ description: "Opaque; keep it to ask what became of the vote." });
const lawId = z.string().regex(LAW_ID_PATTERN);
const instant = z.iso.datetime();
const count = z.number().int().min(0);
const publicKey = z.string().regex(/^[A-Za-z0-9_-]{43}$/);
const share = z.number().int().min(1);
const rehearsal = z
  .literal(true)
  .optional()
  .meta({ description: "Only there when the law is a rehearsal: its votes do not count." });

const keyId = z.string().regex(/^[0-9a-f]{16}$/);

const AcceptedPromise = z
  .strictObject({
    log_origin: z.string().meta({ description: "The `origin` of the law: the name of its log." }),
    key_id: keyId.meta({ description: "Which of the law's `promise_keys` it is signed with." }),
    envelope_sha256: z
      .string()
      .regex(/^[0-9a-f]{64}$/)
      .optional()
      .meta({ description: "Only of a sealed law: the SHA-256 of the envelope, of its 59 bytes." }),
    signature: z.string().regex(/^[A-Za-z0-9_-]{86}$/),
  })
  .meta({
    description:
      "The signature of the API that it has taken this submission (Ed25519). Keep it: whoever has it can prove that the submission must be in the log of its law. It says nothing about the choice.",
  });

export const VoteAccepted = z
  .strictObject({
    request_id: requestId,
    status: z.literal("accepted"),
    message: z.string(),
    law_id: lawId,
    rehearsal,
    accepted_at: instant,
    promise: AcceptedPromise.optional().meta({
      description:
        "Only there when the law has `promise_keys`. A retry after the close gets it for the envelope that was recorded only.",
    }),
  })
  .meta({ id: "VoteAccepted", description: "The vote is in the queue; it will be checked and counted." });
export type VoteAccepted = z.output<typeof VoteAccepted>;

export const Receipt = z
  .strictObject({
    request_id: requestId,
    law_id: lawId,
    rehearsal,
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

const RESULT_STATES = ["voting", "counting", "published"] as const;
export type ResultState = (typeof RESULT_STATES)[number];

export const LawResult = z
  .strictObject({
    law_id: lawId,
    rehearsal,
    oui_count: count,
    non_count: count,
    total_votes: count.meta({ description: "`oui_count` and `non_count` together." }),
    spoiled_count: count.meta({
      description:
        "Ballots of a sealed law that do not open, or choose an option that the law does not have. They are counted, for no option. Of an open law it is 0.",
    }),
    eligible: count.optional().meta({ description: "Only of a sealed law: as in its Turnout." }),
    voted: count.optional().meta({ description: "Only of a sealed law: as in its Turnout." }),
    state: z.enum(RESULT_STATES).meta({
      description:
        "`voting`: the law has not closed. `counting`: it has closed, and votes may still be counted. `published`: it is counted, and nothing changes any more.",
    }),
    updated_at: instant
      .nullable()
      .meta({ description: "The minute in which these counts were published; null while nothing is." }),
  })
  .meta({
    id: "LawResult",
    description:
      "What is published of the tally of one law. While the law is open it moves in steps of many votes; the rest follows after it has closed. A law whose results are `after_close` has counts of 0 until then, and a sealed law until it is counted.",
  });
export type LawResult = z.output<typeof LawResult>;

export const AllResults = z.strictObject({ results: z.array(LawResult) }).meta({ id: "AllResults" });
export type AllResults = z.output<typeof AllResults>;

export const PublicLaw = z
  .strictObject({
    law_id: lawId,
    rehearsal,
    title: z
      .strictObject({ fr: z.string(), en: z.string() })
      .meta({ description: "What voters are asked, in French and in English." }),
    opens_at: instant.meta({ description: "Votes accepted at this instant or later are in time." }),
    closes_at: instant
      .nullable()
      .meta({ description: "Votes accepted at this instant or later are late; null: until the law is closed." }),
    state: z.enum(LAW_STATES).meta({
      description:
        "Whether votes are taken. `frozen`: suspended; a law that is suspended when its window ends is `closed`.",
    }),
    codes: z.enum(CODE_KINDS).meta({
      description:
        "Which codes the law takes. `checked`: of 20 characters, in capital or small letters; `any`: 6 to 32, and case matters.",
    }),
    results: z.enum(RESULTS_WHEN).meta({
      description:
        "When the tally is public. `live`: while votes are counted, in the steps of a LawResult; `after_close`: once the law has closed and its votes are counted.",
    }),
    form: z.enum(LAW_FORMS).meta({
      description:
        "`open`: a vote has its choice in clear. `sealed`: it is sealed for the trustees of the law, by the client (`sealed_vote`) or else by the API. Fixed for the life of the law.",
    }),
    origin: z.string().optional().meta({
      description:
        "Names the stage and this instance of the law in what is sealed and promised. Absent of a law that was added without a form, whose votes are not promised.",
    }),
    promise_keys: z
      .array(
        z.strictObject({
          key_id: keyId.meta({ description: "The first 8 bytes of the SHA-256 of `public_key`." }),
          public_key: publicKey,
          from: instant.meta({ description: "When the API begins to sign with it." }),
          until: instant
            .optional()
            .meta({ description: "When the next key takes its place; absent: it is the last one." }),
        }),
      )
      .optional()
      .meta({
        description:
          "Only of a law that promises: the Ed25519 keys that the promises of its votes are signed with. A promise of an earlier key stays valid.",
      }),
    log: z
      .strictObject({
        origin: z.string().meta({ description: "The `origin` of the law: the first line of the log's checkpoints." }),
        key: z.string().meta({
          description:
            "What the log's checkpoints, descriptions and certificates are checked with: the verifier key of a signed note (C2SP signed-note).",
        }),
      })
      .optional()
      .meta({
        description:
          "Only of a law with a public log, which is at `/api/v1/log/{law_id}/`. Compare the key with the one that the election office publishes elsewhere.",
      }),
    election_key: publicKey.optional().meta({
      description:
        "Only of a sealed law: ballots are sealed for this X25519 key. Absent until the trustees have made it.",
    }),
    key_id: keyId.optional().meta({ description: "The first 8 bytes of the SHA-256 of `election_key`." }),
    signing_key: publicKey.optional().meta({
      description: "Only of a sealed law: the trustees sign the opened ballots with this Ed25519 key.",
    }),
    threshold: share.optional().meta({ description: "So many trustees together can open the ballots." }),
    trustees: share.optional().meta({ description: "So many trustees have a share of the key." }),
    proof: z.enum(PROOFS).optional().meta({
      description:
        "Only of a sealed law. `voter`: the opened ballots are published with their trackers, so that voters find their own, and can show others what they chose. `none`: they are published without.",
    }),
  })
  .meta({ id: "PublicLaw", description: "A law as everybody may know it." });
export type PublicLaw = z.output<typeof PublicLaw>;

export const AllLaws = z.strictObject({ laws: z.array(PublicLaw) }).meta({ id: "AllLaws" });
export type AllLaws = z.output<typeof AllLaws>;

export const Turnout = z
  .strictObject({
    law_id: lawId,
    rehearsal,
    eligible: count.meta({
      description: "Voters on the roll as it is now, with changes that are announced and not in force yet.",
    }),
    voted: count.meta({
      description: "How many voters have a vote that is counted, also those who were struck off since.",
    }),
    hours: z
      .array(
        z.strictObject({
          from: instant,
          until: instant.meta({ description: "The end; the last hour may not be over yet." }),
          voted: count,
        }),
      )
      .meta({
        description:
          "By the hour in which votes were accepted, in order. Hours with few votes are joined with their neighbours, hours without votes are left out.",
      }),
  })
  .meta({ id: "Turnout", description: "How many may vote on a law, and how many have, by hour." });
export type Turnout = z.output<typeof Turnout>;

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
