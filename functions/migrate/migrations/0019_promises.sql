-- Up Migration

-- The keys of a law's promises, in the order in which ingest signs with them: [{version, public_key, from}].
alter table laws
  add column promise_keys jsonb check (jsonb_typeof(promise_keys) = 'array' and jsonb_array_length(promise_keys) > 0),
  add check (form is not null or promise_keys is null);
grant update (promise_keys) on laws to referendum_operate, referendum_roll;

-- Promises that were given must be checkable for the life of a law: its keys stay, and others come after them.
create function keep_promise_keys() returns trigger language plpgsql
set search_path = public, pg_temp as $$
begin
  if old.promise_keys is distinct from (
    select jsonb_agg(key.value order by key.n)
    from jsonb_array_elements(new.promise_keys) with ordinality as key (value, n)
    where key.n <= jsonb_array_length(old.promise_keys)
  ) then
    raise exception 'the promise keys of % stay: others can only come after them', old.law_id
      using errcode = 'check_violation';
  end if;
  return new;
end
$$;
create trigger promise_keys_are_kept before update on laws
  for each row when (old.promise_keys is not null) execute function keep_promise_keys();

-- Of a law with a form: which envelope a submission came with, and what was promised for it (key id, signature). The
-- audit keeps those of the first one that was recorded.
alter table vote_audit
  add column envelope_sha256 bytea check (octet_length(envelope_sha256) = 32),
  add column promise bytea check (octet_length(promise) = 72);

-- Further envelopes under the request id of a recorded submission. They are not counted. What was promised for them can
-- be asked for nevertheless.
create table repeated_submissions (
  request_id      text not null,
  envelope_sha256 bytea not null check (octet_length(envelope_sha256) = 32),
  law_id          text not null,
  promise         bytea not null check (octet_length(promise) = 72),
  primary key (request_id, envelope_sha256)
);
revoke all on repeated_submissions from public;
grant select on repeated_submissions to referendum_operate;

-- Records a batch: as migration 0016, and with promises. A further envelope of a recorded submission is noted, and
-- changes nothing else.
create function enter_votes(
  p_request_ids  text[],
  p_law_ids      text[],
  p_voter_hashes bytea[],
  p_outcomes     text[],
  p_choices      text[],
  p_accepted_at  timestamptz[],
  p_lock_keys    bigint[],
  p_envelopes    bytea[],
  p_promises     bytea[]
) returns table (
  request_id text, law_id text, status text, accepted_at timestamptz, updated_at timestamptz, envelope_sha256 bytea
)
language plpgsql
security definer
set search_path = public, pg_temp
set enable_seqscan = off
as $$
#variable_conflict use_column
declare
  -- Among how many ballots of its law a ballot hides at least, once the law has as many for each batch under way.
  crowd constant integer := 64;
  -- Submissions that came with another envelope before.
  repeated text[];
begin
  perform pg_advisory_xact_lock(l.key) from (select distinct k as key from unnest(p_lock_keys) as k order by k) as l;

  select coalesce(array_agg(i.request_id), '{}') into repeated
  from unnest(p_request_ids, p_envelopes) as i (request_id, envelope)
  cross join lateral (
    select from vote_audit v
    where i.envelope is not null and v.request_id = i.request_id and v.envelope_sha256 <> sha256(i.envelope) limit 1
  ) as known;
  if cardinality(repeated) > 0 then
    insert into repeated_submissions (request_id, envelope_sha256, law_id, promise)
    select i.request_id, sha256(i.envelope), i.law_id, i.promise
    from unnest(p_request_ids, p_law_ids, p_envelopes, p_promises) as i (request_id, law_id, envelope, promise)
    where i.request_id = any (repeated) order by 1, 2 on conflict do nothing;
  end if;

  -- Participation, and with each new one its ballot and its part of the tally. `invalid` is tried as well: a Redis that
  -- had lost part of the roll says so of voters who are on it.
  with item as (
    select * from unnest(p_request_ids, p_law_ids, p_voter_hashes, p_outcomes, p_choices, p_accepted_at, p_envelopes)
      with ordinality as i (request_id, law_id, voter_hash, outcome, choice, accepted_at, envelope, n)
    where request_id <> all (repeated)
  ), on_the_roll as (
    -- Of equal envelopes in one batch, the one that was accepted first is the original.
    select i.*, on_roll.person_hash, case when i.envelope is not null then row_number() over (
        partition by i.law_id, enc_of(i.envelope), i.envelope is null order by i.accepted_at, i.n) end as copy
    from item i
    cross join lateral (
      select r.person_hash from voter_roll r
      where r.law_id = i.law_id and r.voter_hash = i.voter_hash
        and (r.begins_at is null or i.accepted_at >= r.begins_at) and (r.ends_at is null or i.accepted_at < r.ends_at)
      limit 1
    ) as on_roll
    where i.outcome in ('accepted', 'invalid')
      or exists (select from copied_claims c where c.law_id = i.law_id and c.voter_hash = i.voter_hash)
  ), candidate as (
    select distinct on (i.law_id, i.person_hash)
      i.law_id, i.voter_hash, i.person_hash, i.request_id, i.choice, i.envelope
    from on_the_roll i
    where i.envelope is null or (i.copy = 1 and not exists (
      select from ballot_box b where b.law_id = i.law_id and b.enc = enc_of(i.envelope)))
    order by i.law_id, i.person_hash, i.accepted_at, i.n
  ), entered as (
    insert into participation (law_id, voter_hash, person_hash, request_id)
    select c.law_id, c.voter_hash, c.person_hash, c.request_id from candidate c order by c.law_id, c.person_hash
    on conflict do nothing
    returning request_id
  ), boxed as (
    insert into ballot_box (law_id, enc, envelope)
    select c.law_id, enc_of(c.envelope), c.envelope from entered e join candidate c on c.request_id = e.request_id
    where c.envelope is not null order by 1, 2
  ), counted as (
    select c.law_id, c.choice from entered e join candidate c on c.request_id = e.request_id where c.envelope is null
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
    select * from unnest(p_request_ids, p_law_ids, p_voter_hashes, p_outcomes, p_accepted_at, p_envelopes, p_promises)
      as i (request_id, law_id, voter_hash, outcome, accepted_at, envelope, promise)
    where request_id <> all (repeated)
  ), classified as (
    select i.request_id, i.law_id, i.voter_hash, i.accepted_at, sha256(i.envelope) as envelope_sha256, i.promise,
      p.request_id as counted_request_id,
      case when p.request_id = i.request_id then 'counted'
           when p.request_id is not null then 'duplicate'
           when on_roll.has_begun is not true or on_roll.has_ended then 'invalid'
           when person.has_voted then 'duplicate'
           -- Null: it waits.
           when i.outcome = 'duplicate' and copied.has_claim is not true then null
           when i.envelope is not null and boxed.is_there is not true then null
           else 'invalid' end as status,
      case when on_roll.has_begun and not on_roll.has_ended then 'copied'
           when on_roll.has_begun then on_roll.reason
           else 'not_on_roll' end as invalid_reason
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
    left join lateral (
      select true as has_claim from copied_claims c
      where i.outcome = 'duplicate' and c.law_id = i.law_id and c.voter_hash = i.voter_hash limit 1
    ) as copied on true
    left join lateral (
      select true as is_there from ballot_box b
      where i.envelope is not null and b.law_id = i.law_id and b.enc = enc_of(i.envelope) limit 1
    ) as boxed on true
  ), claimed_by_copy as (
    -- Its claim in Redis makes later votes of the voter duplicates of nothing: they are recorded as first votes.
    insert into copied_claims (law_id, voter_hash)
    select distinct c.law_id, c.voter_hash from classified c where c.status = 'invalid' and c.invalid_reason = 'copied'
    order by 1, 2 on conflict do nothing
  ), rising as (
    select c.*, old.status as old_status
    from classified c
    left join lateral (
      select a.status from vote_audit a where a.request_id = c.request_id limit 1
    ) as old on true
    where c.status is not null and (old.status is null or status_rank(old.status) < status_rank(c.status))
  ), audited as (
    insert into vote_audit as a
      (request_id, voter_hash, law_id, status, reason, "timestamp", envelope_sha256, promise)
    select request_id, voter_hash, law_id, status,
      case status when 'invalid' then invalid_reason when 'duplicate' then 'already_voted' end, accepted_at,
      envelope_sha256, promise
    from rising order by request_id
    on conflict (request_id) do update
      -- A submission that was sent twice was accepted twice: what it rises by may be the earlier of the two.
      set status = excluded.status, reason = excluded.reason, "timestamp" = excluded."timestamp", processed_at = now(),
        envelope_sha256 = coalesce(a.envelope_sha256, excluded.envelope_sha256),
        promise = coalesce(a.promise, excluded.promise)
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
    select a.request_id, a.law_id, a.status, a."timestamp", a.processed_at, a.envelope_sha256
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
    where i.outcome <> 'duplicate' or voted.is_there or on_roll.is_there is null or person.has_voted
      or (a.reason = 'copied' and a.status = 'invalid') or i.request_id = any (repeated);
end
$$;

-- As before, for a release that does not know envelopes.
create or replace function enter_outcomes(
  p_request_ids  text[],
  p_law_ids      text[],
  p_voter_hashes bytea[],
  p_outcomes     text[],
  p_choices      text[],
  p_accepted_at  timestamptz[],
  p_lock_keys    bigint[]
) returns table (request_id text, law_id text, status text, accepted_at timestamptz, updated_at timestamptz)
language sql
security definer
set search_path = public, pg_temp
as $$
  select request_id, law_id, status, accepted_at, updated_at
  from enter_votes(p_request_ids, p_law_ids, p_voter_hashes, p_outcomes, p_choices, p_accepted_at, p_lock_keys,
    array_fill(null::bytea, array[cardinality(p_request_ids)]),
    array_fill(null::bytea, array[cardinality(p_request_ids)]))
$$;

-- Records a batch, as enter_votes says, but for votes of laws whose recording has ended, and votes that are not of the
-- form of their law, or of a law with a form and without a promise. Of these only those are in the answer that were
-- recorded before with the same envelope, as they were recorded: a redelivery. The others are not in the answer, so they
-- wait in their queue and come to the dead-letter queue.
create function record_votes(
  p_request_ids  text[],
  p_law_ids      text[],
  p_voter_hashes bytea[],
  p_outcomes     text[],
  p_choices      text[],
  p_accepted_at  timestamptz[],
  p_lock_keys    bigint[],
  p_forms        text[],
  p_envelopes    bytea[],
  p_promises     bytea[]
) returns table (
  request_id text, law_id text, status text, accepted_at timestamptz, updated_at timestamptz, envelope_sha256 bytea
)
language plpgsql
security definer
set search_path = public, pg_temp
as $$
#variable_conflict use_column
declare
  ended constant text[] := laws_without_recording(p_law_ids);
  left_out constant text[] := array(
    select i.request_id from unnest(p_request_ids, p_law_ids, p_forms, p_choices, p_envelopes, p_promises)
      as i (request_id, law_id, form, choice, envelope, promise)
    left join laws l on l.law_id = i.law_id
    where i.law_id = any (ended) or l.form is distinct from i.form
      or (i.form = 'sealed') <> (i.envelope is not null) or (i.form is null and i.envelope is not null)
      or (i.envelope is not null and i.choice is not null) or (i.form is null) <> (i.promise is null));
begin
  if cardinality(left_out) = 0 then
    return query select * from enter_votes(
      p_request_ids, p_law_ids, p_voter_hashes, p_outcomes, p_choices, p_accepted_at, p_lock_keys, p_envelopes,
      p_promises);
    return;
  end if;
  return query
    select a.request_id, a.law_id, a.status, a."timestamp", a.processed_at, a.envelope_sha256
    from unnest(p_request_ids, p_envelopes) as i (request_id, envelope)
    cross join lateral (select * from vote_audit v where v.request_id = i.request_id limit 1) as a
    where i.request_id = any (left_out)
      and (i.envelope is null or a.envelope_sha256 is null or a.envelope_sha256 = sha256(i.envelope)
        or exists (select from repeated_submissions r
          where r.request_id = i.request_id and r.envelope_sha256 = sha256(i.envelope)));
  return query
    select recorded.*
    from (
      select array_agg(i.request_id order by i.n) as request_ids, array_agg(i.law_id order by i.n) as law_ids,
        array_agg(i.voter_hash order by i.n) as voter_hashes, array_agg(i.outcome order by i.n) as outcomes,
        array_agg(i.choice order by i.n) as choices, array_agg(i.accepted_at order by i.n) as accepted_ats,
        array_agg(i.envelope order by i.n) as envelopes, array_agg(i.promise order by i.n) as promises
      from unnest(
          p_request_ids, p_law_ids, p_voter_hashes, p_outcomes, p_choices, p_accepted_at, p_envelopes, p_promises)
        with ordinality as i (request_id, law_id, voter_hash, outcome, choice, accepted_at, envelope, promise, n)
      where i.request_id <> all (left_out)
    ) as other
    cross join lateral enter_votes(
      other.request_ids, other.law_ids, other.voter_hashes, other.outcomes, other.choices, other.accepted_ats,
      p_lock_keys, other.envelopes, other.promises
    ) as recorded
    where other.request_ids is not null;
end
$$;

-- For a release that does not know forms: its votes are of laws without one.
create or replace function record_outcomes(
  p_request_ids  text[],
  p_law_ids      text[],
  p_voter_hashes bytea[],
  p_outcomes     text[],
  p_choices      text[],
  p_accepted_at  timestamptz[],
  p_lock_keys    bigint[]
) returns table (request_id text, law_id text, status text, accepted_at timestamptz, updated_at timestamptz)
language sql
security definer
set search_path = public, pg_temp
as $$
  select request_id, law_id, status, accepted_at, updated_at
  from record_votes(p_request_ids, p_law_ids, p_voter_hashes, p_outcomes, p_choices, p_accepted_at, p_lock_keys,
    array_fill(null::text, array[cardinality(p_request_ids)]),
    array_fill(null::bytea, array[cardinality(p_request_ids)]),
    array_fill(null::bytea, array[cardinality(p_request_ids)]))
$$;

-- Votes of laws with a form are recorded with their promises only.
drop function enter_votes(text[], text[], bytea[], text[], text[], timestamptz[], bigint[], bytea[]);
drop function record_votes(text[], text[], bytea[], text[], text[], timestamptz[], bigint[], text[], bytea[]);

revoke all on function enter_votes, record_votes, keep_promise_keys from public;
grant execute on function record_votes to referendum_writer;

-- Down Migration

create function enter_votes(
  p_request_ids  text[],
  p_law_ids      text[],
  p_voter_hashes bytea[],
  p_outcomes     text[],
  p_choices      text[],
  p_accepted_at  timestamptz[],
  p_lock_keys    bigint[],
  p_envelopes    bytea[]
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
    select * from unnest(p_request_ids, p_law_ids, p_voter_hashes, p_outcomes, p_choices, p_accepted_at, p_envelopes)
      with ordinality as i (request_id, law_id, voter_hash, outcome, choice, accepted_at, envelope, n)
  ), on_the_roll as (
    -- Of equal envelopes in one batch, the one that was accepted first is the original.
    select i.*, on_roll.person_hash, case when i.envelope is not null then row_number() over (
        partition by i.law_id, enc_of(i.envelope), i.envelope is null order by i.accepted_at, i.n) end as copy
    from item i
    cross join lateral (
      select r.person_hash from voter_roll r
      where r.law_id = i.law_id and r.voter_hash = i.voter_hash
        and (r.begins_at is null or i.accepted_at >= r.begins_at) and (r.ends_at is null or i.accepted_at < r.ends_at)
      limit 1
    ) as on_roll
    where i.outcome in ('accepted', 'invalid')
      or exists (select from copied_claims c where c.law_id = i.law_id and c.voter_hash = i.voter_hash)
  ), candidate as (
    select distinct on (i.law_id, i.person_hash)
      i.law_id, i.voter_hash, i.person_hash, i.request_id, i.choice, i.envelope
    from on_the_roll i
    where i.envelope is null or (i.copy = 1 and not exists (
      select from ballot_box b where b.law_id = i.law_id and b.enc = enc_of(i.envelope)))
    order by i.law_id, i.person_hash, i.accepted_at, i.n
  ), entered as (
    insert into participation (law_id, voter_hash, person_hash, request_id)
    select c.law_id, c.voter_hash, c.person_hash, c.request_id from candidate c order by c.law_id, c.person_hash
    on conflict do nothing
    returning request_id
  ), boxed as (
    insert into ballot_box (law_id, enc, envelope)
    select c.law_id, enc_of(c.envelope), c.envelope from entered e join candidate c on c.request_id = e.request_id
    where c.envelope is not null order by 1, 2
  ), counted as (
    select c.law_id, c.choice from entered e join candidate c on c.request_id = e.request_id where c.envelope is null
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
    select * from unnest(p_request_ids, p_law_ids, p_voter_hashes, p_outcomes, p_accepted_at, p_envelopes)
      as i (request_id, law_id, voter_hash, outcome, accepted_at, envelope)
  ), classified as (
    select i.request_id, i.law_id, i.voter_hash, i.accepted_at, p.request_id as counted_request_id,
      case when p.request_id = i.request_id then 'counted'
           when p.request_id is not null then 'duplicate'
           when on_roll.has_begun is not true or on_roll.has_ended then 'invalid'
           when person.has_voted then 'duplicate'
           -- Null: it waits.
           when i.outcome = 'duplicate' and copied.has_claim is not true then null
           when i.envelope is not null and boxed.is_there is not true then null
           else 'invalid' end as status,
      case when on_roll.has_begun and not on_roll.has_ended then 'copied'
           when on_roll.has_begun then on_roll.reason
           else 'not_on_roll' end as invalid_reason
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
    left join lateral (
      select true as has_claim from copied_claims c
      where i.outcome = 'duplicate' and c.law_id = i.law_id and c.voter_hash = i.voter_hash limit 1
    ) as copied on true
    left join lateral (
      select true as is_there from ballot_box b
      where i.envelope is not null and b.law_id = i.law_id and b.enc = enc_of(i.envelope) limit 1
    ) as boxed on true
  ), claimed_by_copy as (
    -- Its claim in Redis makes later votes of the voter duplicates of nothing: they are recorded as first votes.
    insert into copied_claims (law_id, voter_hash)
    select distinct c.law_id, c.voter_hash from classified c where c.status = 'invalid' and c.invalid_reason = 'copied'
    order by 1, 2 on conflict do nothing
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
    where i.outcome <> 'duplicate' or voted.is_there or on_roll.is_there is null or person.has_voted
      or (a.reason = 'copied' and a.status = 'invalid');
end
$$;

create function record_votes(
  p_request_ids  text[],
  p_law_ids      text[],
  p_voter_hashes bytea[],
  p_outcomes     text[],
  p_choices      text[],
  p_accepted_at  timestamptz[],
  p_lock_keys    bigint[],
  p_forms        text[],
  p_envelopes    bytea[]
) returns table (request_id text, law_id text, status text, accepted_at timestamptz, updated_at timestamptz)
language plpgsql
security definer
set search_path = public, pg_temp
as $$
#variable_conflict use_column
declare
  ended constant text[] := laws_without_recording(p_law_ids);
  left_out constant text[] := array(
    select i.request_id from unnest(p_request_ids, p_law_ids, p_forms, p_choices, p_envelopes)
      as i (request_id, law_id, form, choice, envelope)
    left join laws l on l.law_id = i.law_id
    where i.law_id = any (ended) or l.form is distinct from i.form
      or (i.form = 'sealed') <> (i.envelope is not null) or (i.form is null and i.envelope is not null)
      or (i.envelope is not null and i.choice is not null));
begin
  if cardinality(left_out) = 0 then
    return query select * from enter_votes(
      p_request_ids, p_law_ids, p_voter_hashes, p_outcomes, p_choices, p_accepted_at, p_lock_keys, p_envelopes);
    return;
  end if;
  return query
    select a.request_id, a.law_id, a.status, a."timestamp", a.processed_at
    from unnest(p_request_ids) as i (request_id)
    cross join lateral (select * from vote_audit v where v.request_id = i.request_id limit 1) as a
    where i.request_id = any (left_out);
  return query
    select recorded.*
    from (
      select array_agg(i.request_id order by i.n) as request_ids, array_agg(i.law_id order by i.n) as law_ids,
        array_agg(i.voter_hash order by i.n) as voter_hashes, array_agg(i.outcome order by i.n) as outcomes,
        array_agg(i.choice order by i.n) as choices, array_agg(i.accepted_at order by i.n) as accepted_ats,
        array_agg(i.envelope order by i.n) as envelopes
      from unnest(p_request_ids, p_law_ids, p_voter_hashes, p_outcomes, p_choices, p_accepted_at, p_envelopes)
        with ordinality as i (request_id, law_id, voter_hash, outcome, choice, accepted_at, envelope, n)
      where i.request_id <> all (left_out)
    ) as other
    cross join lateral enter_votes(
      other.request_ids, other.law_ids, other.voter_hashes, other.outcomes, other.choices, other.accepted_ats,
      p_lock_keys, other.envelopes
    ) as recorded
    where other.request_ids is not null;
end
$$;

create or replace function enter_outcomes(
  p_request_ids  text[],
  p_law_ids      text[],
  p_voter_hashes bytea[],
  p_outcomes     text[],
  p_choices      text[],
  p_accepted_at  timestamptz[],
  p_lock_keys    bigint[]
) returns table (request_id text, law_id text, status text, accepted_at timestamptz, updated_at timestamptz)
language sql
security definer
set search_path = public, pg_temp
as $$
  select * from enter_votes(p_request_ids, p_law_ids, p_voter_hashes, p_outcomes, p_choices, p_accepted_at, p_lock_keys,
    array_fill(null::bytea, array[cardinality(p_request_ids)]))
$$;

create or replace function record_outcomes(
  p_request_ids  text[],
  p_law_ids      text[],
  p_voter_hashes bytea[],
  p_outcomes     text[],
  p_choices      text[],
  p_accepted_at  timestamptz[],
  p_lock_keys    bigint[]
) returns table (request_id text, law_id text, status text, accepted_at timestamptz, updated_at timestamptz)
language sql
security definer
set search_path = public, pg_temp
as $$
  select * from record_votes(p_request_ids, p_law_ids, p_voter_hashes, p_outcomes, p_choices, p_accepted_at, p_lock_keys,
    array_fill(null::text, array[cardinality(p_request_ids)]),
    array_fill(null::bytea, array[cardinality(p_request_ids)]))
$$;

drop function record_votes(text[], text[], bytea[], text[], text[], timestamptz[], bigint[], text[], bytea[], bytea[]);
drop function enter_votes(text[], text[], bytea[], text[], text[], timestamptz[], bigint[], bytea[], bytea[]);
revoke all on function enter_votes, record_votes from public;
grant execute on function record_votes to referendum_writer;
drop table repeated_submissions;
alter table vote_audit drop column promise, drop column envelope_sha256;
drop trigger promise_keys_are_kept on laws;
drop function keep_promise_keys;
alter table laws drop column promise_keys;
