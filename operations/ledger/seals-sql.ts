import type { FactQuery } from "./fact-query.ts";

const lawOnly = (law: string) => `($1::text[] is null or ${law} = any($1))`;

/** The first two bytes of a hash as a number: its bucket. */
const bucketOf = (hash: string) => `(get_byte(${hash}, 0) * 256 + get_byte(${hash}, 1))`;

/**
 * What was fixed and is not so any more. The digests of buckets are computed from the rows of the roll, in the order of
 * its primary key, so that each voter is read once. They are over those who have not ended; the few who have are in an
 * index, so that no row of the roll itself is read.
 */
export const SEAL_QUERIES = {
  // Pieces end between two buckets.
  rollBucketDiffers: {
    key: "voter",
    sql: `select law_id, lpad(to_hex(bucket), 4, '0') as example
      from (
        select r.law_id, ${bucketOf("r.voter_hash")} as bucket,
          sha256(string_agg(r.voter_hash, ''::bytea order by r.voter_hash)) as digest
        from voter_roll r
        where ${lawOnly("r.law_id")} and ($2::bytea is null or r.voter_hash > $2)
          and ($3::bytea is null or r.voter_hash <= $3)
          and (r.law_id, r.voter_hash) not in (
            select e.law_id, e.voter_hash from voter_roll e where e.ends_at is not null and ${lawOnly("e.law_id")})
        group by 1, 2
      ) as here
      full join (
        select b.law_id, b.bucket, b.digest from roll_buckets b
        where ${lawOnly("b.law_id")} and ($2::bytea is null or b.bucket >= ${bucketOf("$2::bytea")})
          and ($3::bytea is null or b.bucket < ${bucketOf("$3::bytea")})
      ) as sealed using (law_id, bucket)
      join rolls s using (law_id)
      where s.digest is not null and here.digest is distinct from sealed.digest`,
  },
  journalDiffers: {
    key: "whole",
    sql: `select k.law_id, k.number::text as example
      from (
        select l.law_id, l.number, l.text::jsonb as said,
          encode(sha256(convert_to(lag(l.text) over (partition by l.law_id order by l.number), 'UTF8')), 'hex') as before
        from log_journal l where ${lawOnly("l.law_id")}
      ) as k
      left join journal j on j.number = k.number
      where not exists (select from laws d where d.law_id = k.law_id and d.destroyed_at is not null)
        and (j.number is null or j.act is distinct from k.said ->> 'act' or j.phase is distinct from k.said ->> 'phase'
          or j.law_id is distinct from k.said ->> 'law_id'
          or to_char(j.at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') is distinct from k.said ->> 'at'
          or coalesce(k.before, repeat('0', 64)) is distinct from k.said ->> 'previous')`,
  },
} as const satisfies Readonly<Record<string, FactQuery>>;
