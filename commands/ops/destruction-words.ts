import type { z } from "zod";
import type { LastingCopy } from "../../shared/domain/destruction.ts";
import type {
  DestructionCertificate,
  DestructionPlan,
  destroyLaw,
  LegalHold,
  planDestruction,
} from "../../shared/messages/operators/destruction.ts";
import { localInstant } from "../../terminal/instant.ts";
import { counted } from "../slip-options.ts";

/** What was removed, in the order in which it is said. */
const REMOVED: Readonly<Record<string, string>> = {
  voter_roll: "voters of the roll",
  participation: "participations",
  vote_audit: "submissions in the audit",
  repeated_submissions: "repeated submissions",
  duplicate_attempts: "notes of several attempts",
  copied_claims: "notes of copied envelopes",
  ballots: "ballots",
  ballot_box: "envelopes of the box",
  opening_pieces: "pieces of opened lists",
  law_submissions: "lines of the list of submissions",
  roll_drafts: "prepared changes of the roll",
  roll_buckets: "digests of parts of the roll",
  roll_work: "notes of unfinished work",
  set_aside: "messages set aside",
  proposals: "proposals",
  receipts: "receipts in DynamoDB",
  roll_in_redis: "voters in Redis",
  set_aside_copies: "messages set aside in the archive",
  roll_change_copies: "changes of the roll in the archive",
};

const COPIES: Readonly<Record<LastingCopy, string>> = {
  database_backups: "backups of PostgreSQL",
  receipt_backups: "backups of the receipts (DynamoDB)",
  redis_snapshots: "snapshots of Redis",
  archive_versions: "versions of removed objects of the archive",
  queued_messages: "messages in queues",
  logs: "logs",
};

const SECRETS: Readonly<Record<DestructionCertificate["keys"][number]["secret"], string>> = {
  law: "request ids, idempotency, persons and checks of codes",
  pepper: "pepper",
  promise: "promises",
};

function describeRemoved(removed: Readonly<Record<string, number>>): readonly string[] {
  const known = Object.entries(REMOVED).map(([name, words]) => [removed[name] ?? 0, words] as const);
  const other = Object.entries(removed).filter(([name]) => !(name in REMOVED));
  return [...known, ...other.map(([name, count]) => [count, name] as const)]
    .filter(([count]) => count > 0)
    .map(([count, words]) => `  ${count.toLocaleString("en")} ${words}`);
}

/**
 * What destroying a law would mean, in sentences.
 *
 * @param plan what is known of it
 */
export function describeDestroying({ law, voters, submissions }: z.output<typeof planDestruction.result>): string {
  return [
    `What is left of the votes of ${law.law_id} is to be destroyed: its roll of ${counted(voters, "voter")}, who has voted, ` +
      `${counted(submissions, "submission")} with their receipts, and its ballots.`,
    "Its description, its result and turnout, the journal, and what was published of it stay.",
    "Copies that the stage keeps expire by themselves; the certificate says when.",
  ].join(" ");
}

/**
 * What the first part of a destruction has come to.
 *
 * @param result of the act
 */
export function describeRowsGone({ law, removed }: z.output<typeof destroyLaw.result>): string {
  return [
    `PostgreSQL and the receipts have nothing of the votes of ${law.law_id} any more. Removed:`,
    ...describeRemoved(removed),
    `Its roll in Redis is left: an operator types npm run ops -- destroy ${law.law_id}, which completes it.`,
  ].join("\n");
}

/**
 * The certificate of a destruction, for people.
 *
 * @param certificate what the stage has noted
 */
export function describeCertificate(certificate: DestructionCertificate): string {
  const { law_id, title, concluded_as, concluded_at, legal_term_days, ended_at, removed, copies, keys } = certificate;
  const { set_aside_without_law: unknown, shares } = certificate;
  const unused = keys.filter(({ used_by_others }) => !used_by_others);
  return [
    `What was left of the votes of ${law_id} (“${title}”) is destroyed, since ${localInstant(ended_at)}.`,
    `It was ${concluded_as} at ${localInstant(concluded_at)}, and its legal term was ${counted(legal_term_days, "day")}.`,
    "Removed:",
    ...describeRemoved(removed),
    ...(copies.length === 0
      ? []
      : [
          "Copies that the stage keeps, and their last day:",
          ...copies.map(({ copy, last_day }) => `  ${last_day}: ${COPIES[copy]}`),
        ]),
    ...(unknown === 0
      ? []
      : [
          `${counted(unknown, "message")} of the stage that nothing can read stay set aside: nobody knows of which law.`,
        ]),
    ...(shares === 0
      ? []
      : [`Its ${shares} trustees must destroy their shares now, and every copy of the box, and say so in writing.`]),
    ...(unused.length === 0
      ? []
      : [
          "No other law uses these versions of secrets; remove them if they are not the newest ones:",
          ...unused.map(({ secret, version }) => `  version ${version} of ${SECRETS[secret]}`),
        ]),
    "Other copies (snapshots made by hand, roll files, letters, laptops) have to be destroyed by people: docs/retention.md",
  ].join("\n");
}

/**
 * What is known of a law's destruction, for whoever looks at the law.
 *
 * @param plan what is known; null: the law is not far enough
 * @param hold its legal hold; null: it has none
 * @param lawId the law
 * @returns sentences
 */
export function describeDestruction(
  plan: DestructionPlan | null,
  hold: LegalHold | null,
  lawId: string,
): readonly string[] {
  const held =
    hold === null ? [] : [`It is on legal hold since ${localInstant(hold.since)} (${hold.by}): ${hold.reason}`];
  if (plan === null) return held;
  const { from, begun_at, certificate } = plan;
  if (certificate !== null) return [describeCertificate(certificate)];
  if (begun_at !== null) {
    return [
      ...held,
      `Its destruction began at ${localInstant(begun_at)} and has not ended: npm run ops -- destroy ${lawId}`,
    ];
  }
  return [...held, `Its legal term ends at ${localInstant(from)}: then npm run ops -- destroy ${lawId}`];
}
