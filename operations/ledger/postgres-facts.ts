import type pg from "pg";
import type { Deviation, DeviationName, LawFacts } from "../../shared/domain/ledger.ts";

/** PostgreSQL's facts about one law. */
export type DatabaseFacts = Pick<
  LawFacts,
  "voters" | "invalidOnRoll" | "participation" | "ballots" | "tally" | "audit" | "receipts"
> & {
  readonly deviations: Partial<Record<DeviationName, Deviation>>;
  readonly claimsMissing: number;
};

/** Figures by law; `$1` is the requested laws, or null for all. */
const COUNTS = {
  voters: "select law_id, count(*) as n from voter_roll where $1::text[] is null or law_id = any($1) group by law_id",
  participation:
    "select law_id, count(*) as n from participation where $1::text[] is null or law_id = any($1) group by law_id",
  ballots: `select law_id, choice as kind, count(*) as n from ballots
    where $1::text[] is null or law_id = any($1) group by law_id, choice`,
  tally: `select law_id, kind, n from vote_results
    cross join lateral (values ('oui', oui_count), ('non', non_count)) as counts (kind, n)
    where $1::text[] is null or law_id = any($1)`,
  audit: `select law_id, status as kind, count(*) as n from vote_audit
    where $1::text[] is null or law_id = any($1) group by law_id, status`,
  receipts: `select law_id, kind, count(*) as n from (
      select law_id, case max(rank) when 1 then 'invalid' when 2 then 'duplicate' else 'counted' end as kind
      from seen_receipts where $1::text[] is null or law_id = any($1) group by law_id, request_id
    ) as highest group by law_id, kind`,
  invalidOnRoll: `select a.law_id, count(*) as n from vote_audit a
    join voter_roll r on r.law_id = a.law_id and r.voter_hash = a.voter_hash
    left join participation p on p.law_id = a.law_id and p.voter_hash = a.voter_hash
    where a.status = 'invalid' and p.request_id is null and ($1::text[] is null or a.law_id = any($1)) group by a.law_id`,
  claimsMissing: `select p.law_id, count(*) as n from participation p
    left join seen_claims c on c.law_id = p.law_id and c.voter_hash = p.voter_hash
    where ($1::text[] is null or p.law_id = any($1)) and c.law_id is null group by p.law_id`,
} as const;

/** Deviations: each row has a law and one example of something that must not exist. */
const DEVIATION_QUERIES: Readonly<Record<DeviationName, string>> = {
  voterCountedTwice: `select law_id, encode(voter_hash, 'hex') as example from vote_audit
    where status = 'counted' group by law_id, voter_hash having count(*) > 1
    union all
    select law_id, encode(voter_hash, 'hex') from participation group by law_id, voter_hash having count(*) > 1`,
  personCountedTwice: `select r.law_id, encode(r.person_hash, 'hex') as example
    from participation p join voter_roll r using (law_id, voter_hash)
    group by r.law_id, r.person_hash having count(*) > 1`,
  countedWithoutParticipation: `select a.law_id, a.request_id as example from vote_audit a
    left join participation p on p.law_id = a.law_id and p.voter_hash = a.voter_hash and p.request_id = a.request_id
    where a.status = 'counted' and p.request_id is null`,
  participationWithoutAudit: `select p.law_id, p.request_id as example from participation p
    left join vote_audit a on a.request_id = p.request_id and a.law_id = p.law_id and a.voter_hash = p.voter_hash
      and a.status = 'counted'
    where a.request_id is null`,
  participationNotOnRoll: `select p.law_id, p.request_id as example from participation p
    left join voter_roll r using (law_id, voter_hash) where r.person_hash is null`,
  // A law that DynamoDB does not know has no window to judge by.
  acceptedOutsideWindow: `select a.law_id, a.request_id as example from vote_audit a
    where exists (select from seen_windows w where w.law_id = a.law_id)
      and not exists (
        select from seen_windows w where w.law_id = a.law_id and a."timestamp" >= w.opens_at
          and (w.closes_at is null or a."timestamp" < w.closes_at)
      )`,
  attemptsWrong: `select law_id, encode(voter_hash, 'hex') as example from (
      select law_id, voter_hash, count(*) as tries from vote_audit where status <> 'invalid' group by law_id, voter_hash
    ) as real
    full join duplicate_attempts d using (law_id, voter_hash)
    where case when d.attempt_count is null then tries >= 2 else coalesce(tries, 0) <> d.attempt_count end`,
  receiptMissing: `select a.law_id, a.request_id as example from vote_audit a
    left join seen_receipts s on s.request_id = a.request_id and s.rank = status_rank(a.status)
    where s.request_id is null`,
  receiptTooHigh: `select s.law_id, s.request_id as example from seen_receipts s
    join vote_audit a on a.request_id = s.request_id where s.rank > status_rank(a.status)`,
  receiptUnknown: `select s.law_id, s.request_id as example from seen_receipts s
    left join vote_audit a on a.request_id = s.request_id where a.request_id is null`,
  duplicateWithoutParticipation: `select a.law_id, a.request_id as example from vote_audit a
    left join participation p on p.law_id = a.law_id and p.voter_hash = a.voter_hash
    where a.status = 'duplicate' and p.request_id is null`,
  claimUnknown: `select c.law_id, encode(c.voter_hash, 'hex') as example from seen_claims c
    join voter_roll r using (law_id, voter_hash)
    left join participation p using (law_id, voter_hash) where p.request_id is null`,
};

const EXAMPLES = 5;

interface CountRow {
  readonly law_id: string;
  readonly kind?: string;
  readonly n: string;
}

interface DeviationRow {
  readonly law_id: string;
  readonly n: string;
  readonly examples: string[];
}

/**
 * Reads PostgreSQL's facts about laws, and compares them with copies of the other stores.
 *
 * @param client a connection in the transaction of `beginComparison`
 * @param lawIds which laws; null for all
 */
export async function databaseFacts(
  client: pg.ClientBase,
  lawIds: readonly string[] | null,
): Promise<ReadonlyMap<string, DatabaseFacts>> {
  await client.query("analyze seen_receipts; analyze seen_claims; analyze seen_windows");
  const figures = new Map<string, Map<string, number>>();
  for (const [name, query] of Object.entries(COUNTS)) {
    const { rows } = await client.query<CountRow>(query, [lawIds]);
    for (const row of rows) lawOf(figures, row.law_id).set(row.kind ? `${name} ${row.kind}` : name, Number(row.n));
  }
  const deviations = new Map<string, Map<DeviationName, Deviation>>();
  for (const [name, query] of Object.entries(DEVIATION_QUERIES)) {
    const { rows } = await client.query<DeviationRow>(
      `select law_id, count(*) as n, (array_agg(example order by example))[1:${EXAMPLES}] as examples
       from (${query}) as found where $1::text[] is null or law_id = any($1) group by law_id`,
      [lawIds],
    );
    for (const row of rows) {
      lawOf(deviations, row.law_id).set(name as DeviationName, { count: Number(row.n), examples: row.examples });
    }
  }
  const all = new Set([...figures.keys(), ...deviations.keys(), ...(lawIds ?? [])]);
  return new Map([...all].sort().map((lawId) => [lawId, factsOf(lawOf(figures, lawId), lawOf(deviations, lawId))]));
}

function lawOf<K, V>(laws: Map<string, Map<K, V>>, lawId: string): Map<K, V> {
  const known = laws.get(lawId) ?? new Map<K, V>();
  laws.set(lawId, known);
  return known;
}

function factsOf(
  figures: ReadonlyMap<string, number>,
  deviations: ReadonlyMap<DeviationName, Deviation>,
): DatabaseFacts {
  const figure = (name: string) => figures.get(name) ?? 0;
  const votes = (name: string) => ({ oui: figure(`${name} oui`), non: figure(`${name} non`) });
  const statuses = (name: string) => ({
    invalid: figure(`${name} invalid`),
    duplicate: figure(`${name} duplicate`),
    counted: figure(`${name} counted`),
  });
  return {
    voters: figure("voters"),
    participation: figure("participation"),
    ballots: votes("ballots"),
    tally: votes("tally"),
    audit: statuses("audit"),
    receipts: statuses("receipts"),
    deviations: Object.fromEntries(deviations),
    invalidOnRoll: figure("invalidOnRoll"),
    claimsMissing: figure("claimsMissing"),
  };
}
