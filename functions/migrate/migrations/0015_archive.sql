-- Up Migration

-- Which entries of the journal are in the archive, an object store that a restore of this database does not take back.
create table journal_copied (
  is_only boolean primary key default true check (is_only),
  number bigint not null default 0
);
insert into journal_copied default values;

create function note_journal_copied(p_number bigint) returns void language sql
security definer set search_path = public, pg_temp as $$
  update journal_copied set number = greatest(number, p_number)
$$;

-- Adds an entry as it was before this database was restored, if it follows the last one. An entry that is there already
-- is left as it is.
create function bring_back_journal(
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

revoke all on journal_copied from public;
grant select on journal_copied to referendum_operate, referendum_roll;
revoke all on function note_journal_copied, bring_back_journal from public;
grant execute on function note_journal_copied to referendum_operate, referendum_roll;
grant execute on function bring_back_journal to referendum_operate;

-- Down Migration

drop function bring_back_journal;
drop function note_journal_copied;
drop table journal_copied;
