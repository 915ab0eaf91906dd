import type { Law } from "../../shared/domain/law.ts";
import type { CountedWith } from "../../shared/domain/ledger.ts";
import { STATUSES, type Status } from "../../shared/domain/outcome.ts";
import { rollMetaKey } from "../../shared/domain/roll.ts";
import { acceptanceOf, type VersionInForce, versionsInForce } from "../../shared/domain/window-in-force.ts";
import { readVote } from "../../shared/messages/queue.ts";
import { LAW_CACHE_SECONDS, LAW_CHANGE_MARGIN_SECONDS } from "./environments.ts";
import { confirmedVersions } from "./models/laws.ts";
import type { LedgerRows } from "./models/ledger-rows.ts";
import { splitVoterKey, type Tables } from "./models/postgres.ts";
import type { World } from "./world.ts";

/** Of a claim in hexadecimal digits: 16 bytes. */
const CLAIM_LENGTH = 32;

/**
 * Everything that the simulated servers hold, in the form that the ledger's rules need.
 *
 * @param world the servers
 */
export function ledgerRows(world: World): LedgerRows {
  const { tables } = world.postgres;
  const withForm = new Set(world.laws.flatMap(({ lawId, form }) => (form === undefined ? [] : [lawId])));
  const depth = (name: Parameters<World["queue"]>[0]) => world.queue(name).depth;
  return {
    roll: [...tables.roll].map(([voter, { person, ...time }]) => ({
      ...splitVoterKey(voter),
      personHash: person,
      ...time,
    })),
    participation: [...tables.participation].map(([voter, { person, requestId }]) => ({
      ...splitVoterKey(voter),
      personHash: person,
      requestId,
    })),
    ballots: tables.ballots,
    tallies: [...tables.tallies].map(([lawId, tally]) => ({ lawId, ...tally })),
    box: [...tables.box.keys()].map((place) => ({ lawId: splitVoterKey(place).lawId })),
    sealedLaws: world.laws.flatMap(({ lawId, form }) => (form === "sealed" ? [lawId] : [])),
    copiedClaims: [...tables.copiedClaims].map(splitVoterKey),
    audit: [...tables.audit].map(([requestId, { lawId, voterHash, status, invalidReason, acceptedAt, promise }]) => ({
      requestId,
      lawId,
      voterHash,
      status,
      isCopy: invalidReason === "copied",
      ...(withForm.has(lawId) ? { isPromised: promise !== undefined } : {}),
      acceptedAt,
    })),
    windows: [...world.dynamoDb.laws.values()].flatMap((law) =>
      acceptanceOf(inForce(world, law)).map((window) => ({ lawId: law.lawId, ...window })),
    ),
    counts: new Map(
      [...tables.laws].flatMap(([lawId, { law }]) =>
        law.reached === "counted" ? [[lawId, countOf(tables, lawId)] as const] : [],
      ),
    ),
    attempts: [...tables.attempts].map(([voter, { count }]) => ({ ...splitVoterKey(voter), count })),
    receipts: [...world.dynamoDb.receipts]
      .flatMap(([requestId, ranks]) =>
        [...ranks.values()].map((item) => ({
          requestId,
          lawId: item["law_id"]?.S ?? "",
          status: item["status"]?.S ?? "",
        })),
      )
      .filter(isDecided),
    cached: [...world.redis.hashes].flatMap(([bucket, hash]) =>
      [...hash].map(([voterHash, claim]) => ({
        lawId: bucket.slice("roll:{".length, bucket.lastIndexOf(":")),
        voterHash,
        claimed: claim.length === CLAIM_LENGTH,
      })),
    ),
    sealed: [...tables.seals.keys()],
    complete: world.laws.map((law) => law.lawId).filter((lawId) => world.redis.get(rollMetaKey(lawId)) !== null),
    depths: {
      votes: depth("votes"),
      outcomes: depth("outcomes"),
      votesDeadLetters: depth("votes-dlq"),
      outcomesDeadLetters: depth("outcomes-dlq"),
    },
    accepted: [...new Set(world.accepted.map(({ requestId }) => requestId))].filter(
      (requestId) => tables.audit.has(requestId) || !world.restored.forgotten.has(requestId),
    ),
    deadLetters: world.queue("votes-dlq").bodies.flatMap((body) => readVote(body)?.requestId ?? []),
  };
}

/** The windows of a law by which votes are judged; nobody has looked at a law that has no row. */
function inForce({ postgres }: World, law: Law): readonly VersionInForce[] {
  const versions = confirmedVersions(postgres, law.lawId);
  const announcement = { cacheMs: LAW_CACHE_SECONDS * 1_000, marginMs: LAW_CHANGE_MARGIN_SECONDS * 1_000 };
  return versionsInForce(versions.length > 0 ? versions : [{ ...law, version: 0, confirmedAtMs: 0 }], announcement);
}

/** Whether a receipt is one that the ledger judges: one that says `lost` is of a submission that is in no table. */
function isDecided<T extends { readonly status: string }>(receipt: T): receipt is T & { readonly status: Status } {
  if (receipt.status === "lost") return false;
  if (STATUSES.some((one) => one === receipt.status)) return true;
  throw new Error(`a receipt has the status ${receipt.status}`);
}

/** What a counted law was counted with. */
function countOf({ lawCounts }: Tables, lawId: string): CountedWith | "unknown" {
  const noted = lawCounts.get(lawId);
  if (noted === undefined) return "unknown";
  const { oui, non, counted, duplicate, invalid } = noted;
  return { tally: { oui, non }, audit: { counted, duplicate, invalid } };
}
