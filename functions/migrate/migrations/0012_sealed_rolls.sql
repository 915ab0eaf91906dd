-- Up Migration

-- What a sealed roll is, bucket by bucket of Redis (shared/domain/roll-digest.ts): SHA-256 over the voter hashes of a
-- bucket in ascending order. A bucket without voters has no row.
create table roll_buckets (
  law_id text    not null,
  bucket integer not null check (bucket between 0 and 65535),
  voters integer not null check (voters > 0),
  digest bytea   not null check (octet_length(digest) = 32),
  primary key (law_id, bucket)
);

-- The digest of a sealed roll, and how many voters it is over. Null: the roll is not sealed, and nothing is decided.
alter table rolls
  add column digest bytea check (octet_length(digest) = 32),
  add column digest_voters bigint check (digest_voters >= 0),
  add check ((digest is null) = (digest_voters is null));

-- The digest over all buckets of a roll in their order, and over the number of its voters.
create function roll_digest(p_law_id text) returns table (digest bytea, voters bigint)
language sql stable set search_path = public, pg_temp as $$
  select sha256(string_agg(coalesce(known.digest, sha256('')), ''::bytea order by every.bucket)
      || int8send(coalesce(sum(known.voters), 0)::bigint)),
    coalesce(sum(known.voters), 0)::bigint
  from generate_series(0, 65535) as every (bucket)
  left join (select b.bucket, b.voters, b.digest from roll_buckets b where b.law_id = p_law_id) as known using (bucket)
$$;

-- Sealing a roll is work that may be cut off, as a load is.
alter table roll_work drop constraint roll_work_kind_check,
  add constraint roll_work_kind_check check (kind in ('load', 'rebuild', 'seal'));

revoke all on function roll_digest from public;
revoke all on roll_buckets from public;
grant execute on function roll_digest to referendum_roll, referendum_operate, referendum_auditor;
grant select, insert, update, delete on roll_buckets to referendum_roll;
grant select on roll_buckets to referendum_operate, referendum_auditor;
grant update (digest, digest_voters) on rolls to referendum_roll;

-- Down Migration

delete from roll_work where kind = 'seal';
alter table roll_work drop constraint roll_work_kind_check,
  add constraint roll_work_kind_check check (kind in ('load', 'rebuild'));
drop function roll_digest;
alter table rolls drop column digest, drop column digest_voters;
drop table roll_buckets;
