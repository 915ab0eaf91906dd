import { hash } from "node:crypto";
import type pg from "pg";
import { z } from "zod";
import { CHOICES } from "../../shared/domain/ballot.ts";
import { type CertificateFacts, certificateText } from "../../shared/domain/log/certificate.ts";
import { Refusal } from "../../shared/domain/refusal.ts";
import { OpeningHeader } from "../../shared/messages/opening.ts";
import { openingsOf } from "../box/closed-box.ts";
import type { RecordedVotes } from "../count/recorded-votes.ts";
import type { KnownLaw } from "../law-book/law-book.ts";
import { PostgresRoll } from "../roll/stores/postgres-roll.ts";
import { allOf, SubmissionList } from "./list-submissions.ts";
import { type LogEnd, setAsideOf } from "./log-end.ts";

/** KMS signs no longer text (KMS API Reference, "Sign"). */
const MOST_BYTES = 4_096;
/** To how many characters reasons are shortened if the certificate is too long otherwise. */
const SHORT_REASON = 40;

/** The certificate of a law, as PostgreSQL has it. */
export interface KeptCertificate {
  readonly text: string;
  /** SHA-256 of the text, in hexadecimal digits. */
  readonly sha256: string;
  /** As the log's key has signed it; undefined: not yet. */
  readonly note: string | undefined;
}

const Row = z.object({ text: z.string(), note: z.string().nullable() });

/**
 * The certificate of a law.
 *
 * @param pool the database
 * @param lawId the law
 * @returns undefined when it has none
 */
export async function certificateOf(pool: pg.Pool, lawId: string): Promise<KeptCertificate | undefined> {
  const { rows } = await pool.query("select text, note from certificates where law_id = $1", [lawId]);
  if (rows[0] === undefined) return undefined;
  const { text, note } = Row.parse(rows[0]);
  return { text, sha256: hash("sha256", text, "hex"), note: note ?? undefined };
}

/**
 * Keeps the certificate of a law, which is certified then.
 *
 * @param pool the database
 * @param votes says with what the law was counted
 * @param law the law
 * @param end of its log
 * @param now the present instant
 * @returns false when the log is not at this end any more: then nothing was changed
 * @throws Refusal when the figures contradict each other
 */
export async function keepCertificate(
  pool: pg.Pool,
  votes: Pick<RecordedVotes, "counted">,
  law: KnownLaw,
  end: LogEnd,
  now: Date,
): Promise<boolean> {
  const text = shortEnough(law.lawId, await factsOf(pool, votes, law, end, now));
  const { rows } = await pool.query<{ certified: boolean }>("select certify_law($1, $2, $3) as certified", [
    ...[law.lawId, text, end.size],
  ]);
  return rows[0]?.certified === true;
}

async function factsOf(
  pool: pg.Pool,
  votes: Pick<RecordedVotes, "counted">,
  { lawId, origin = "", form }: KnownLaw,
  end: LogEnd,
  now: Date,
): Promise<CertificateFacts> {
  const count = await votes.counted(lawId);
  const statuses = await new SubmissionList(pool, lawId).figures();
  const sealed = await new PostgresRoll(pool).sealOf(lawId);
  if (count === undefined || sealed === undefined) {
    throw new Refusal(
      `PostgreSQL does not know with what ${lawId} was counted, or its sealed roll: it was restored to an earlier time. ` +
        "Restore it to a time after the count.",
      { subject: lawId },
    );
  }
  const known = { counted: count.counted, duplicate: count.duplicate, invalid: count.invalid };
  for (const [name, counted] of Object.entries(known)) {
    const listed = statuses[name as keyof typeof known];
    if (listed === counted) continue;
    throw new Refusal(
      `${lawId} was counted with ${counted} submissions that are ${name}, and its log has ${listed}: somebody has changed ` +
        "the database since. Nothing is certified. Find out who, and restore it.",
      { subject: lawId },
    );
  }
  return {
    lawId,
    origin,
    figures: {
      ...{ eligible: sealed.voters, voted: statuses.counted, statuses, spoiled: count.spoiled },
      sums: CHOICES.map((option) => ({ option, ballots: count[option] })),
    },
    ...{ setAside: setAsideOf(end.setAsideTexts), ledger: "clean", journal: end.journal },
    log: { size: end.size, root: end.root.toString("hex") },
    opening: form === "sealed" ? await openingOf(pool, lawId) : undefined,
    certifiedAt: now.toISOString(),
  };
}

/**
 * What is known of the opened list of a sealed law.
 *
 * @param pool the database
 * @param lawId the law
 * @throws Refusal when the list is not kept
 */
export async function openingOf(pool: pg.Pool, lawId: string): Promise<NonNullable<CertificateFacts["opening"]>> {
  const [opening] = await openingsOf(pool, lawId);
  const { rows } = await pool.query<{ text: Buffer }>(
    `select p.text from opening_pieces p join openings o on o.law_id = p.law_id and o.number = 1 and o.pieces = p.run
     where p.law_id = $1 and p.number = 0`,
    [lawId],
  );
  const [line = ""] = (rows[0]?.text.toString("utf8") ?? "").split("\n", 1);
  if (opening === undefined || line === "") {
    throw new Refusal(
      `The opened list of ${lawId} is not kept: a release before certificates has counted it. It cannot be certified; ` +
        "publish the list that its trustees have signed yourself.",
      { subject: lawId },
    );
  }
  return { sha256: opening.sha256, boxSha256: OpeningHeader.parse(JSON.parse(line)).box_sha256 };
}

function shortEnough(lawId: string, facts: CertificateFacts): string {
  const whole = certificateText(facts);
  if (Buffer.byteLength(whole) <= MOST_BYTES) return whole;
  const setAside = facts.setAside.map(({ reason, ...one }) => ({
    ...one,
    reason: `${reason.slice(0, SHORT_REASON)}…`,
  }));
  const short = certificateText({ ...facts, setAside });
  if (Buffer.byteLength(short) <= MOST_BYTES) return short;
  throw new Refusal(
    `The certificate of ${lawId} would name ${setAside.length} acts that set messages aside, more than its key can sign ` +
      "in one text. Send back what this release can read by now: npm run ops -- set-aside --undo FINGERPRINT",
    { subject: lawId },
  );
}

/**
 * Refuses a list that is not what the log says.
 *
 * @param lawId the law
 * @param figures how many submissions the list has
 * @param compared what the comparison with the log has found
 * @throws Refusal with the numbers
 */
export function refuseDiffering(
  lawId: string,
  figures: Awaited<ReturnType<SubmissionList["figures"]>>,
  { matching, differing }: { readonly matching: number; readonly differing: number },
): void {
  const listed = allOf(figures);
  if (differing === 0 && matching === listed) return;
  throw new Refusal(
    `The log of ${lawId} has ${differing} entries that its recorded submissions contradict, and says the last word on ` +
      `${matching} of the ${listed} submissions. Somebody has changed the database. Nothing is certified. Compare the ` +
      "published log with the database, find out who, and restore it.",
    { subject: lawId },
  );
}
