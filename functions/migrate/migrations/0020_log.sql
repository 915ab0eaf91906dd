-- Up Migration

-- The public logs of laws with a form: an append-only Merkle tree over entries, each of which says what became of a
-- submission, or names an entry of the journal or a description of the law (shared/domain/log).
do $$
begin
  if not exists (select from pg_roles where rolname = 'referendum_log') then create role referendum_log login; end if;
  if exists (select from pg_roles where rolname = 'rds_iam') then
    grant rds_iam to referendum_log;
  else
    grant referendum_log to current_user;
  end if;
end
$$;
alter role referendum_log set statement_timeout = '18s';
grant usage on schema public to referendum_log;

-- The public key that signs a law's log, base64url of 32 bytes, for its life.
alter table laws
  add column log_key text check (log_key ~ '^[A-Za-z0-9_-]{43}$'),
  add check (form is not null or log_key is null);
create function keep_log_key() returns trigger language plpgsql set search_path = public, pg_temp as $$
begin
  raise exception 'the log of % keeps its name and its key', old.law_id using errcode = 'check_violation';
end
$$;
create trigger log_key_is_kept before update on laws for each row
  when ((old.origin, old.log_key) is distinct from (new.origin, new.log_key)) execute function keep_log_key();

-- What the names of operators are hashed with before a law's log tells of them, so that nobody finds them by trying.
create table log_salts (
  law_id text primary key,
  salt   bytea not null default uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())
);
insert into log_salts (law_id) select l.law_id from laws l where l.form is not null;
create function add_log_salt() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
begin
  insert into log_salts (law_id) values (new.law_id) on conflict do nothing;
  return null;
end
$$;
create trigger laws_have_log_salts after insert on laws for each row when (new.form is not null)
  execute function add_log_salt();

-- Entries that are not in the log yet. They come from the transaction that causes them.
create table log_waiting (
  law_id text not null,
  id     bigint generated always as identity,
  entry  bytea not null check (octet_length(entry) between 1 and 65535),
  primary key (law_id, id)
);

-- The entries of a log, by their places from 0.
create table log_entries (
  law_id text not null,
  place  bigint not null check (place >= 0),
  entry  bytea not null,
  primary key (law_id, place)
);

-- The roots of the tiles that are full: 256 entries at level 0, 256 tiles of the level below at the others. With these
-- and the last few entries a tree grows, and the tiles of every size can be made again.
create table log_tile_roots (
  law_id text not null,
  level  smallint not null check (level >= 0),
  place  bigint not null check (place >= 0),
  root   bytea not null check (octet_length(root) = 32),
  primary key (law_id, level, place)
);

-- What a log commits itself to, once per epoch. It is signed and published only after it is here.
create table log_epochs (
  law_id text not null,
  number integer not null check (number > 0),
  size   bigint not null check (size > 0),
  root   bytea not null check (octet_length(root) = 32),
  at     timestamptz not null default clock_timestamp(),
  primary key (law_id, number),
  unique (law_id, size)
);

-- The descriptions of a law as its log has signed them, and the public texts of the journal's entries that are in it.
-- Each is an entry of the log by its hash.
create table log_descriptions (
  law_id  text not null,
  version integer not null check (version > 0),
  note    text not null,
  primary key (law_id, version)
);
create table log_journal (
  law_id text not null,
  number bigint not null,
  text   text not null,
  primary key (law_id, number)
);

create function refuse_change_of_log() returns trigger language plpgsql set search_path = public, pg_temp as $$
begin
  raise exception 'a log is only added to: % of % is refused', tg_op, tg_table_name
    using errcode = 'insufficient_privilege';
end
$$;
do $$
declare
  one text;
begin
  foreach one in array array['log_entries', 'log_tile_roots', 'log_epochs', 'log_descriptions', 'log_journal'] loop
    execute format('create trigger %1$I_are_append_only before update or delete or truncate on %1$I
      for each statement execute function refuse_change_of_log()', one);
  end loop;
end
$$;
-- What waits leaves by becoming an entry, and never changes.
create trigger log_waiting_is_not_changed before update or truncate on log_waiting
  for each statement execute function refuse_change_of_log();

-- The entry of a submission: kind, SHA-256 of the request id, SHA-256 of the envelope or zeros, status
-- (shared/domain/log/leaf.ts).
create function submission_entry(p_request_id text, p_envelope_sha256 bytea, p_status text) returns bytea
language sql immutable parallel safe set search_path = public, pg_temp as $$
  select '\x01'::bytea || sha256(convert_to(p_request_id, 'UTF8'))
    || coalesce(p_envelope_sha256, decode(repeat('00', 32), 'hex'))
    || case p_status when 'lost' then '\x01'::bytea when 'invalid' then '\x02'::bytea when 'duplicate' then '\x03'::bytea
         when 'counted' then '\x04'::bytea when 'repeated' then '\x05'::bytea when 'late' then '\x06'::bytea end
$$;

-- Each new status in the audit is an entry, once: a row that is updated has risen.
create function add_audit_to_log() returns trigger language plpgsql security definer
set search_path = public, pg_temp as $$
begin
  insert into log_waiting (law_id, entry)
  select n.law_id, submission_entry(n.request_id, n.envelope_sha256, n.status)
  from new_rows n join laws l on l.law_id = n.law_id and l.form is not null
  order by n.law_id, n.request_id;
  return null;
end
$$;
create function add_risen_to_log() returns trigger language plpgsql security definer
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
create trigger log_of_new after insert on vote_audit
  referencing new table as new_rows for each statement execute function add_audit_to_log();
create trigger log_of_risen after update on vote_audit
  referencing old table as old_rows new table as new_rows for each statement execute function add_risen_to_log();

-- A further envelope under a request id is an entry as well, once.
create function add_repeated_to_log() returns trigger language plpgsql security definer
set search_path = public, pg_temp as $$
begin
  insert into log_waiting (law_id, entry)
  select n.law_id, submission_entry(n.request_id, n.envelope_sha256, 'repeated')
  from new_rows n join laws l on l.law_id = n.law_id and l.form is not null
  order by n.law_id, n.request_id, n.envelope_sha256;
  return null;
end
$$;
create trigger log_of_repeated after insert on repeated_submissions
  referencing new table as new_rows for each statement execute function add_repeated_to_log();

-- Commits an epoch: makes entries of what waited, in the order in which it is named, and notes their root. Two that
-- begin from the same epoch: the later one is refused.
create function commit_log_epoch(
  p_law_id text, p_number integer, p_size_before bigint, p_waiting bigint[], p_root bytea,
  p_levels smallint[], p_places bigint[], p_roots bytea[]
) returns boolean language plpgsql security definer set search_path = public, pg_temp as $$
declare
  last log_epochs%rowtype;
  entered bigint;
begin
  -- One at a time, whoever has which lock: the epoch before must still be the last one.
  perform pg_advisory_xact_lock(1819240241, hashtext(p_law_id));
  select * into last from log_epochs e where e.law_id = p_law_id order by e.number desc limit 1;
  if coalesce(last.number, 0) <> p_number - 1 or coalesce(last.size, 0) <> p_size_before then return false; end if;
  with named as (
    select id, n from unnest(p_waiting) with ordinality as t (id, n)
  ), taken as (
    delete from log_waiting w using named where w.law_id = p_law_id and w.id = named.id returning w.entry, named.n
  )
  insert into log_entries (law_id, place, entry)
  select p_law_id, p_size_before + taken.n - 1, taken.entry from taken order by taken.n;
  get diagnostics entered = row_count;
  if entered <> cardinality(p_waiting) or entered = 0 then
    raise exception '% of % waiting entries of % are there', entered, cardinality(p_waiting), p_law_id;
  end if;
  insert into log_tile_roots (law_id, level, place, root)
  select p_law_id, t.level, t.place, t.root from unnest(p_levels, p_places, p_roots) as t (level, place, root);
  insert into log_epochs (law_id, number, size, root) values (p_law_id, p_number, p_size_before + entered, p_root);
  return true;
end
$$;

-- The laws whose logs are kept. The mark is another one whenever there may be something to do.
create function logged_laws() returns table (
  law_id text, origin text, log_key text, recording_ended boolean, mark text
) language sql stable security definer set search_path = public, pg_temp as $$
  select l.law_id, l.origin, l.log_key, l.reached = 'counted' or l.box_closed,
    concat_ws('/', l.version,
      (select w.id from log_waiting w where w.law_id = l.law_id order by w.id desc limit 1),
      (select e.number from log_epochs e where e.law_id = l.law_id order by e.number desc limit 1),
      (select j.number from journal j where j.law_id = l.law_id order by j.number desc limit 1),
      (select j.number from journal j where j.law_id is null order by j.number desc limit 1),
      (select encode(r.digest, 'hex') from rolls r where r.law_id = l.law_id))
  from laws l where l.log_key is not null and l.reached <> 'draft' order by l.law_id collate "C"
$$;

-- What a description says of a law: nothing before its roll is sealed, or while it is sealed again.
create function log_facts(p_law_id text) returns table (
  form text, title text, title_fr text, title_en text, opens_at text, closes_at text, results text, proof text,
  trustees jsonb, promise_keys jsonb, voters bigint, digest text
) language sql stable security definer set search_path = public, pg_temp as $$
  select l.form, l.title, l.title_fr, l.title_en,
    to_char(l.opens_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
    to_char(l.closes_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
    l.results, l.proof, l.trustees, l.promise_keys, r.digest_voters, encode(r.digest, 'hex')
  from laws l join rolls r on r.law_id = l.law_id and r.digest is not null
  where l.law_id = p_law_id and l.log_key is not null and l.reached <> 'draft'
$$;

-- Entries of the journal that a law's log does not have yet: those that name the law, and those that name none, from
-- the law's first one on. Who did it is said by a hash.
create function log_new_journal(p_law_id text, p_most integer) returns table (
  number bigint, at text, act text, phase text, law_id text, by text, role_name text, approved_by text, content text
) language sql stable security definer set search_path = public, pg_temp as $$
  with law as (
    select s.salt, coalesce(
      (select k.number from log_journal k where k.law_id = p_law_id order by k.number desc limit 1),
      (select j.number - 1 from journal j where j.law_id = p_law_id order by j.number limit 1)) as after
    from log_salts s where s.law_id = p_law_id
  )
  select j.number, to_char(j.at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), j.act, j.phase, j.law_id,
    encode(sha256(law.salt || convert_to(j.operator, 'UTF8')), 'hex'), split_part(j.identity, '/', 2),
    case when j.phase in ('begun', 'done', 'failed') then (
      select encode(sha256(law.salt || convert_to(a.operator, 'UTF8')), 'hex')
      from journal a where a.run = j.run and a.phase = 'approved' limit 1
    ) end,
    j.content
  from law cross join lateral (
    select * from journal f where f.law_id = p_law_id and f.number > law.after
    union all
    select * from journal f where f.law_id is null and f.number > law.after
  ) as j
  order by j.number limit p_most
$$;

-- A description becomes an entry that waits, once, and after the one before it.
create function add_log_description(p_law_id text, p_version integer, p_note text, p_entry bytea) returns void
language plpgsql security definer set search_path = public, pg_temp as $$
begin
  perform pg_advisory_xact_lock(1819240241, hashtext(p_law_id));
  if p_version <> 1 + coalesce((select max(d.version) from log_descriptions d where d.law_id = p_law_id), 0) then
    return;
  end if;
  insert into log_descriptions (law_id, version, note) values (p_law_id, p_version, p_note);
  insert into log_waiting (law_id, entry) values (p_law_id, p_entry);
end
$$;

-- Public texts of the journal become entries that wait, once: each holds the hash of the one before.
create function add_log_journal(
  p_law_id text, p_after bigint, p_numbers bigint[], p_texts text[], p_entries bytea[]
) returns void language plpgsql security definer set search_path = public, pg_temp as $$
begin
  perform pg_advisory_xact_lock(1819240241, hashtext(p_law_id));
  if p_after <> coalesce((select max(k.number) from log_journal k where k.law_id = p_law_id), 0) then
    return;
  end if;
  insert into log_journal (law_id, number, text)
  select p_law_id, n.number, n.text from unnest(p_numbers, p_texts) as n (number, text);
  insert into log_waiting (law_id, entry)
  select p_law_id, n.entry from unnest(p_entries) with ordinality as n (entry, place) order by n.place;
end
$$;

revoke all on function refuse_change_of_log, submission_entry, add_audit_to_log, add_risen_to_log, add_repeated_to_log,
  add_log_salt, keep_log_key, commit_log_epoch, logged_laws, log_facts, log_new_journal, add_log_description,
  add_log_journal from public;
revoke all on log_salts, log_waiting, log_entries, log_tile_roots, log_epochs, log_descriptions, log_journal from public;
revoke all on log_salts from referendum_operate, referendum_auditor;
grant select on log_waiting, log_entries, log_tile_roots, log_epochs, log_descriptions, log_journal
  to referendum_log, referendum_operate;
grant execute on function commit_log_epoch, logged_laws, log_facts, log_new_journal, add_log_description,
  add_log_journal to referendum_log;

-- Down Migration

drop function add_log_journal;
drop function add_log_description;
drop function log_new_journal;
drop function log_facts;
drop function logged_laws;
drop function commit_log_epoch;
drop function add_repeated_to_log cascade;
drop trigger log_of_risen on vote_audit;
drop trigger log_of_new on vote_audit;
drop function add_risen_to_log;
drop function add_audit_to_log;
drop function submission_entry;
drop table log_journal, log_descriptions, log_epochs, log_tile_roots, log_entries, log_waiting;
drop function refuse_change_of_log;
drop function add_log_salt cascade;
drop table log_salts;
drop function keep_log_key cascade;
alter table laws drop column log_key;
revoke all on all tables in schema public from referendum_log;
