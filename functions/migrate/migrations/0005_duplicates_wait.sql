-- Up Migration

-- Records a batch of decided votes in one transaction and says what became of each. One array element per submission;
-- request ids are unique within the batch. It has the last word over what the fast filter decided, whatever order
-- outcomes arrive in, and recording the same outcome again changes nothing.
--
-- A duplicate whose voter is on the roll and has no participation is not recorded, and not in the answer: the submission
-- that holds the claim may only be late, and its choice stands. So it waits in its queue until the participation is there.
-- Whose voter is not on the roll is invalid, whatever Redis says.
--
-- A lock per voter (p_lock_keys), taken in sorted order, makes batches that share a voter take turns, so that what a
-- later statement reads of that voter cannot change under it. After these locks a batch waits only for rows of
-- vote_results, which it takes in the order of their laws: two batches cannot deadlock, at the start of a law either.
--
-- Rows of one transaction can be told by their hidden column xmin. In a quiet hour, or of a quiet law, a batch has a
-- single new ballot: its participation and its ballot would lead to each other. So each law that has few new ballots in
-- the batch takes a crowd of its older ballots out and puts all of them in again in random order, as rows of the same
-- transaction. What else is in the batch (another law's votes, votes of nobody) hides no ballot and does not count.
--
-- enable_seqscan is off and every look-up is lateral: the plan is made while the tables are still empty and must not
-- turn into a scan of eight million rows later in the day.
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
-- Replacing a function keeps its rights; they stand here so that they need not be looked for.
revoke all on function record_outcomes from public;
grant execute on function record_outcomes to referendum_writer;

-- What the event source mapping of validate said of its latest change when work on a roll had paused it. With another
-- answer later, somebody else has changed it since: a note that a restored backup brought back resumes nothing.
alter table validate_pause add column mapping_changed_at text;

-- Down Migration

alter table validate_pause drop column mapping_changed_at;

-- Records a batch of decided votes in one transaction and says what became of each. One array element per submission;
-- request ids are unique within the batch. It has the last word over what the fast filter decided, whatever order
-- outcomes arrive in, and recording the same outcome again changes nothing.
--
-- A lock per voter (p_lock_keys), taken in sorted order, makes batches that share a voter take turns, so that what a
-- later statement reads of that voter cannot change under it. After these locks a batch waits only for rows of
-- vote_results, which it takes in the order of their laws: two batches cannot deadlock, at the start of a law either.
--
-- Rows of one transaction can be told by their hidden column xmin. In a quiet hour, or of a quiet law, a batch has a
-- single new ballot: its participation and its ballot would lead to each other. So each law that has few new ballots in
-- the batch takes a crowd of its older ballots out and puts all of them in again in random order, as rows of the same
-- transaction. What else is in the batch (another law's votes, votes of nobody) hides no ballot and does not count.
--
-- enable_seqscan is off and every look-up is lateral: the plan is made while the tables are still empty and must not
-- turn into a scan of eight million rows later in the day.
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
           when p.request_id is not null or i.outcome = 'duplicate' then 'duplicate'
           else 'invalid' end as status
    from item i
    left join lateral (
      select p.request_id from participation p where p.law_id = i.law_id and p.voter_hash = i.voter_hash limit 1
    ) as p on true
  ), rising as (
    select c.*, old.status as old_status
    from classified c
    left join lateral (
      select a.status from vote_audit a where a.request_id = c.request_id limit 1
    ) as old on true
    where old.status is null or status_rank(old.status) < status_rank(c.status)
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
    from unnest(p_request_ids) as i (request_id)
    cross join lateral (select * from vote_audit v where v.request_id = i.request_id limit 1) as a;
end
$$;
