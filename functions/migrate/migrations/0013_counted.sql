-- Up Migration

-- What a draft says beside its window.
alter table laws
  -- Its roll is sealed with no other number of voters. Null: it does not say.
  add column expected_voters bigint check (expected_voters > 0),
  -- When its tally is public.
  add column results text not null default 'live' check (results in ('live', 'after_close'));
grant update (expected_voters, results) on laws to referendum_operate, referendum_roll;

-- What each counted law was counted with. From then on no row of the law changes.
create table law_counts (
  law_id    text primary key,
  ended_at  timestamptz not null default clock_timestamp(),
  oui       bigint not null check (oui >= 0),
  non       bigint not null check (non >= 0),
  counted   bigint not null check (counted = oui + non),
  duplicate bigint not null check (duplicate >= 0),
  invalid   bigint not null check (invalid >= 0)
);

create function refuse_change_of_law_counts() returns trigger language plpgsql set search_path = public, pg_temp as $$
begin
  raise exception 'what laws were counted with is only added to: % is refused', tg_op
    using errcode = 'insufficient_privilege';
end
$$;
create trigger law_counts_are_append_only before update or delete on law_counts
  for each row execute function refuse_change_of_law_counts();
create trigger law_counts_are_not_emptied before truncate on law_counts
  for each statement execute function refuse_change_of_law_counts();

-- A law is counted once, and its roll is sealed with the number that its draft expects. Whoever makes it counted waits
-- until nobody records a vote of it: by end_recording, or by taking over what its item says.
create function keep_law_in_order() returns trigger language plpgsql
security definer set search_path = public, pg_temp as $$
begin
  if old.reached = 'counted' and new.reached <> 'counted' then
    raise exception 'the law % is counted, and stays so', old.law_id using errcode = 'check_violation';
  end if;
  if old.sealed_voters is null and new.sealed_voters <> new.expected_voters then
    raise exception 'the draft of % expects % voters, not %', old.law_id, new.expected_voters, new.sealed_voters
      using errcode = 'check_violation';
  end if;
  if new.reached = 'counted' and old.reached <> 'counted' then
    perform pg_advisory_xact_lock(1919247204, hashtext(new.law_id));
  end if;
  return new;
end
$$;
create trigger laws_are_in_order before update on laws for each row execute function keep_law_in_order();

-- Which of some laws take no recorded vote any more. Until the transaction ends, none of the others is counted. The
-- locks are taken in the order of their keys, so that two batches cannot wait for each other.
create function laws_without_recording(p_law_ids text[]) returns text[] language plpgsql
security definer set search_path = public, pg_temp as $$
begin
  perform pg_advisory_xact_lock_shared(1919247204, l.key)
  from (select distinct hashtext(law_id) as key from unnest(p_law_ids) as law_id order by key) as l;
  -- A statement of its own, so that it sees what a count has committed that held the lock.
  return array(select l.law_id from laws l where l.law_id = any (p_law_ids) and l.reached = 'counted');
end
$$;

-- The function that records goes on under another name, behind the one that is asked. A release before this one asks by
-- the same name.
alter function record_outcomes(text[], text[], bytea[], text[], text[], timestamptz[], bigint[])
  rename to enter_outcomes;
revoke all on function enter_outcomes from public, referendum_writer;

-- Records a batch, as enter_outcomes says, but for votes of laws whose recording has ended. Of these only those are in
-- the answer that were recorded before, as they were recorded: a redelivery. The others are not in the answer, so they
-- wait in their queue and come to the dead-letter queue.
create function record_outcomes(
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
as $$
#variable_conflict use_column
declare
  ended constant text[] := laws_without_recording(p_law_ids);
begin
  if cardinality(ended) = 0 then
    return query select * from enter_outcomes(
      p_request_ids, p_law_ids, p_voter_hashes, p_outcomes, p_choices, p_accepted_at, p_lock_keys);
    return;
  end if;
  return query
    select a.request_id, a.law_id, a.status, a."timestamp", a.processed_at
    from unnest(p_request_ids, p_law_ids) as i (request_id, law_id)
    cross join lateral (select * from vote_audit v where v.request_id = i.request_id limit 1) as a
    where i.law_id = any (ended);
  return query
    select recorded.*
    from (
      select array_agg(i.request_id order by i.n) as request_ids, array_agg(i.law_id order by i.n) as law_ids,
        array_agg(i.voter_hash order by i.n) as voter_hashes, array_agg(i.outcome order by i.n) as outcomes,
        array_agg(i.choice order by i.n) as choices, array_agg(i.accepted_at order by i.n) as accepted_ats
      from unnest(p_request_ids, p_law_ids, p_voter_hashes, p_outcomes, p_choices, p_accepted_at)
        with ordinality as i (request_id, law_id, voter_hash, outcome, choice, accepted_at, n)
      where i.law_id <> all (ended)
    ) as other
    cross join lateral enter_outcomes(
      other.request_ids, other.law_ids, other.voter_hashes, other.outcomes, other.choices, other.accepted_ats, p_lock_keys
    ) as recorded
    where other.request_ids is not null;
end
$$;
revoke all on function record_outcomes from public;
grant execute on function record_outcomes to referendum_writer;

-- Ends the recording of a law's votes, if the law and its votes are still as the check of the ledger found them. It
-- waits until every batch that is under way with votes of this law is committed.
create function end_recording(
  p_law_id text, p_version integer, p_oui bigint, p_non bigint, p_counted bigint, p_duplicate bigint, p_invalid bigint
) returns boolean language plpgsql
security definer set search_path = public, pg_temp set lock_timeout = '8s' as $$
declare
  law laws%rowtype;
  present record;
begin
  perform pg_advisory_xact_lock(1919247204, hashtext(p_law_id));
  select * into law from laws l where l.law_id = p_law_id for update;
  if law.version is distinct from p_version or law.reached <> 'ready' or law.closes_at is null
    or law.closes_at > clock_timestamp() then
    return false;
  end if;
  select coalesce(r.oui_count, 0) as oui, coalesce(r.non_count, 0) as non, a.counted, a.duplicate, a.invalid into present
  from (
    select count(*) filter (where v.status = 'counted') as counted,
      count(*) filter (where v.status = 'duplicate') as duplicate,
      count(*) filter (where v.status = 'invalid') as invalid
    from vote_audit v where v.law_id = p_law_id
  ) as a
  left join vote_results r on r.law_id = p_law_id;
  if (present.oui, present.non, present.counted, present.duplicate, present.invalid)
    is distinct from (p_oui, p_non, p_counted, p_duplicate, p_invalid) then
    return false;
  end if;
  insert into law_counts (law_id, oui, non, counted, duplicate, invalid)
  values (p_law_id, p_oui, p_non, p_counted, p_duplicate, p_invalid);
  update laws l set reached = 'counted', version = l.version + 1, in_force_at = null where l.law_id = p_law_id;
  return true;
end
$$;

revoke all on function refuse_change_of_law_counts, keep_law_in_order, laws_without_recording from public;
revoke all on function end_recording from public;
grant execute on function end_recording to referendum_operate;
revoke all on law_counts from public;
grant select on law_counts to referendum_operate;

-- Down Migration

drop function end_recording;
drop function record_outcomes;
alter function enter_outcomes(text[], text[], bytea[], text[], text[], timestamptz[], bigint[])
  rename to record_outcomes;
revoke all on function record_outcomes from public;
grant execute on function record_outcomes to referendum_writer;
drop function laws_without_recording;
drop trigger laws_are_in_order on laws;
drop function keep_law_in_order;
drop table law_counts;
drop function refuse_change_of_law_counts;
alter table laws drop column expected_voters, drop column results;
