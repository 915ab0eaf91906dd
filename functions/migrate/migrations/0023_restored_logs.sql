-- Up Migration

-- What a restore of this database to an earlier moment means for the public logs: what they have published stays, so
-- their epochs are brought back from the object store. The restored database may then say of a submission what the log
-- has said already, or something else.

-- The submissions of which the log may know more than the audit did when it was restored: what it said last of each, by
-- SHA-256 of the request id and of the envelope (zeros: none). A status that stands beside the others (5: repeated,
-- 6: late) has a row of its own.
create table log_known (
  law_id   text not null,
  request  bytea not null check (octet_length(request) = 32),
  envelope bytea not null check (octet_length(envelope) = 32),
  beside   smallint not null check (beside in (0, 5, 6)),
  status   smallint not null check (status between 1 and 6),
  primary key (law_id, request, envelope, beside)
);

-- The restores after which somebody has brought a log back, and how many entries it had then.
create table log_restores (
  law_id text not null,
  size   bigint not null check (size >= 0),
  at     timestamptz not null default clock_timestamp()
);
create index log_restores_of_law on log_restores (law_id);

create function submission_entry_of(p_request bytea, p_envelope bytea, p_status integer) returns bytea
language sql immutable parallel safe set search_path = public, pg_temp as $$
  select '\x01'::bytea || p_request || p_envelope || set_byte('\x00'::bytea, 0, p_status)
$$;

-- Says something of a submission of which the log may know more than the audit. What it has said already does not come
-- again. What would be less than it has said, or about another envelope, comes after `lost`: from there on, statuses
-- rise again.
create function enter_known(p_law_id text, p_request bytea, p_envelope bytea, p_status integer) returns void
language plpgsql security definer set search_path = public, pg_temp as $$
declare
  kind constant smallint := case when p_status > 4 then p_status else 0 end;
  said log_known%rowtype;
begin
  if exists (select from log_known k where k.law_id = p_law_id and k.request = p_request and k.envelope = p_envelope
      and k.beside = kind and k.status = p_status) then
    return;
  end if;
  if kind = 0 then
    for said in
      select * from log_known k where k.law_id = p_law_id and k.request = p_request and k.beside = 0 and k.status > 1
        and p_status > 1 and (k.envelope <> p_envelope or k.status > p_status)
      order by k.envelope
    loop
      insert into log_waiting (law_id, entry) values (p_law_id, submission_entry_of(p_request, said.envelope, 1));
      update log_known k set status = 1
      where k.law_id = p_law_id and k.request = p_request and k.envelope = said.envelope and k.beside = 0;
    end loop;
  end if;
  insert into log_waiting (law_id, entry) values (p_law_id, submission_entry_of(p_request, p_envelope, p_status));
  insert into log_known (law_id, request, envelope, beside, status)
  values (p_law_id, p_request, p_envelope, kind, p_status)
  on conflict (law_id, request, envelope, beside) do update set status = excluded.status;
end
$$;

-- The entries of statuses, in the order in which they are given. Almost always nothing is known of their submissions.
create function enter_statuses(p_law_ids text[], p_request_ids text[], p_envelopes bytea[], p_statuses text[])
returns void language plpgsql security definer set search_path = public, pg_temp as $$
declare
  one record;
begin
  insert into log_waiting (law_id, entry)
  select n.law_id, submission_entry(n.request_id, n.envelope, n.status)
  from unnest(p_law_ids, p_request_ids, p_envelopes, p_statuses) with ordinality
    as n (law_id, request_id, envelope, status, place)
  where not exists (select from log_known k
    where k.law_id = n.law_id and k.request = sha256(convert_to(n.request_id, 'UTF8')))
  order by n.place;
  for one in
    select n.law_id, submission_entry(n.request_id, n.envelope, n.status) as entry
    from unnest(p_law_ids, p_request_ids, p_envelopes, p_statuses) with ordinality
      as n (law_id, request_id, envelope, status, place)
    where exists (select from log_known k
      where k.law_id = n.law_id and k.request = sha256(convert_to(n.request_id, 'UTF8')))
    order by n.place
  loop
    perform enter_known(one.law_id, substring(one.entry from 2 for 32), substring(one.entry from 34 for 32),
      get_byte(one.entry, 65));
  end loop;
end
$$;

-- As in migration 0020, but for submissions of which the log may know more.
create or replace function add_audit_to_log() returns trigger language plpgsql security definer
set search_path = public, pg_temp as $$
begin
  perform enter_statuses(array_agg(n.law_id order by n.law_id, n.request_id),
    array_agg(n.request_id order by n.law_id, n.request_id),
    array_agg(n.envelope_sha256 order by n.law_id, n.request_id), array_agg(n.status order by n.law_id, n.request_id))
  from new_rows n join laws l on l.law_id = n.law_id and l.form is not null;
  return null;
end
$$;
create or replace function add_risen_to_log() returns trigger language plpgsql security definer
set search_path = public, pg_temp as $$
begin
  perform enter_statuses(array_agg(n.law_id order by n.law_id, n.request_id),
    array_agg(n.request_id order by n.law_id, n.request_id),
    array_agg(n.envelope_sha256 order by n.law_id, n.request_id), array_agg(n.status order by n.law_id, n.request_id))
  from new_rows n
  join old_rows o on o.request_id = n.request_id and o.status <> n.status
  join laws l on l.law_id = n.law_id and l.form is not null;
  return null;
end
$$;
create or replace function add_repeated_to_log() returns trigger language plpgsql security definer
set search_path = public, pg_temp as $$
begin
  perform enter_statuses(array_agg(n.law_id order by n.law_id, n.request_id, n.envelope_sha256),
    array_agg(n.request_id order by n.law_id, n.request_id, n.envelope_sha256),
    array_agg(n.envelope_sha256 order by n.law_id, n.request_id, n.envelope_sha256),
    array_agg('repeated'::text))
  from new_rows n join laws l on l.law_id = n.law_id and l.form is not null;
  return null;
end
$$;

-- Brings an epoch of the published log back, after the one before it. What waited and is in it does not wait any more,
-- and what was recorded since the restore is said again where the log knows more. No vote of the law is recorded
-- meanwhile.
create function restore_log_epoch(
  p_law_id text, p_number integer, p_size_before bigint, p_entries bytea[], p_root bytea,
  p_levels smallint[], p_places bigint[], p_roots bytea[]
) returns boolean language plpgsql security definer set search_path = public, pg_temp as $$
declare
  last log_epochs%rowtype;
  one record;
begin
  perform pg_advisory_xact_lock(1919247204, hashtext(p_law_id));
  perform pg_advisory_xact_lock(1819240241, hashtext(p_law_id));
  select * into last from log_epochs e where e.law_id = p_law_id order by e.number desc limit 1;
  if coalesce(last.number, 0) <> p_number - 1 or coalesce(last.size, 0) <> p_size_before then return false; end if;
  insert into log_entries (law_id, place, entry)
  select p_law_id, p_size_before + t.n - 1, t.entry from unnest(p_entries) with ordinality as t (entry, n) order by t.n;
  insert into log_tile_roots (law_id, level, place, root)
  select p_law_id, t.level, t.place, t.root from unnest(p_levels, p_places, p_roots) as t (level, place, root);
  insert into log_epochs (law_id, number, size, root)
  values (p_law_id, p_number, p_size_before + cardinality(p_entries), p_root);

  delete from log_waiting w using unnest(p_entries) as t (entry) where w.law_id = p_law_id and w.entry = t.entry;
  insert into log_known as k (law_id, request, envelope, beside, status)
  select distinct on (s.request, s.envelope, s.beside) p_law_id, s.request, s.envelope, s.beside, s.status
  from (
    select t.n, substring(t.entry from 2 for 32) as request, substring(t.entry from 34 for 32) as envelope,
      get_byte(t.entry, 65) as status, case when get_byte(t.entry, 65) > 4 then get_byte(t.entry, 65) else 0 end as beside
    from unnest(p_entries) with ordinality as t (entry, n) where get_byte(t.entry, 0) = 1
  ) as s
  order by s.request, s.envelope, s.beside, s.n desc
  on conflict (law_id, request, envelope, beside) do update set status = excluded.status;
  for one in
    with said as (
      select distinct substring(t.entry from 2 for 32) as request from unnest(p_entries) as t (entry)
      where get_byte(t.entry, 0) = 1
    ), taken as (
      delete from log_waiting w using said
      where w.law_id = p_law_id and get_byte(w.entry, 0) = 1 and substring(w.entry from 2 for 32) = said.request
      returning w.id, w.entry
    )
    select entry from taken order by id
  loop
    perform enter_known(p_law_id, substring(one.entry from 2 for 32), substring(one.entry from 34 for 32),
      get_byte(one.entry, 65));
  end loop;
  return true;
end
$$;

-- Notes that a log is back.
create function note_log_restore(p_law_id text) returns void language sql
security definer set search_path = public, pg_temp as $$
  insert into log_restores (law_id, size)
  select p_law_id, coalesce((select max(e.size) from log_epochs e where e.law_id = p_law_id), 0)
$$;

-- The first of some public texts of the journal that is not about the entry of its number; null: there is none.
create function log_journal_differs(p_law_id text, p_texts text[]) returns bigint language sql stable
security definer set search_path = public, pg_temp as $$
  select t.number from (select (text::jsonb ->> 'number')::bigint as number, text::jsonb as said from unnest(p_texts) as u (text)) as t
  left join journal j on j.number = t.number
  where j.number is null or j.act is distinct from t.said ->> 'act' or j.phase is distinct from t.said ->> 'phase'
    or j.law_id is distinct from t.said ->> 'law_id'
    or to_char(j.at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') is distinct from t.said ->> 'at'
  order by t.number limit 1
$$;

-- The digest of a law's roll by the last act on it that the journal has; null: it has none.
create function journal_roll_digest(p_law_id text) returns text language sql stable
security definer set search_path = public, pg_temp as $$
  select j.content::jsonb #>> '{result,digest}' from journal j
  where j.law_id = p_law_id and j.phase = 'done' and j.act in ('seal-roll', 'change-roll')
    and j.content::jsonb #>> '{result,digest}' is not null
  order by j.number desc limit 1
$$;

-- Takes duplicates out of the audit whose voters have no participation, and says in the logs which submissions are lost:
-- those, and others that the audit does not know.
create function forget_lost(p_request_ids text[], p_law_ids text[], p_envelopes bytea[]) returns void
language plpgsql security definer set search_path = public, pg_temp as $$
declare
  one record;
begin
  -- No log is brought back meanwhile.
  perform laws_without_recording(p_law_ids);
  for one in
    with gone as (
      delete from vote_audit a
      where a.request_id = any (p_request_ids) and a.status = 'duplicate'
        and counted_submission(a.law_id, a.voter_hash) is null
      returning a.request_id, a.law_id, a.voter_hash, a.envelope_sha256
    ), attempts as (
      delete from duplicate_attempts d using gone where d.law_id = gone.law_id and d.voter_hash = gone.voter_hash
    )
    select g.law_id, sha256(convert_to(g.request_id, 'UTF8')) as request, g.envelope_sha256 as envelope
    from gone g join laws l on l.law_id = g.law_id and l.form is not null order by g.law_id, g.request_id
  loop
    perform enter_known(one.law_id, one.request, coalesce(one.envelope, decode(repeat('00', 32), 'hex')), 1);
  end loop;
  for one in
    select distinct on (n.request_id) n.law_id, sha256(convert_to(n.request_id, 'UTF8')) as request, n.envelope
    from unnest(p_request_ids, p_law_ids, p_envelopes) as n (request_id, law_id, envelope)
    join laws l on l.law_id = n.law_id and l.form is not null
    where not exists (select from vote_audit a where a.request_id = n.request_id)
    order by n.request_id, n.envelope
  loop
    -- The receipt names the envelope; what the log has said of it goes first.
    perform enter_known(one.law_id, one.request, coalesce(
      (select k.envelope from log_known k where k.law_id = one.law_id and k.request = one.request and k.beside = 0
        order by k.status desc, k.envelope limit 1),
      one.envelope, decode(repeat('00', 32), 'hex')), 1);
  end loop;
end
$$;

revoke all on log_known, log_restores from public;
revoke all on function submission_entry_of, enter_known, enter_statuses, restore_log_epoch, note_log_restore,
  log_journal_differs, journal_roll_digest, forget_lost from public;
grant select on log_restores to referendum_log, referendum_operate;
grant execute on function restore_log_epoch, note_log_restore, log_journal_differs, journal_roll_digest
  to referendum_log;
grant execute on function forget_lost to referendum_operate;

-- Down Migration

drop function forget_lost;
drop function journal_roll_digest;
drop function log_journal_differs;
drop function note_log_restore;
drop function restore_log_epoch;
create or replace function add_audit_to_log() returns trigger language plpgsql security definer
set search_path = public, pg_temp as $$
begin
  insert into log_waiting (law_id, entry)
  select n.law_id, submission_entry(n.request_id, n.envelope_sha256, n.status)
  from new_rows n join laws l on l.law_id = n.law_id and l.form is not null
  order by n.law_id, n.request_id;
  return null;
end
$$;
create or replace function add_risen_to_log() returns trigger language plpgsql security definer
set search_path = public, pg_temp as $$
begin
  insert into log_waiting (law_id, entry)
  select n.law_id, submission_entry(n.request_id, n.envelope_sha256, n.status)
  from new_rows n
  join old_rows o on o.request_id = n.request_id and o.status <> n.status
  join laws l on l.law_id = n.law_id and l.form is not null
  order by n.law_id, n.request_id;
  return null;
end
$$;
create or replace function add_repeated_to_log() returns trigger language plpgsql security definer
set search_path = public, pg_temp as $$
begin
  insert into log_waiting (law_id, entry)
  select n.law_id, submission_entry(n.request_id, n.envelope_sha256, 'repeated')
  from new_rows n join laws l on l.law_id = n.law_id and l.form is not null
  order by n.law_id, n.request_id, n.envelope_sha256;
  return null;
end
$$;
drop function enter_statuses;
drop function enter_known;
drop function submission_entry_of;
drop table log_restores;
drop table log_known;
