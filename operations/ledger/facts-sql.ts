import type { DeviationName } from "../../shared/domain/ledger-rules.ts";
import type { ComparisonTables } from "../receipts/comparison.ts";
import type { DescribedDeviation } from "./described.ts";
import type { FactQuery } from "./fact-query.ts";
import { SEAL_QUERIES } from "./seals-sql.ts";

const TYPES = { request: "text", voter: "bytea", person: "bytea", ballot: "uuid" } as const;

/** Only the requested laws, and only the piece. */
function piece(law: string, key: keyof typeof TYPES, column: string): string {
  const type = TYPES[key];
  return `($1::text[] is null or ${law} = any($1)) and ($2::${type} is null or ${column} > $2)
    and ($3::${type} is null or ${column} <= $3)`;
}

const lawOnly = (law: string) => `($1::text[] is null or ${law} = any($1))`;

/** Whether the counted audit row of a participation is there: what `participation` and `vote_audit` agree on. */
const MATCHED = `select from vote_audit m where m.request_id = p.request_id and m.law_id = p.law_id
  and m.voter_hash = p.voter_hash and m.status = 'counted'`;

/**
 * Keeps the audit rows of a piece that are more than the counted one of their voter's participation. Those of a voter
 * are then together, although the audit has no index by voter.
 *
 * @param tables where
 */
export function triesQuery({ tries }: ComparisonTables): string {
  return `insert into ${tries} (law_id, voter_hash, request_id, status)
    select a.law_id, a.voter_hash, a.request_id, a.status from vote_audit a
    left join participation p on p.law_id = a.law_id and p.voter_hash = a.voter_hash and p.request_id = a.request_id
    where a.status <> 'invalid' and (a.status = 'duplicate' or p.request_id is null)
      and ${piece("a.law_id", "request", "a.request_id")}
    on conflict do nothing`;
}

/**
 * The figures about each law.
 *
 * @param tables the copies of the other stores
 */
export function figureQueries({ receipts, claims }: ComparisonTables): Readonly<Record<string, FactQuery>> {
  return {
    voters: {
      key: "voter",
      sql: `select r.law_id, null as kind, count(*) as n from voter_roll r
        where r.ends_at is null and ${piece("r.law_id", "voter", "r.voter_hash")} group by r.law_id`,
    },
    participation: {
      key: "voter",
      sql: `select p.law_id, null as kind, count(*) as n from participation p
        where ${piece("p.law_id", "voter", "p.voter_hash")} group by p.law_id`,
    },
    ballots: {
      key: "ballot",
      sql: `select b.law_id, b.choice as kind, count(*) as n from ballots b
        where ${piece("b.law_id", "ballot", "b.ballot_id")} group by b.law_id, b.choice`,
    },
    sealed: {
      key: "whole",
      sql: `select l.law_id, null as kind, 1 as n from laws l where l.form = 'sealed' and ${lawOnly("l.law_id")}`,
    },
    box: {
      key: "voter",
      sql: `select b.law_id, null as kind, count(*) as n from ballot_box b
        where ${piece("b.law_id", "voter", "b.enc")} group by b.law_id`,
    },
    spoiled: {
      key: "whole",
      sql: `select law_id, null as kind, spoiled_count as n from vote_results where ${lawOnly("law_id")}`,
    },
    tally: {
      key: "whole",
      sql: `select law_id, kind, n from vote_results
        cross join lateral (values ('oui', oui_count), ('non', non_count)) as counts (kind, n)
        where ${lawOnly("law_id")}`,
    },
    audit: {
      key: "request",
      sql: `select a.law_id, a.status as kind, count(*) as n from vote_audit a
        where ${piece("a.law_id", "request", "a.request_id")} group by a.law_id, a.status`,
    },
    receipts: {
      key: "request",
      sql: `select law_id, kind, count(*) as n from (
          select s.law_id, case max(s.rank) when 1 then 'invalid' when 2 then 'duplicate' else 'counted' end as kind
          from ${receipts} s where ${piece("s.law_id", "request", "s.request_id")} group by s.law_id, s.request_id
        ) as highest group by law_id, kind`,
    },
    invalidOnRoll: {
      key: "request",
      sql: `select a.law_id, null as kind, count(*) as n from vote_audit a
        join voter_roll r on r.law_id = a.law_id and r.voter_hash = a.voter_hash and r.ends_at is null
        where a.status = 'invalid' and a.reason is distinct from 'copied'
          and counted_submission(a.law_id, a.voter_hash) is null
          and ${piece("a.law_id", "request", "a.request_id")}
        group by a.law_id`,
    },
    claimsMissing: {
      key: "voter",
      sql: `select p.law_id, null as kind, count(*) as n from participation p
        join voter_roll r on r.law_id = p.law_id and r.voter_hash = p.voter_hash and r.ends_at is null
        left join ${claims} c on c.law_id = p.law_id and c.voter_hash = p.voter_hash
        where c.law_id is null and ${piece("p.law_id", "voter", "p.voter_hash")} group by p.law_id`,
    },
  };
}

/**
 * What must not exist.
 *
 * @param tables the copies of the other stores
 */
export function deviationQueries(
  tables: ComparisonTables,
): Readonly<Record<Exclude<DeviationName, DescribedDeviation>, FactQuery>> {
  const { receipts, claims, tries, windows } = tables;
  const audit = piece("a.law_id", "request", "a.request_id");
  return {
    ...SEAL_QUERIES,
    // Of two counted rows one is not the participation's, so that it is among the tries.
    voterCountedTwice: {
      key: "voter",
      sql: `select t.law_id, encode(t.voter_hash, 'hex') as example from ${tries} t
        where t.status = 'counted' and ${piece("t.law_id", "voter", "t.voter_hash")}
        group by t.law_id, t.voter_hash
        having count(*) + (select count(*) from participation p
          where p.law_id = t.law_id and p.voter_hash = t.voter_hash and exists (${MATCHED})) > 1
        union all
        select p.law_id, encode(p.voter_hash, 'hex') from participation p
        where ${piece("p.law_id", "voter", "p.voter_hash")} group by p.law_id, p.voter_hash having count(*) > 1`,
    },
    personCountedTwice: {
      key: "person",
      sql: `select p.law_id, encode(p.person_hash, 'hex') as example from participation p
        where p.person_hash is not null and ${piece("p.law_id", "person", "p.person_hash")}
        group by p.law_id, p.person_hash having count(*) > 1`,
    },
    countedWithoutParticipation: {
      key: "request",
      sql: `select a.law_id, a.request_id as example from vote_audit a
        left join participation p on p.law_id = a.law_id and p.voter_hash = a.voter_hash and p.request_id = a.request_id
        where a.status = 'counted' and p.request_id is null and ${audit}`,
    },
    participationWithoutAudit: {
      key: "voter",
      sql: `select p.law_id, p.request_id as example from participation p
        where not exists (${MATCHED}) and ${piece("p.law_id", "voter", "p.voter_hash")}`,
    },
    participationNotOnRoll: {
      key: "voter",
      sql: `select p.law_id, p.request_id as example from participation p
        left join voter_roll r on r.law_id = p.law_id and r.voter_hash = p.voter_hash
        where (r.person_hash is null or p.person_hash is distinct from r.person_hash)
          and ${piece("p.law_id", "voter", "p.voter_hash")}`,
    },
    countedOffRoll: {
      key: "request",
      sql: `select a.law_id, a.request_id as example from vote_audit a
        join voter_roll r on r.law_id = a.law_id and r.voter_hash = a.voter_hash
        where a.status = 'counted' and (a."timestamp" < r.begins_at or a."timestamp" >= r.ends_at) and ${audit}`,
    },
    // What was recorded before the seal is of a release that decided on rolls without one.
    invalidWhileOnRoll: {
      key: "request",
      sql: `select a.law_id, a.request_id as example from vote_audit a
        join rolls l on l.law_id = a.law_id and a.processed_at >= l.sealed_at
        join voter_roll r on r.law_id = a.law_id and r.voter_hash = a.voter_hash
        where a.status = 'invalid' and a.reason is distinct from 'copied' and a."timestamp" >= coalesce(r.begins_at, '-infinity')
          and a."timestamp" < coalesce(r.ends_at, 'infinity') and ${audit}`,
    },
    // A law that DynamoDB does not know has no window to judge by.
    acceptedOutsideWindow: {
      key: "request",
      sql: `select a.law_id, a.request_id as example from vote_audit a
        where exists (select from ${windows} w where w.law_id = a.law_id)
          and not exists (
            select from ${windows} w where w.law_id = a.law_id and a."timestamp" >= w.opens_at
              and (w.closes_at is null or a."timestamp" < w.closes_at)
          ) and ${audit}`,
    },
    recordedWithoutPromise: {
      key: "request",
      sql: `select a.law_id, a.request_id as example from vote_audit a
        join laws l on l.law_id = a.law_id and l.form is not null where a.promise is null and ${audit}`,
    },
    attemptsWrong: {
      key: "voter",
      sql: `select law_id, encode(voter_hash, 'hex') as example from (
          select t.law_id, t.voter_hash, count(*) as n from ${tries} t
          where ${piece("t.law_id", "voter", "t.voter_hash")} group by t.law_id, t.voter_hash
        ) as more
        full join (
          select d.law_id, d.voter_hash, d.attempt_count from duplicate_attempts d
          where ${piece("d.law_id", "voter", "d.voter_hash")}
        ) as noted using (law_id, voter_hash)
        cross join lateral (
          select coalesce(more.n, 0) + (select count(*) from participation p
            where p.law_id = law_id_of.law_id and p.voter_hash = law_id_of.voter_hash and exists (${MATCHED})) as tries
          from (values (law_id, voter_hash)) as law_id_of (law_id, voter_hash)
        ) as real
        where case when attempt_count is null then real.tries >= 2 else real.tries <> attempt_count end`,
    },
    receiptMissing: {
      key: "request",
      sql: `select a.law_id, a.request_id as example from vote_audit a
        left join ${receipts} s on s.request_id = a.request_id and s.rank = status_rank(a.status)
        where s.request_id is null and ${audit}`,
    },
    receiptTooHigh: {
      key: "request",
      sql: `select s.law_id, s.request_id as example from ${receipts} s
        join vote_audit a on a.request_id = s.request_id
        where s.rank > status_rank(a.status) and ${piece("s.law_id", "request", "s.request_id")}`,
    },
    receiptUnknown: {
      key: "request",
      sql: `select s.law_id, s.request_id as example from ${receipts} s
        left join vote_audit a on a.request_id = s.request_id
        where a.request_id is null and ${piece("s.law_id", "request", "s.request_id")}`,
    },
    duplicateWithoutParticipation: {
      key: "request",
      sql: `select a.law_id, a.request_id as example from vote_audit a
        where a.status = 'duplicate' and counted_submission(a.law_id, a.voter_hash) is null and ${audit}`,
    },
    // The claim of a copy keeps nobody from voting: the next vote is recorded as a first one.
    claimUnknown: {
      key: "voter",
      sql: `select c.law_id, encode(c.voter_hash, 'hex') as example from ${claims} c
        join voter_roll r on r.law_id = c.law_id and r.voter_hash = c.voter_hash and r.ends_at is null
        where counted_submission(c.law_id, c.voter_hash) is null and ${piece("c.law_id", "voter", "c.voter_hash")}
          and not exists (select from copied_claims x where x.law_id = c.law_id and x.voter_hash = c.voter_hash)`,
    },
  };
}
