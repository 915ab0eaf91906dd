-- Up Migration

-- The functions of the operators' API: `operate`, and `roll`, which loads and rebuilds rolls. No person logs in to the
-- database: the operator's and the auditor's roles go with a later release.
do $$
begin
  if not exists (select from pg_roles where rolname = 'referendum_operate') then create role referendum_operate login; end if;
  if not exists (select from pg_roles where rolname = 'referendum_roll') then create role referendum_roll login; end if;
  if exists (select from pg_roles where rolname = 'rds_iam') then
    grant rds_iam to referendum_operate, referendum_roll;
  else
    grant referendum_operate, referendum_roll to current_user;
  end if;
end
$$;
-- A step of the API ends within 20 seconds; behind the proxy, the limit is the role's.
alter role referendum_operate set statement_timeout = '18s';
alter role referendum_roll set statement_timeout = '18s';
grant usage on schema public to referendum_operate, referendum_roll;

-- Every act of an operator: who did what, and when. Each entry holds the hash of the entry before.
create table journal (
  number bigint primary key,
  at timestamptz not null,
  act text not null,
  phase text not null check (phase in ('proposed', 'approved', 'refused', 'begun', 'done', 'failed')),
  law_id text,
  operator text not null,
  identity text not null,
  release text not null,
  run uuid not null,
  content text not null,
  previous bytea not null check (length(previous) = 32),
  hash bytea not null check (length(hash) = 32)
);
-- An act that was refused may begin again, in the same run if it was approved by two people.
create unique index journal_once on journal (run, phase) where phase not in ('begun', 'failed');
create index journal_of_run on journal (run, number);
create index journal_of_law on journal (law_id, number);

create function refuse_change_of_journal() returns trigger language plpgsql set search_path = public, pg_temp as $$
begin
  raise exception 'the journal is only added to: % is refused', tg_op using errcode = 'insufficient_privilege';
end
$$;
create trigger journal_is_append_only before update or delete on journal
  for each row execute function refuse_change_of_journal();
create trigger journal_is_not_emptied before truncate on journal
  for each statement execute function refuse_change_of_journal();

-- The same as shared/domain/journal.ts: each value after its length in bytes, then the hash before in hexadecimal digits.
create function journal_field(value text) returns text language sql immutable set search_path = public, pg_temp as $$
  select octet_length(value) || ':' || value || E'\n'
$$;

-- Adds an entry, or finds the one that the same run has added before: a step that is sent again is the same act. A run
-- that is done has no further entry.
create function append_journal(
  p_act text, p_phase text, p_law_id text, p_operator text, p_identity text, p_release text, p_run uuid, p_content text
) returns bigint language plpgsql security definer set search_path = public, pg_temp as $$
declare
  last journal%rowtype;
  next journal%rowtype;
begin
  -- One entry at a time: the next one holds the hash of this one.
  perform pg_advisory_xact_lock(1885563501);
  select * into last from journal where run = p_run order by number desc limit 1;
  if last.phase = p_phase or last.phase = 'done' then return last.number; end if;
  select * into last from journal order by number desc limit 1;
  next.number := coalesce(last.number, 0) + 1;
  next.at := date_trunc('milliseconds', clock_timestamp());
  next.previous := coalesce(last.hash, decode(repeat('00', 32), 'hex'));
  next.hash := sha256(convert_to(
    journal_field(next.number::text)
      || journal_field(to_char(next.at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'))
      || journal_field(p_act) || journal_field(p_phase) || journal_field(coalesce(p_law_id, ''))
      || journal_field(p_operator) || journal_field(p_identity) || journal_field(p_release)
      || journal_field(p_run::text) || journal_field(p_content)
      || encode(next.previous, 'hex'), 'UTF8'));
  insert into journal (number, at, act, phase, law_id, operator, identity, release, run, content, previous, hash)
  values (next.number, next.at, p_act, p_phase, p_law_id, p_operator, p_identity, p_release, p_run, p_content,
    next.previous, next.hash);
  return next.number;
end
$$;

-- What one person has proposed, and a second one has to want.
create table proposals (
  id uuid primary key,
  act text not null,
  law_id text,
  request text not null,
  hash bytea not null check (length(hash) = 32),
  proposed_by text not null,
  proposed_at timestamptz not null default date_trunc('milliseconds', clock_timestamp()),
  expires_at timestamptz not null,
  decision text check (decision in ('approved', 'refused')),
  decided_by text check (decided_by <> proposed_by),
  decided_at timestamptz,
  done_at timestamptz,
  check ((decision is null) = (decided_by is null) and (decision is null) = (decided_at is null)),
  check (done_at is null or decision = 'approved')
);

-- A function is everybody's until it is taken from PUBLIC; what 0003 says of its schema does not take it.
revoke all on function append_journal, journal_field, refuse_change_of_journal from public;
grant execute on function append_journal to referendum_operate, referendum_roll;
grant select on journal to referendum_operate, referendum_roll;
grant select, insert on proposals to referendum_operate, referendum_roll;
grant update (decision, decided_by, decided_at, done_at) on proposals to referendum_operate;
grant update (done_at) on proposals to referendum_roll;

-- Looking at the ledger and settling it: what operators' machines did before.
grant select on all tables in schema public to referendum_operate;
grant delete on vote_audit, duplicate_attempts to referendum_operate;
-- Loading and rebuilding rolls.
grant select on voter_roll, rolls, participation, validate_pause, roll_work to referendum_roll;
grant insert, maintain on voter_roll to referendum_roll;
grant insert on rolls to referendum_roll;
grant insert, update, delete on roll_work, validate_pause to referendum_roll;
alter default privileges in schema public grant select on tables to referendum_operate;

-- Down Migration

alter default privileges in schema public revoke select on tables from referendum_operate;
revoke all on all tables in schema public from referendum_operate, referendum_roll;
drop table proposals;
drop function append_journal;
drop function journal_field;
drop table journal;
drop function refuse_change_of_journal;
