-- Up Migration

-- A law's form, for its life: `open` has choices in clear, `sealed` has envelopes for its trustees. Null: a law whose
-- messages have no macs, as every law before this migration.
alter table laws drop constraint laws_form_check;
alter table laws alter column form drop not null, alter column form drop default;
update laws set form = null;
alter table laws
  add constraint laws_form_check check (form in ('open', 'sealed')),
  -- Names the stage and this instance of the law; what is sealed for one is not for another.
  add column origin text,
  -- Of a sealed law: the public keys of its trustees, how their secret is split, and whether so many of them have
  -- opened test ballots.
  add column trustees jsonb,
  -- Whether a voter can find the own ballot in the opened list.
  add column proof text not null default 'none' check (proof in ('none', 'voter')),
  -- Its box takes no envelope any more, and is opened.
  add column box_closed boolean not null default false,
  add check (form is null or origin is not null),
  add check (form = 'sealed' or (trustees is null and proof = 'none' and not box_closed));
grant update (trustees, proof, box_closed) on laws to referendum_operate, referendum_roll;

-- What is kept of a law when it changes: as migration 0013, and for a sealed law, that nobody votes before its trustees
-- have opened test ballots, and that their keys and what is published stay as the voters know them.
create or replace function keep_law_in_order() returns trigger language plpgsql
security definer set search_path = public, pg_temp as $$
begin
  if old.reached = 'counted' and new.reached <> 'counted' then
    raise exception 'the law % is counted, and stays so', old.law_id using errcode = 'check_violation';
  end if;
  if old.sealed_voters is null and new.sealed_voters <> new.expected_voters then
    raise exception 'the draft of % expects % voters, not %', old.law_id, new.expected_voters, new.sealed_voters
      using errcode = 'check_violation';
  end if;
  if new.form = 'sealed' and new.reached <> 'draft' and (new.trustees ->> 'tested')::boolean is not true then
    raise exception 'the trustees of % have not opened test ballots', old.law_id using errcode = 'check_violation';
  end if;
  if old.reached <> 'draft' and (new.trustees, new.proof) is distinct from (old.trustees, old.proof) then
    raise exception 'the keys and the proof of % are fixed', old.law_id using errcode = 'check_violation';
  end if;
  if old.box_closed and not new.box_closed then
    raise exception 'the box of % is closed, and stays so', old.law_id using errcode = 'check_violation';
  end if;
  if (new.reached = 'counted' and old.reached <> 'counted') or (new.box_closed and not old.box_closed) then
    perform pg_advisory_xact_lock(1919247204, hashtext(new.law_id));
  end if;
  return new;
end
$$;

-- The forms of laws. A law that is not in the answer is unknown here.
create function law_forms(p_law_ids text[]) returns table (law_id text, form text) language sql stable
security definer set search_path = public, pg_temp as $$
  select l.law_id, l.form from laws l where l.law_id = any (p_law_ids)
$$;

-- The ephemeral public key of an envelope: format 1, key id 8, enc 32, ciphertext 18 bytes.
create function enc_of(p_envelope bytea) returns bytea language sql immutable strict parallel safe
set search_path = public, pg_temp as $$ select substring(p_envelope from 10 for 32) $$;

-- The ballots of sealed laws that nobody has opened. An envelope comes once: another one with the same ephemeral key is
-- a copy, which could tell what somebody else has chosen.
create table ballot_box (
  law_id   text not null,
  enc      bytea not null check (octet_length(enc) = 32),
  envelope bytea not null check (octet_length(envelope) = 59 and enc = enc_of(envelope)),
  primary key (law_id, enc)
);

-- Voters whose claim in Redis belongs to a copy of somebody's envelope, which is invalid for good.
create table copied_claims (
  law_id     text not null,
  voter_hash bytea not null,
  primary key (law_id, voter_hash)
);

-- With what the box of a law was closed. From then on nothing is recorded of the law but its opening.
create table box_closings (
  law_id    text primary key,
  ended_at  timestamptz not null default clock_timestamp(),
  counted   bigint not null check (counted >= 0),
  duplicate bigint not null check (duplicate >= 0),
  invalid   bigint not null check (invalid >= 0)
);
create trigger box_closings_are_append_only before update or delete on box_closings
  for each row execute function refuse_change_of_law_counts();
create trigger box_closings_are_not_emptied before truncate on box_closings
  for each statement execute function refuse_change_of_law_counts();

alter table vote_results add column spoiled_count bigint not null default 0 check (spoiled_count >= 0);
alter table law_counts drop constraint law_counts_check,
  add column spoiled bigint not null default 0 check (spoiled >= 0),
  add check (counted = oui + non + spoiled);

-- Openings of a box that were brought back, as their trustees have signed them. Two must be equal.
create table openings (
  law_id     text not null,
  number     smallint not null check (number in (1, 2)),
  run        uuid not null,
  brought_by text not null,
  brought_at timestamptz not null default clock_timestamp(),
  sha256     bytea not null check (octet_length(sha256) = 32),
  oui        bigint not null check (oui >= 0),
  non        bigint not null check (non >= 0),
  -- By reason.
  spoiled    jsonb not null,
  primary key (law_id, number)
);
-- Their text, piece by piece while it is brought back.
create table opening_pieces (
  law_id text not null,
  run    uuid not null,
  number integer not null check (number >= 0),
  text   bytea not null,
  primary key (law_id, run, number)
);

-- Which of some laws take no recorded vote any more: as migration 0013, or their box is closed.
create or replace function laws_without_recording(p_law_ids text[]) returns text[] language plpgsql
security definer set search_path = public, pg_temp as $$
begin
  perform pg_advisory_xact_lock_shared(1919247204, l.key)
  from (select distinct hashtext(law_id) as key from unnest(p_law_ids) as law_id order by key) as l;
  -- A statement of its own, so that it sees what a count has committed that held the lock.
  return array(
    select l.law_id from laws l where l.law_id = any (p_law_ids) and (l.reached = 'counted' or l.box_closed));
end
$$;

-- Records a batch: as migration 0012, and for a sealed law the envelope goes into the box in the same transaction. A
-- copy of an envelope that is in the box is invalid. Two votes with the same envelope have a lock in common.
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

-- As before this migration, for a release that does not know envelopes.
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

-- Records a batch, as enter_votes says, but for votes of laws whose recording has ended, and votes that are not of the
-- form of their law. Of these only those are in the answer that were recorded before, as they were recorded: a
-- redelivery. The others are not in the answer, so they wait in their queue and come to the dead-letter queue.
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
  select * from record_votes(p_request_ids, p_law_ids, p_voter_hashes, p_outcomes, p_choices, p_accepted_at, p_lock_keys,
    array_fill(null::text, array[cardinality(p_request_ids)]),
    array_fill(null::bytea, array[cardinality(p_request_ids)]))
$$;

-- Closes the box of a sealed law, if the law and its votes are still as the check of the ledger found them.
create function close_box(
  p_law_id text, p_version integer, p_counted bigint, p_duplicate bigint, p_invalid bigint
) returns boolean language plpgsql
security definer set search_path = public, pg_temp set lock_timeout = '8s' as $$
declare
  law laws%rowtype;
  present record;
begin
  perform pg_advisory_xact_lock(1919247204, hashtext(p_law_id));
  select * into law from laws l where l.law_id = p_law_id for update;
  if law.version is distinct from p_version or law.form is distinct from 'sealed' or law.reached <> 'ready'
    or law.box_closed or law.closes_at is null or law.closes_at > clock_timestamp() then
    return false;
  end if;
  select count(*) filter (where v.status = 'counted') as counted,
    count(*) filter (where v.status = 'duplicate') as duplicate,
    count(*) filter (where v.status = 'invalid') as invalid into present
  from vote_audit v where v.law_id = p_law_id;
  if (present.counted, present.duplicate, present.invalid) is distinct from (p_counted, p_duplicate, p_invalid) then
    return false;
  end if;
  insert into box_closings (law_id, counted, duplicate, invalid) values (p_law_id, p_counted, p_duplicate, p_invalid);
  update laws l set box_closed = true, version = l.version + 1, in_force_at = null where l.law_id = p_law_id;
  return true;
end
$$;

-- Adds opened ballots of one choice until there are as many as its two openings say: at most so many at once.
create function add_opened_ballots(p_law_id text, p_choice text, p_most integer) returns bigint language plpgsql
security definer set search_path = public, pg_temp as $$
declare
  wanted bigint;
  present bigint;
begin
  perform pg_advisory_xact_lock(1919247204, hashtext(p_law_id));
  if not exists (select from laws l where l.law_id = p_law_id and l.box_closed and l.reached = 'ready') then
    return 0;
  end if;
  select case p_choice when 'oui' then o.oui else o.non end into wanted
  from openings o join openings p on p.law_id = o.law_id and p.number = 2 and p.sha256 = o.sha256
  where o.law_id = p_law_id and o.number = 1;
  -- Without two equal openings there is nothing to add.
  wanted := coalesce(wanted, 0);
  select count(*) into present from ballots b where b.law_id = p_law_id and b.choice = p_choice;
  insert into ballots (law_id, choice)
  select p_law_id, p_choice from generate_series(1, least(p_most, wanted - present));
  return greatest(wanted - present - p_most, 0);
end
$$;

-- Makes a sealed law counted, when its two openings are equal, account for every envelope, and are the ballots.
create function count_opened(p_law_id text, p_version integer) returns boolean language plpgsql
security definer set search_path = public, pg_temp set lock_timeout = '8s' as $$
declare
  law laws%rowtype;
  closing box_closings%rowtype;
  opening record;
  present record;
begin
  perform pg_advisory_xact_lock(1919247204, hashtext(p_law_id));
  select * into law from laws l where l.law_id = p_law_id for update;
  if law.version is distinct from p_version or not law.box_closed or law.reached <> 'ready' then
    return false;
  end if;
  select * into closing from box_closings c where c.law_id = p_law_id;
  select o.oui, o.non, (select coalesce(sum(s.value::bigint), 0) from jsonb_each_text(o.spoiled) as s) as spoiled
  into opening
  from openings o join openings p on p.law_id = o.law_id and p.number = 2 and p.sha256 = o.sha256
  where o.law_id = p_law_id and o.number = 1;
  select count(*) filter (where b.choice = 'oui') as oui, count(*) filter (where b.choice = 'non') as non,
    (select count(*) from ballot_box x where x.law_id = p_law_id) as envelopes
  into present from ballots b where b.law_id = p_law_id;
  if opening.oui + opening.non + opening.spoiled is distinct from closing.counted
    or (opening.oui, opening.non, closing.counted) is distinct from (present.oui, present.non, present.envelopes) then
    return false;
  end if;
  insert into vote_results (law_id, oui_count, non_count, spoiled_count)
  values (p_law_id, opening.oui, opening.non, opening.spoiled);
  insert into law_counts (law_id, oui, non, spoiled, counted, duplicate, invalid)
  values (p_law_id, opening.oui, opening.non, opening.spoiled, closing.counted, closing.duplicate, closing.invalid);
  delete from opening_pieces o where o.law_id = p_law_id;
  update laws l set reached = 'counted', version = l.version + 1, in_force_at = null where l.law_id = p_law_id;
  return true;
end
$$;

revoke all on function law_forms, enc_of, enter_votes, record_votes, close_box, add_opened_ballots, count_opened
  from public;
grant execute on function record_votes, law_forms to referendum_writer;
grant execute on function close_box, add_opened_ballots, count_opened to referendum_operate;
revoke all on ballot_box, copied_claims, box_closings, openings, opening_pieces from public;
grant select on ballot_box, copied_claims, box_closings, openings, opening_pieces to referendum_operate;
grant insert on openings, opening_pieces to referendum_operate;
grant delete on opening_pieces to referendum_operate;

-- Down Migration

drop function count_opened;
drop function add_opened_ballots;
drop function close_box;
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
create or replace function enter_outcomes(
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
drop function record_votes;
drop function enter_votes;
create or replace function laws_without_recording(p_law_ids text[]) returns text[] language plpgsql
security definer set search_path = public, pg_temp as $$
begin
  perform pg_advisory_xact_lock_shared(1919247204, l.key)
  from (select distinct hashtext(law_id) as key from unnest(p_law_ids) as law_id order by key) as l;
  -- A statement of its own, so that it sees what a count has committed that held the lock.
  return array(select l.law_id from laws l where l.law_id = any (p_law_ids) and l.reached = 'counted');
end
$$;
drop table opening_pieces, openings;
alter table law_counts drop constraint law_counts_check, drop column spoiled,
  add constraint law_counts_check check (counted = oui + non);
alter table vote_results drop column spoiled_count;
drop table box_closings, copied_claims, ballot_box;
drop function enc_of;
drop function law_forms;
create or replace function keep_law_in_order() returns trigger language plpgsql
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
alter table laws drop constraint laws_form_check, drop column origin, drop column trustees, drop column proof,
  drop column box_closed;
update laws set form = 'open';
alter table laws alter column form set default 'open', alter column form set not null,
  add constraint laws_form_check check (form = 'open');
