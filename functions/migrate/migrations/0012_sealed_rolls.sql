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
  -- When it was sealed first.
  add column sealed_at timestamptz,
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

-- Sealing a roll and changing a sealed one is work that may be cut off, as a load is.
alter table roll_work drop constraint roll_work_kind_check,
  add constraint roll_work_kind_check check (kind in ('load', 'rebuild', 'seal', 'change')),
  -- A change: whether Redis named the digest of the roll before, so that it may name the new one.
  add column was_complete boolean;

revoke all on function roll_digest from public;
revoke all on roll_buckets from public;
grant execute on function roll_digest to referendum_roll, referendum_operate, referendum_auditor;
grant select, insert, update, delete on roll_buckets to referendum_roll;
grant select on roll_buckets to referendum_operate, referendum_auditor;
grant update (digest, digest_voters, sealed_at) on rolls to referendum_roll;

-- A voter is on the roll of a law from a moment to a moment: from the beginning and to the end unless an act on the
-- sealed roll said otherwise. What counts is when a vote was accepted. A person has one voter that has not ended.
alter table voter_roll
  add column begins_at timestamptz,
  add column ends_at timestamptz,
  add column ended_as text check (ended_as in ('replaced', 'struck')),
  add check ((ends_at is null) = (ended_as is null)),
  drop constraint voter_roll_law_id_person_hash_key;
create unique index voter_roll_person on voter_roll (law_id, person_hash) where ends_at is null;
-- The voters of a person, whichever have ended.
create index voter_roll_ended_person on voter_roll (law_id, person_hash) where ends_at is not null;

-- A person votes once, under whichever code.
alter table participation add column person_hash bytea check (octet_length(person_hash) = 32);
update participation p set person_hash = r.person_hash
from voter_roll r where r.law_id = p.law_id and r.voter_hash = p.voter_hash;
create unique index participation_person on participation (law_id, person_hash);

-- The size of a roll is that of the voters who have not ended. Redis keeps the others too.
alter table roll_sizes add column ended bigint not null default 0 check (ended >= 0);
create function take_ended_from_roll_size() returns trigger language plpgsql security definer
set search_path = public, pg_temp as $$
begin
  update roll_sizes s set voters = s.voters - gone.voters, ended = s.ended + gone.voters
  from (
    select n.law_id, count(*) as voters
    from new_rows n join old_rows o on o.law_id = n.law_id and o.voter_hash = n.voter_hash
    where o.ends_at is null and n.ends_at is not null group by 1
  ) as gone
  where s.law_id = gone.law_id;
  return null;
end
$$;
create or replace function add_to_roll_size() returns trigger language plpgsql security definer
set search_path = public, pg_temp as $$
begin
  if tg_op = 'DELETE' then
    update roll_sizes s set voters = s.voters - gone.voters, ended = s.ended - gone.ended
    from (
      select law_id, count(*) filter (where ends_at is null) as voters, count(*) filter (where ends_at is not null) as ended
      from old_rows group by 1
    ) as gone
    where s.law_id = gone.law_id;
  else
    insert into roll_sizes as s (law_id, voters)
    select law_id, count(*) from new_rows group by 1 order by 1
    on conflict (law_id) do update set voters = s.voters + excluded.voters;
  end if;
  return null;
end
$$;
create trigger roll_size_of_ended after update on voter_roll
  referencing old table as old_rows new table as new_rows for each statement execute function take_ended_from_roll_size();

-- Records a batch of decided votes in one transaction and says what became of each. One array element per submission;
-- request ids are unique within the batch. It has the last word over what the fast filter decided, whatever order
-- outcomes arrive in, and recording the same outcome again changes nothing.
--
-- A voter is on the roll if the vote was accepted within the time of its row. Of the votes of a person under two codes,
-- one is counted. Persons are entered in the order of their hashes: batches that have a person in common under two
-- codes have no lock in common, and wait for each other there. The other comments are those of migration 0005.
create or replace function record_outcomes(
  p_request_ids  text[],
  p_law_ids      text[],
  p_voter_hashes bytea[],
  p_outcomes     text[],
  p_choices      text[],
  p_accepted_at  timestamptz[],
  p_lock_keys    bigint[]
) returns table (request_id text, law_id text, status text, accepted_at timestamptz, updated_at timestamptz)
language plpgsql
security definer
set search_path = public, pg_temp
set enable_seqscan = off
as $$
#variable_conflict use_column
declare
  -- Among how many ballots of its law a ballot hides at least, once the law has as many for each batch under way.
  crowd constant integer := 64;
begin
  perform pg_advisory_xact_lock(l.key) from (select distinct k as key from unnest(p_lock_keys) as k order by k) as l;

  -- Participation, and with each new one its ballot and its part of the tally. `invalid` is tried as well: a Redis that
  -- had lost part of the roll says so of voters who are on it.
  with item as (
    select * from unnest(p_request_ids, p_law_ids, p_voter_hashes, p_outcomes, p_choices, p_accepted_at)
      with ordinality as i (request_id, law_id, voter_hash, outcome, choice, accepted_at, n)
  ), candidate as (
    select distinct on (i.law_id, on_roll.person_hash)
      i.law_id, i.voter_hash, on_roll.person_hash, i.request_id, i.choice
    from item i
    cross join lateral (
      select r.person_hash from voter_roll r
      where r.law_id = i.law_id and r.voter_hash = i.voter_hash
        and (r.begins_at is null or i.accepted_at >= r.begins_at) and (r.ends_at is null or i.accepted_at < r.ends_at)
      limit 1
    ) as on_roll
    where i.outcome in ('accepted', 'invalid')
    order by i.law_id, on_roll.person_hash, i.accepted_at, i.n
  ), entered as (
    insert into participation (law_id, voter_hash, person_hash, request_id)
    select c.law_id, c.voter_hash, c.person_hash, c.request_id from candidate c order by c.law_id, c.person_hash
    on conflict do nothing
    returning request_id
  ), counted as (
    select c.law_id, c.choice from entered e join candidate c on c.request_id = e.request_id
  ), quiet as (
    select law_id, gen_random_uuid() as random_start
    from (select law_id from counted group by law_id having count(*) < crowd) as few
  ), crowd_member as (
    -- From a random ballot on, and round. What another batch has taken out is passed over: nobody waits, so there is no
    -- circle to wait in, and none is taken out twice.
    select older.law_id, older.ballot_id
    from quiet
    cross join lateral (
      select * from (
        select * from (
          select b.law_id, b.ballot_id from ballots b
          where b.law_id = quiet.law_id and b.ballot_id >= quiet.random_start
          order by b.ballot_id limit crowd for update skip locked) as after_start
        union all
        select * from (
          select b.law_id, b.ballot_id from ballots b
          where b.law_id = quiet.law_id and b.ballot_id < quiet.random_start
          order by b.ballot_id limit crowd for update skip locked) as before_start
      ) as both_ways limit crowd
    ) as older
  ), taken_out as (
    delete from ballots b using crowd_member m
    where b.law_id = m.law_id and b.ballot_id = m.ballot_id
    returning b.law_id, b.choice
  ), cast_ballot as (
    insert into ballots (law_id, choice)
    select law_id, choice from (select * from counted union all select * from taken_out) as mixed order by random()
  )
  insert into vote_results as r (law_id, oui_count, non_count)
  select law_id, count(*) filter (where choice = 'oui'), count(*) filter (where choice = 'non')
  from counted group by law_id order by law_id
  on conflict (law_id) do update
    set oui_count = r.oui_count + excluded.oui_count,
        non_count = r.non_count + excluded.non_count,
        updated_at = now();

  -- Audit and attempts. A statement of its own: the one above cannot see the participation it conflicted with.
  with item as (
    select * from unnest(p_request_ids, p_law_ids, p_voter_hashes, p_outcomes, p_accepted_at)
      as i (request_id, law_id, voter_hash, outcome, accepted_at)
  ), classified as (
    select i.request_id, i.law_id, i.voter_hash, i.accepted_at, p.request_id as counted_request_id,
      case when p.request_id = i.request_id then 'counted'
           when p.request_id is not null then 'duplicate'
           when on_roll.has_begun is not true or on_roll.has_ended then 'invalid'
           when person.has_voted then 'duplicate'
           -- Null: it waits.
           when i.outcome = 'duplicate' then null
           else 'invalid' end as status,
      case when on_roll.has_begun and on_roll.has_ended then on_roll.reason else 'not_on_roll' end as invalid_reason
    from item i
    left join lateral (
      select p.request_id from participation p where p.law_id = i.law_id and p.voter_hash = i.voter_hash limit 1
    ) as p on true
    left join lateral (
      select r.person_hash, r.begins_at is null or i.accepted_at >= r.begins_at as has_begun,
        coalesce(i.accepted_at >= r.ends_at, false) as has_ended,
        case r.ended_as when 'replaced' then 'code_replaced' when 'struck' then 'struck' end as reason
      from voter_roll r
      where p.request_id is null and r.law_id = i.law_id and r.voter_hash = i.voter_hash limit 1
    ) as on_roll on true
    left join lateral (
      select true as has_voted from participation q
      where on_roll.has_begun and not on_roll.has_ended and q.law_id = i.law_id and q.person_hash = on_roll.person_hash limit 1
    ) as person on true
  ), rising as (
    select c.*, old.status as old_status
    from classified c
    left join lateral (
      select a.status from vote_audit a where a.request_id = c.request_id limit 1
    ) as old on true
    where c.status is not null and (old.status is null or status_rank(old.status) < status_rank(c.status))
  ), audited as (
    insert into vote_audit as a (request_id, voter_hash, law_id, status, reason, "timestamp")
    select request_id, voter_hash, law_id, status,
      case status when 'invalid' then invalid_reason when 'duplicate' then 'already_voted' end, accepted_at
    from rising order by request_id
    on conflict (request_id) do update
      -- A submission that was sent twice was accepted twice: what it rises by may be the earlier of the two.
      set status = excluded.status, reason = excluded.reason, "timestamp" = excluded."timestamp", processed_at = now()
      where status_rank(a.status) < status_rank(excluded.status)
  ), tried as (
    select law_id, voter_hash, max(counted_request_id) as counted_request_id,
      count(*) as attempts, bool_or(status = 'duplicate') as any_duplicate,
      bool_or(request_id = counted_request_id) as counted_here,
      min(accepted_at) as first_at, max(accepted_at) as last_at
    from rising
    where status <> 'invalid' and (old_status is null or old_status = 'invalid')
    group by law_id, voter_hash
  ), attempt as (
    -- A voter without a row had at most one attempt before this batch: the counted one.
    select t.law_id, t.voter_hash, t.attempts + case when earlier.counted_at is null then 0 else 1 end as attempts,
      least(t.first_at, earlier.counted_at) as first_at, greatest(t.last_at, earlier.counted_at) as last_at
    from tried t
    left join lateral (
      select true as is_known from duplicate_attempts d
      where d.law_id = t.law_id and d.voter_hash = t.voter_hash limit 1
    ) as row_before on true
    left join lateral (
      select a."timestamp" as counted_at from vote_audit a
      where a.request_id = t.counted_request_id and a.status = 'counted'
        and not t.counted_here and row_before.is_known is null
      limit 1
    ) as earlier on true
    where t.any_duplicate or t.attempts > 1 or row_before.is_known or earlier.counted_at is not null
  )
  insert into duplicate_attempts as d (law_id, voter_hash, attempt_count, first_attempt_at, last_attempt_at)
  select law_id, voter_hash, attempts, first_at, last_at from attempt order by law_id, voter_hash
  on conflict (law_id, voter_hash) do update
    set attempt_count = d.attempt_count + excluded.attempt_count,
        first_attempt_at = least(d.first_attempt_at, excluded.first_attempt_at),
        last_attempt_at = greatest(d.last_attempt_at, excluded.last_attempt_at);

  return query
    select a.request_id, a.law_id, a.status, a."timestamp", a.processed_at
    from unnest(p_request_ids, p_law_ids, p_voter_hashes, p_outcomes, p_accepted_at)
      as i (request_id, law_id, voter_hash, outcome, accepted_at)
    cross join lateral (select * from vote_audit v where v.request_id = i.request_id limit 1) as a
    left join lateral (
      select true as is_there from participation p
      where i.outcome = 'duplicate' and p.law_id = i.law_id and p.voter_hash = i.voter_hash limit 1
    ) as voted on true
    left join lateral (
      select true as is_there, r.person_hash from voter_roll r
      where i.outcome = 'duplicate' and voted.is_there is null and r.law_id = i.law_id and r.voter_hash = i.voter_hash
        and (r.begins_at is null or i.accepted_at >= r.begins_at) and (r.ends_at is null or i.accepted_at < r.ends_at)
      limit 1
    ) as on_roll on true
    left join lateral (
      select true as has_voted from participation q
      where on_roll.is_there and q.law_id = i.law_id and q.person_hash = on_roll.person_hash limit 1
    ) as person on true
    where i.outcome <> 'duplicate' or voted.is_there or on_roll.is_there is null or person.has_voted;
end
$$;

-- Why a vote is invalid. The function that records has no reason in its answer, which a release before this one reads.
create function invalid_reason(p_request_id text) returns text language sql security definer
set search_path = public, pg_temp as $$
  select a.reason from vote_audit a where a.request_id = p_request_id and a.status = 'invalid'
$$;

-- By which submission a voter is counted, or the voter's person under another code.
create function counted_submission(p_law_id text, p_voter_hash bytea) returns text language sql stable
set search_path = public, pg_temp as $$
  select coalesce(
    (select p.request_id from participation p where p.law_id = p_law_id and p.voter_hash = p_voter_hash),
    (select q.request_id from voter_roll r join participation q on q.law_id = r.law_id and q.person_hash = r.person_hash
     where r.law_id = p_law_id and r.voter_hash = p_voter_hash))
$$;

revoke all on function record_outcomes, invalid_reason, counted_submission, take_ended_from_roll_size from public;
grant execute on function record_outcomes, invalid_reason to referendum_writer;
grant execute on function counted_submission to referendum_operate, referendum_roll, referendum_operator, referendum_auditor;

-- What somebody is about to do to voters of a sealed roll: their hashes, without NAS and codes, so that nothing else
-- goes through proposals and the journal.
create table roll_drafts (
  id            uuid primary key,
  law_id        text not null,
  kind          text not null check (kind in ('add', 'replace', 'strike', 'find')),
  -- Of the file: the line of each voter.
  lines         integer[] not null,
  person_hashes bytea[] not null,
  -- The new voters; empty when there are none.
  voter_hashes  bytea[] not null,
  made_by       text not null,
  made_at       timestamptz not null default clock_timestamp()
);

-- Every change of a sealed roll, with the digests before and after it: no voter is in it.
create table roll_changes (
  run           uuid primary key,
  law_id        text not null,
  kind          text not null check (kind in ('add', 'replace', 'strike')),
  voters        integer not null check (voters > 0),
  in_force_at   timestamptz not null,
  digest_before bytea not null check (octet_length(digest_before) = 32),
  digest        bytea not null check (octet_length(digest) = 32),
  made_at       timestamptz not null default clock_timestamp()
);
create function refuse_change_of_roll_changes() returns trigger language plpgsql set search_path = public, pg_temp as $$
begin
  raise exception 'the changes of rolls are only added to: % is refused', tg_op using errcode = 'insufficient_privilege';
end
$$;
create trigger roll_changes_are_append_only before update or delete on roll_changes
  for each row execute function refuse_change_of_roll_changes();
create trigger roll_changes_are_not_emptied before truncate on roll_changes
  for each statement execute function refuse_change_of_roll_changes();

revoke all on function refuse_change_of_roll_changes from public;
revoke all on roll_drafts, roll_changes from public;
grant select, insert, delete on roll_drafts to referendum_roll;
grant select, insert on roll_changes to referendum_roll;
grant select on roll_changes to referendum_operate, referendum_auditor;
-- What a row was made with never changes; acts end it.
grant update (ends_at, ended_as) on voter_roll to referendum_roll;

-- Down Migration

drop table roll_changes, roll_drafts;
drop function refuse_change_of_roll_changes;
drop function counted_submission;
drop function invalid_reason;
drop trigger roll_size_of_ended on voter_roll;
drop function take_ended_from_roll_size;
create or replace function record_outcomes(
  p_request_ids  text[],
  p_law_ids      text[],
  p_voter_hashes bytea[],
  p_outcomes     text[],
  p_choices      text[],
  p_accepted_at  timestamptz[],
  p_lock_keys    bigint[]
) returns table (request_id text, law_id text, status text, accepted_at timestamptz, updated_at timestamptz)
language plpgsql
security definer
set search_path = public, pg_temp
set enable_seqscan = off
as $$
#variable_conflict use_column
declare
  -- Among how many ballots of its law a ballot hides at least, once the law has as many for each batch under way.
  crowd constant integer := 64;
begin
  perform pg_advisory_xact_lock(l.key) from (select distinct k as key from unnest(p_lock_keys) as k order by k) as l;

  -- Participation, and with each new one its ballot and its part of the tally. `invalid` is tried as well: a Redis that
  -- had lost part of the roll says so of voters who are on it.
  with item as (
    select * from unnest(p_request_ids, p_law_ids, p_voter_hashes, p_outcomes, p_choices, p_accepted_at)
      with ordinality as i (request_id, law_id, voter_hash, outcome, choice, accepted_at, n)
  ), candidate as (
    select distinct on (i.law_id, i.voter_hash) i.law_id, i.voter_hash, i.request_id, i.choice
    from item i
    cross join lateral (
      select from voter_roll r where r.law_id = i.law_id and r.voter_hash = i.voter_hash limit 1
    ) as on_roll
    where i.outcome in ('accepted', 'invalid')
    order by i.law_id, i.voter_hash, i.accepted_at, i.n
  ), entered as (
    insert into participation (law_id, voter_hash, request_id)
    select c.law_id, c.voter_hash, c.request_id from candidate c order by c.law_id, c.voter_hash
    on conflict do nothing
    returning request_id
  ), counted as (
    select c.law_id, c.choice from entered e join candidate c on c.request_id = e.request_id
  ), quiet as (
    select law_id, gen_random_uuid() as random_start
    from (select law_id from counted group by law_id having count(*) < crowd) as few
  ), crowd_member as (
    -- From a random ballot on, and round. What another batch has taken out is passed over: nobody waits, so there is no
    -- circle to wait in, and none is taken out twice.
    select older.law_id, older.ballot_id
    from quiet
    cross join lateral (
      select * from (
        select * from (
          select b.law_id, b.ballot_id from ballots b
          where b.law_id = quiet.law_id and b.ballot_id >= quiet.random_start
          order by b.ballot_id limit crowd for update skip locked) as after_start
        union all
        select * from (
          select b.law_id, b.ballot_id from ballots b
          where b.law_id = quiet.law_id and b.ballot_id < quiet.random_start
          order by b.ballot_id limit crowd for update skip locked) as before_start
      ) as both_ways limit crowd
    ) as older
  ), taken_out as (
    delete from ballots b using crowd_member m
    where b.law_id = m.law_id and b.ballot_id = m.ballot_id
    returning b.law_id, b.choice
  ), cast_ballot as (
    insert into ballots (law_id, choice)
    select law_id, choice from (select * from counted union all select * from taken_out) as mixed order by random()
  )
  insert into vote_results as r (law_id, oui_count, non_count)
  select law_id, count(*) filter (where choice = 'oui'), count(*) filter (where choice = 'non')
  from counted group by law_id order by law_id
  on conflict (law_id) do update
    set oui_count = r.oui_count + excluded.oui_count,
        non_count = r.non_count + excluded.non_count,
        updated_at = now();

  -- Audit and attempts. A statement of its own: the one above cannot see the participation it conflicted with.
  with item as (
    select * from unnest(p_request_ids, p_law_ids, p_voter_hashes, p_outcomes, p_accepted_at)
      as i (request_id, law_id, voter_hash, outcome, accepted_at)
  ), classified as (
    select i.request_id, i.law_id, i.voter_hash, i.accepted_at, p.request_id as counted_request_id,
      case when p.request_id = i.request_id then 'counted'
           when p.request_id is not null then 'duplicate'
           -- Null: it waits.
           when i.outcome = 'duplicate' and on_roll.is_there then null
           else 'invalid' end as status
    from item i
    left join lateral (
      select p.request_id from participation p where p.law_id = i.law_id and p.voter_hash = i.voter_hash limit 1
    ) as p on true
    left join lateral (
      select true as is_there from voter_roll r
      where i.outcome = 'duplicate' and p.request_id is null and r.law_id = i.law_id and r.voter_hash = i.voter_hash limit 1
    ) as on_roll on true
  ), rising as (
    select c.*, old.status as old_status
    from classified c
    left join lateral (
      select a.status from vote_audit a where a.request_id = c.request_id limit 1
    ) as old on true
    where c.status is not null and (old.status is null or status_rank(old.status) < status_rank(c.status))
  ), audited as (
    insert into vote_audit as a (request_id, voter_hash, law_id, status, reason, "timestamp")
    select request_id, voter_hash, law_id, status,
      case status when 'invalid' then 'not_on_roll' when 'duplicate' then 'already_voted' end, accepted_at
    from rising order by request_id
    on conflict (request_id) do update
      set status = excluded.status, reason = excluded.reason, processed_at = now()
      where status_rank(a.status) < status_rank(excluded.status)
  ), tried as (
    select law_id, voter_hash, max(counted_request_id) as counted_request_id,
      count(*) as attempts, bool_or(status = 'duplicate') as any_duplicate,
      bool_or(request_id = counted_request_id) as counted_here,
      min(accepted_at) as first_at, max(accepted_at) as last_at
    from rising
    where status <> 'invalid' and (old_status is null or old_status = 'invalid')
    group by law_id, voter_hash
  ), attempt as (
    -- A voter without a row had at most one attempt before this batch: the counted one.
    select t.law_id, t.voter_hash, t.attempts + case when earlier.counted_at is null then 0 else 1 end as attempts,
      least(t.first_at, earlier.counted_at) as first_at, greatest(t.last_at, earlier.counted_at) as last_at
    from tried t
    left join lateral (
      select true as is_known from duplicate_attempts d
      where d.law_id = t.law_id and d.voter_hash = t.voter_hash limit 1
    ) as row_before on true
    left join lateral (
      select a."timestamp" as counted_at from vote_audit a
      where a.request_id = t.counted_request_id and a.status = 'counted'
        and not t.counted_here and row_before.is_known is null
      limit 1
    ) as earlier on true
    where t.any_duplicate or t.attempts > 1 or row_before.is_known or earlier.counted_at is not null
  )
  insert into duplicate_attempts as d (law_id, voter_hash, attempt_count, first_attempt_at, last_attempt_at)
  select law_id, voter_hash, attempts, first_at, last_at from attempt order by law_id, voter_hash
  on conflict (law_id, voter_hash) do update
    set attempt_count = d.attempt_count + excluded.attempt_count,
        first_attempt_at = least(d.first_attempt_at, excluded.first_attempt_at),
        last_attempt_at = greatest(d.last_attempt_at, excluded.last_attempt_at);

  return query
    select a.request_id, a.law_id, a.status, a."timestamp", a.processed_at
    from unnest(p_request_ids, p_law_ids, p_voter_hashes, p_outcomes) as i (request_id, law_id, voter_hash, outcome)
    cross join lateral (select * from vote_audit v where v.request_id = i.request_id limit 1) as a
    left join lateral (
      select true as is_there from participation p
      where i.outcome = 'duplicate' and p.law_id = i.law_id and p.voter_hash = i.voter_hash limit 1
    ) as voted on true
    left join lateral (
      select true as is_there from voter_roll r
      where i.outcome = 'duplicate' and voted.is_there is null and r.law_id = i.law_id and r.voter_hash = i.voter_hash limit 1
    ) as on_roll on true
    where i.outcome <> 'duplicate' or voted.is_there or on_roll.is_there is null;
end
$$;
drop index participation_person;
alter table participation drop column person_hash;
drop index voter_roll_ended_person;
drop index voter_roll_person;
delete from voter_roll where ends_at is not null;
alter table roll_sizes drop column ended;
create or replace function add_to_roll_size() returns trigger language plpgsql security definer
set search_path = public, pg_temp as $$
begin
  if tg_op = 'DELETE' then
    update roll_sizes s set voters = s.voters - gone.voters
    from (select law_id, count(*) as voters from old_rows group by 1) as gone where s.law_id = gone.law_id;
  else
    insert into roll_sizes as s (law_id, voters)
    select law_id, count(*) from new_rows group by 1 order by 1
    on conflict (law_id) do update set voters = s.voters + excluded.voters;
  end if;
  return null;
end
$$;
alter table voter_roll
  drop column begins_at, drop column ends_at, drop column ended_as,
  add constraint voter_roll_law_id_person_hash_key unique (law_id, person_hash);
delete from roll_work where kind in ('seal', 'change');
alter table roll_work drop column was_complete, drop constraint roll_work_kind_check,
  add constraint roll_work_kind_check check (kind in ('load', 'rebuild'));
drop function roll_digest;
alter table rolls drop column digest, drop column digest_voters, drop column sealed_at;
drop table roll_buckets;
