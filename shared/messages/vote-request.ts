import { z } from "zod";
import { CHOICES } from "../domain/ballot.ts";
import { LAW_ID_PATTERN } from "../domain/law.ts";
import { SEPARATORS, withoutSeparators } from "../domain/separators.ts";

/** The largest body that `POST /api/v1/vote` reads, in bytes. */
export const MAX_BODY_BYTES = 8 * 1024;

/** The longest NAS, code or law id in a request, separators included. */
const MAX_FIELD_LENGTH = 200;
const TOO_LONG = `must have at most ${MAX_FIELD_LENGTH} characters`;

/**
 * Text of certain characters with any separators around and between them, which are removed. It is a single pattern, so
 * that the API description has exactly what is checked.
 */
function separated(of: { of: string; times: string; notText: string; wrongCharacters: string; wrongLength: string }) {
  const permitted = new RegExp(`^[${of.of}${SEPARATORS}]*$`);
  return z
    .string({ error: of.notText })
    .max(MAX_FIELD_LENGTH, { error: TOO_LONG, abort: true })
    .regex(new RegExp(`^[${SEPARATORS}]*(?:[${of.of}][${SEPARATORS}]*)${of.times}$`), {
      error: ({ input }) => (permitted.test(String(input)) ? of.wrongLength : of.wrongCharacters),
    })
    .transform(withoutSeparators);
}

const nas = separated({
  of: "0-9",
  times: "{9}",
  notText: "must be a string of 9 digits",
  wrongCharacters: "must hold only digits, spaces and dashes",
  wrongLength: "must have exactly 9 digits",
}).meta({
  description: "Social insurance number: 9 digits; spaces and dashes are ignored.",
  examples: ["000 000 000"],
});

const code = separated({
  of: "A-Za-z0-9",
  times: "{6,32}",
  notText: "must be a string",
  wrongCharacters: "must hold only letters, digits, spaces and dashes",
  wrongLength: "must be 6 to 32 letters and digits; case matters",
}).meta({
  description:
    "The voter's secret code: 6 to 32 letters and digits; spaces and dashes are ignored. Case matters, except where the law takes only codes that carry a check.",
  examples: ["EXAMPLE123"],
});

const lawId = z
  .string({ error: "must be a string" })
  .max(MAX_FIELD_LENGTH, { error: TOO_LONG, abort: true })
  .regex(
    new RegExp(`^[ \\t]*${LAW_ID_PATTERN.source.slice(1, -1)}[ \\t]*$`),
    "must be 1 to 50 of A-Z a-z 0-9 . _ - and begin with a letter or digit",
  )
  .transform((value) => value.replaceAll(/^[ \t]+|[ \t]+$/g, ""))
  .meta({ description: "The law to vote on; surrounding blanks are removed.", examples: ["L2025-001"] });

const vote = z.enum(CHOICES, { error: 'must be "oui" or "non"' }).meta({
  description: "The choice. For a sealed law, the API seals it.",
});

const sealedVote = z
  .string({ error: "must be a string" })
  .regex(/^[A-Za-z0-9_-]{79}$/, "must be an envelope: 79 characters of base64url")
  .meta({
    description:
      "Only for sealed laws, in the place of `vote`: the choice as the client has sealed it for the law's trustees (docs/sealing.md).",
  });

/** The body of `POST /api/v1/vote`. An unknown field is an error. */
export const VoteRequest = z
  .strictObject({ nas, code, law_id: lawId, vote: vote.optional(), sealed_vote: sealedVote.optional() })
  .meta({
    id: "VoteRequest",
    description: "A voter's choice on one law.",
    oneOf: [{ required: ["vote"] }, { required: ["sealed_vote"] }],
  });
/** A request with exactly one of `vote` and `sealed_vote`. */
export type VoteRequest = z.output<typeof VoteRequest>;

/** The header `Idempotency-Key`. */
export const IdempotencyKey = z
  .string()
  .regex(/^[\x21-\x7e]{1,255}$/, "must be 1 to 255 visible ASCII characters")
  .meta({
    id: "IdempotencyKey",
    description: "The same key from the same voter for the same law is one submission, however often it is sent.",
  });

/** One mistake in a request. */
export interface FieldError {
  readonly field: string;
  readonly message: string;
}

export type ParsedVoteRequest =
  | { readonly ok: true; readonly value: VoteRequest }
  | { readonly ok: false; readonly errors: readonly FieldError[] };

/**
 * Reads the body of a vote.
 *
 * @param text the body as it was sent
 * @returns the request, or every wrong field with the reason, but never a value that the client sent
 */
export function parseVoteRequest(text: string): ParsedVoteRequest {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return bodyError("must be valid JSON");
  }
  if (typeof json !== "object" || json === null || Array.isArray(json)) return bodyError("must be a JSON object");
  if (hasRepeatedKey(text, json)) return bodyError("must not name a field twice");
  const parsed = VoteRequest.safeParse(json);
  const ballot = ballotErrors(json);
  if (parsed.success && ballot.length === 0) return { ok: true, value: parsed.data };
  const issues = parsed.error?.issues ?? [];
  return { ok: false, errors: [...issues.flatMap((issue) => fieldErrors(issue, json)), ...ballot] };
}

/** A vote has a choice or an envelope, and not both. */
function ballotErrors(json: object): FieldError[] {
  const [choice, sealed] = [Object.hasOwn(json, "vote"), Object.hasOwn(json, "sealed_vote")];
  if (choice && sealed) return [{ field: "sealed_vote", message: "must not be there beside vote: send one of them" }];
  return choice || sealed ? [] : [{ field: "vote", message: "is required" }];
}

function bodyError(message: string): ParsedVoteRequest {
  return { ok: false, errors: [{ field: "body", message }] };
}

/**
 * Whether an object of plain values has a key twice in its text: JSON.parse silently keeps the last one. In valid JSON,
 * a string is a key exactly if a colon follows it. Keys of nested objects are counted as well, but the schema refuses
 * nested objects anyway.
 */
function hasRepeatedKey(text: string, value: object): boolean {
  let keys = 0;
  for (const match of text.matchAll(/"(?:[^"\\]|\\.)*"\s*(:?)/g)) if (match[1] === ":") keys++;
  return keys > Object.keys(value).length && !Object.values(value).some((field) => typeof field === "object");
}

function fieldErrors(issue: z.core.$ZodIssue, json: object): FieldError[] {
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) => ({ field: nameOf(key), message: "is not a field of a vote" }));
  }
  const field = String(issue.path[0] ?? "body");
  const missing = issue.path.length > 0 && !Object.hasOwn(json, field);
  return [{ field, message: missing ? "is required" : issue.message }];
}

/**
 * An unknown field's name, unless it may contain a NAS or a code, which are never repeated, even if they were sent as a
 * key. A code has at least six letters and digits.
 */
function nameOf(key: string): string {
  return /^[A-Za-z_]{1,32}$/.test(key) && !/[A-Za-z]{6}/.test(key) ? key : "(unknown field)";
}
