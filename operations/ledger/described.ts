import type pg from "pg";
import { z } from "zod";
import type { Law } from "../../shared/domain/law.ts";
import type { Deviation } from "../../shared/domain/ledger.ts";
import type { DeviationName } from "../../shared/domain/ledger-rules.ts";
import { type Description, otherwiseDescribed } from "../../shared/domain/log/description.ts";
import { openNote } from "../../shared/domain/log/note.ts";
import type { Servers } from "../servers.ts";

/** Deviations of what is said of a law and of its roll: little, which is compared as a whole. */
export type DescribedDeviation = Extract<DeviationName, "lawNotAsLogged" | "lawNotAsTold" | "rollDigestDiffers">;

const EXAMPLES = 5;
const Read = z.looseObject({ version: z.number() });

/** Acts that leave a roll with another digest, which their last entry in the journal names. */
const ROLL_ACTS = "('seal-roll', 'change-roll')";
/** While an act on the roll is under way, the journal does not name its digest. */
const DIGEST = `select encode(s.digest, 'hex') as digest
  from rolls s
  cross join lateral roll_digest(s.law_id) as now
  left join lateral (
    select j.number, j.content::jsonb #>> '{result,digest}' as digest from journal j
    where j.law_id = s.law_id and j.phase = 'done' and j.act in ${ROLL_ACTS}
      and j.content::jsonb #>> '{result,digest}' is not null
    order by j.number desc limit 1
  ) as act on true
  where s.law_id = $1 and s.digest is not null
    and ((now.digest, now.voters) is distinct from (s.digest, s.digest_voters)
      or act.digest <> encode(s.digest, 'hex') and not exists (
        select from journal b
        where b.law_id = s.law_id and b.number > act.number and b.phase = 'begun' and b.act in ${ROLL_ACTS}
          and (exists (select from roll_changes c where c.run = b.run)
            or not exists (select from journal e where e.run = b.run and e.phase = 'failed' and e.number > b.number))
      ))`;

/**
 * Compares the digest of a sealed roll with those of its buckets, and with what the last act on the roll left, by the
 * journal. It compares a law with a form, as PostgreSQL has it, with the last description in its log, and with its
 * item, which voters' functions read. Keys of promises, the roll and the window change by acts, and the log has them a
 * little later.
 *
 * @param servers those of a running stage
 * @param lawId the law
 * @returns what differs, by the names of fields
 */
export async function describedDeviations(
  { laws, pool }: Pick<Servers, "laws" | "pool">,
  lawId: string,
): Promise<Partial<Record<DescribedDeviation, Deviation>>> {
  const { rows } = await pool.query<{ digest: string }>(DIGEST, [lawId]);
  const roll = deviation(
    "rollDigestDiffers",
    rows.map(({ digest }) => digest),
  );
  // This completes a change that was cut off.
  const law = await laws.get(lawId);
  if (law?.form === undefined) return roll;
  const item = await laws.items.get(lawId);
  // Somebody is changing it.
  const told = item === undefined || item.version !== law.version ? [] : differing(law, item);
  return { ...roll, ...deviation("lawNotAsLogged", await unlogged(pool, law)), ...deviation("lawNotAsTold", told) };
}

function deviation(
  name: DescribedDeviation,
  fields: readonly string[],
): Partial<Record<DescribedDeviation, Deviation>> {
  return fields.length === 0 ? {} : { [name]: { count: fields.length, examples: fields.slice(0, EXAMPLES) } };
}

async function unlogged(pool: pg.Pool, law: Law): Promise<readonly string[]> {
  const { lawId, origin, logKey, promiseKeys = [] } = law;
  const { rows } = await pool.query<{ note: string }>(
    "select note from log_descriptions where law_id = $1 order by version desc limit 1",
    [lawId],
  );
  const note = rows[0]?.note;
  if (note === undefined || origin === undefined || logKey === undefined) return [];
  const description = descriptionIn(note, origin, logKey);
  if (description === undefined) return ["description"];
  return otherwiseDescribed(description, { ...law, origin, promiseKeys, roll: { voters: 0, digest: "" } });
}

function descriptionIn(note: string, origin: string, logKey: string): Description | undefined {
  const text = openNote(note, { name: origin, publicKey: Buffer.from(logKey, "base64url") });
  return text === undefined ? undefined : Read.parse(JSON.parse(text));
}

/** What voters' functions go by. */
const TOLD: Readonly<Record<string, (law: Law) => unknown>> = {
  title: ({ title }) => title,
  titles: ({ titles }) => [titles?.fr, titles?.en],
  opens_at: ({ opensAt }) => Date.parse(opensAt),
  closes_at: ({ closesAt }) => closesAt && Date.parse(closesAt),
  form: ({ form }) => form,
  results: ({ results }) => results,
  proof: ({ proof }) => proof,
  origin: ({ origin }) => origin,
  log_key: ({ logKey }) => logKey,
  promise_keys: ({ promiseKeys }) => promiseKeys?.map(({ version, publicKey }) => [version, publicKey]),
  election_key: ({ trustees }) => trustees?.electionKey,
  signing_key: ({ trustees }) => trustees?.signingKey,
  key_version: ({ keyVersion }) => keyVersion,
  pepper_id: ({ pepperId }) => pepperId,
};

function differing(law: Law, item: Law): readonly string[] {
  return Object.entries(TOLD).flatMap(([name, of]) =>
    JSON.stringify(of(law) ?? null) === JSON.stringify(of(item) ?? null) ? [] : [name],
  );
}
