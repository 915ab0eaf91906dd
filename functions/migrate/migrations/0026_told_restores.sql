-- Up Migration

-- What was brought back after this database was restored, so that an entry of the journal tells of all of it, although
-- whoever brought the first part back was cut off. An entry of restore-acts tells of everything before it.
create table brought_back (
  number bigint generated always as identity primary key,
  kind text not null check (kind in ('entry', 'set_aside')),
  at timestamptz not null default date_trunc('milliseconds', clock_timestamp())
);
revoke all on brought_back from public;

-- Adds an entry as it was before this database was restored, if it follows the last one. An entry that is there already
-- is left as it is.
create or replace function bring_back_journal(
  p_number bigint, p_at text, p_act text, p_phase text, p_law_id text, p_operator text, p_identity text,
  p_release text, p_run uuid, p_content text, p_previous bytea, p_hash bytea
) returns boolean language plpgsql security definer set search_path = public, pg_temp as $$
declare
  last journal%rowtype;
begin
  perform pg_advisory_xact_lock(1885563501);
  select * into last from journal where number = p_number;
  if found then return last.hash = p_hash; end if;
  select * into last from journal order by number desc limit 1;
  if p_number <> coalesce(last.number, 0) + 1
    or p_previous <> coalesce(last.hash, decode(repeat('00', 32), 'hex'))
    or p_hash <> sha256(convert_to(
      journal_field(p_number::text) || journal_field(p_at) || journal_field(p_act) || journal_field(p_phase)
        || journal_field(coalesce(p_law_id, '')) || journal_field(p_operator) || journal_field(p_identity)
        || journal_field(p_release) || journal_field(p_run::text) || journal_field(p_content)
        || encode(p_previous, 'hex'), 'UTF8')) then
    return false;
  end if;
  insert into journal (number, at, act, phase, law_id, operator, identity, release, run, content, previous, hash)
  values (p_number, p_at::timestamptz, p_act, p_phase, p_law_id, p_operator, p_identity, p_release, p_run, p_content,
    p_previous, p_hash);
  insert into brought_back (kind) values ('entry');
  return true;
end
$$;

-- Adds a message that was set aside before this database was restored. One that is there already is left as it is.
create function bring_back_set_aside(
  p_queue text, p_message_id text, p_fingerprint bytea, p_request_id text, p_body bytea, p_key_version smallint,
  p_reason text, p_run uuid
) returns boolean language plpgsql security definer set search_path = public, pg_temp as $$
begin
  insert into set_aside (queue, message_id, fingerprint, request_id, body, key_version, reason, run)
  values (p_queue, p_message_id, p_fingerprint, p_request_id, p_body, p_key_version, p_reason, p_run)
  on conflict (queue, message_id) do nothing;
  if not found then return false; end if;
  insert into brought_back (kind) values ('set_aside');
  return true;
end
$$;

-- What a run of restore-acts has to tell: what its entry says; without one, what was brought back since the last entry.
create function to_tell(p_run uuid) returns table (
  entries integer, set_aside integer, is_told boolean, is_of_another_act boolean
) language plpgsql stable security definer set search_path = public, pg_temp as $$
declare
  told jsonb;
begin
  select j.content::jsonb -> 'result' into told from journal j
  where j.run = p_run and j.act = 'restore-acts' and j.phase = 'done';
  is_told := found;
  is_of_another_act := exists (select from journal j where j.run = p_run and j.act <> 'restore-acts');
  if is_told then
    entries := (told ->> 'entries')::integer;
    set_aside := (told ->> 'set_aside')::integer;
  else
    select count(*) filter (where b.kind = 'entry'), count(*) filter (where b.kind = 'set_aside')
    into entries, set_aside from brought_back b
    -- An entry that came back tells of an earlier restore.
    where b.at > coalesce(
      (select max(j.at) from journal j where j.act = 'restore-acts' and j.phase = 'done'), '-infinity');
  end if;
  return next;
end
$$;

-- Adds the entry of a run of restore-acts, unless the run has it. Of two at once, one tells of everything.
create function append_restored(p_operator text, p_identity text, p_release text, p_run uuid, p_last bigint)
returns table (entries integer, set_aside integer)
language plpgsql security definer set search_path = public, pg_temp as $$
declare
  what record;
begin
  perform pg_advisory_xact_lock(1885563501);
  select * into what from to_tell(p_run);
  entries := what.entries;
  set_aside := what.set_aside;
  if not what.is_told and entries + set_aside > 0 then
    perform append_journal('restore-acts', 'done', null, p_operator, p_identity, p_release, p_run,
      format('{"result":{"entries":%s,"set_aside":%s}}', entries, set_aside), p_last);
    delete from brought_back;
  end if;
  return next;
end
$$;

revoke all on function bring_back_set_aside, to_tell, append_restored from public;
grant execute on function bring_back_set_aside, to_tell, append_restored to referendum_operate;

-- Down Migration

drop function append_restored;
drop function to_tell;
drop function bring_back_set_aside;

-- Adds an entry as it was before this database was restored, if it follows the last one. An entry that is there already
-- is left as it is.
create or replace function bring_back_journal(
  p_number bigint, p_at text, p_act text, p_phase text, p_law_id text, p_operator text, p_identity text,
  p_release text, p_run uuid, p_content text, p_previous bytea, p_hash bytea
) returns boolean language plpgsql security definer set search_path = public, pg_temp as $$
declare
  last journal%rowtype;
begin
  perform pg_advisory_xact_lock(1885563501);
  select * into last from journal where number = p_number;
  if found then return last.hash = p_hash; end if;
  select * into last from journal order by number desc limit 1;
  if p_number <> coalesce(last.number, 0) + 1
    or p_previous <> coalesce(last.hash, decode(repeat('00', 32), 'hex'))
    or p_hash <> sha256(convert_to(
      journal_field(p_number::text) || journal_field(p_at) || journal_field(p_act) || journal_field(p_phase)
        || journal_field(coalesce(p_law_id, '')) || journal_field(p_operator) || journal_field(p_identity)
        || journal_field(p_release) || journal_field(p_run::text) || journal_field(p_content)
        || encode(p_previous, 'hex'), 'UTF8')) then
    return false;
  end if;
  insert into journal (number, at, act, phase, law_id, operator, identity, release, run, content, previous, hash)
  values (p_number, p_at::timestamptz, p_act, p_phase, p_law_id, p_operator, p_identity, p_release, p_run, p_content,
    p_previous, p_hash);
  return true;
end
$$;

drop table brought_back;
