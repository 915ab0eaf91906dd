-- Up Migration

drop function append_journal;

-- Adds an entry, or finds the one that the same run has added before: a step that is sent again is the same act. A run
-- that is done has no further entry. Whoever adds one has compared the journal with the archive before, when it had
-- p_last entries. If it has fewer now, this database was restored in between, and an entry would take the number of one
-- that the archive has. What an earlier release adds is not looked at.
create function append_journal(
  p_act text, p_phase text, p_law_id text, p_operator text, p_identity text, p_release text, p_run uuid, p_content text,
  p_last bigint default 0
) returns bigint language plpgsql security definer set search_path = public, pg_temp as $$
declare
  last journal%rowtype;
  next journal%rowtype;
begin
  -- One entry at a time: the next one holds the hash of this one.
  perform pg_advisory_xact_lock(1885563501);
  if coalesce((select max(number) from journal), 0) < p_last then
    raise exception 'the journal has become shorter: it had % entries a moment ago', p_last using errcode = 'RJ001';
  end if;
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

revoke all on function append_journal from public;
grant execute on function append_journal to referendum_operate, referendum_roll;

-- Down Migration

drop function append_journal;

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

revoke all on function append_journal from public;
grant execute on function append_journal to referendum_operate, referendum_roll;
