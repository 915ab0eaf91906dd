-- Up Migration

-- How far a counted law with a log was brought: certified, then published. Voters' functions need not know it.
alter table laws
  add column concluded text check (concluded in ('certified', 'published')),
  add check (concluded is null or (reached = 'counted' and log_key is not null));

-- What became of each submission of a law, as its log says it, with what was promised for it: the list that is
-- published with its certificate. It is made when the law is certified, and deleted once it is published. It has no
-- times, and names requests and envelopes by their hashes.
create table law_submissions (
  law_id   text not null,
  request  bytea not null check (octet_length(request) = 32),
  -- Zeros: no envelope is known.
  envelope bytea not null check (octet_length(envelope) = 32),
  -- As an entry of the log says it (shared/domain/log/leaf.ts).
  status   smallint not null check (status between 1 and 6),
  promise  bytea check (octet_length(promise) = 72),
  primary key (law_id, request, envelope)
);

-- The certificate of a law: its text, and the note as the log's key has signed it.
create table certificates (
  law_id text primary key,
  text   text not null,
  at     timestamptz not null default clock_timestamp(),
  note   text
);
create function keep_certificate() returns trigger language plpgsql set search_path = public, pg_temp as $$
begin
  if tg_op = 'UPDATE' and old.note is null and (new.law_id, new.text, new.at) = (old.law_id, old.text, old.at) then
    return new;
  end if;
  raise exception 'certificates are only added and signed: % is refused', tg_op using errcode = 'insufficient_privilege';
end
$$;
create trigger certificates_are_kept before update or delete on certificates
  for each row execute function keep_certificate();
create trigger certificates_are_not_emptied before truncate on certificates
  for each statement execute function refuse_change_of_law_counts();

-- How far the lists of a law are published.
create table publications (
  law_id       text primary key,
  -- Parts of the list of submissions, and the last submission in them.
  parts        integer not null default 0 check (parts >= 0),
  after        bytea not null default ''::bytea,
  listed       bigint not null default 0 check (listed >= 0),
  -- Parts of the opened list.
  opened_parts integer not null default 0 check (opened_parts >= 0),
  is_complete  boolean not null default false
);

-- Under which run the pieces of an opened list are kept until it is published.
alter table openings add column pieces uuid;

-- Takes the only opening of a box back, as migration 0018, and its pieces.
create or replace function withdraw_opening(p_law_id text, p_sha256 bytea) returns boolean language plpgsql
security definer set search_path = public, pg_temp as $$
declare
  kept uuid;
begin
  perform pg_advisory_xact_lock(1919247204, hashtext(p_law_id));
  delete from openings o using laws l
  where o.law_id = p_law_id and o.number = 1 and o.sha256 = p_sha256
    and l.law_id = p_law_id and l.box_closed and l.reached = 'ready'
    and not exists (select from openings p where p.law_id = p_law_id and p.number = 2)
  returning o.pieces into kept;
  if not found then return false; end if;
  delete from opening_pieces p where p.law_id = p_law_id and p.run = kept;
  return true;
end
$$;

-- Makes a sealed law counted, as migration 0016. The opened list stays, for whoever publishes it.
create or replace function count_opened(p_law_id text, p_version integer) returns boolean language plpgsql
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
  update laws l set reached = 'counted', version = l.version + 1, in_force_at = null where l.law_id = p_law_id;
  return true;
end
$$;

create function refuse_unless_concluded(p_law_id text, p_concluded text) returns void language plpgsql
security definer set search_path = public, pg_temp as $$
begin
  if exists (
    select from laws l where l.law_id = p_law_id and l.reached = 'counted' and l.log_key is not null
      and l.concluded is not distinct from p_concluded
  ) then
    return;
  end if;
  raise exception 'the law % is not %', p_law_id, coalesce(p_concluded, 'counted, or is certified already')
    using errcode = 'check_violation';
end
$$;

-- Deletes the list of a law, before it is made and once it is published: at most so many lines. Gives how many it has
-- deleted.
create function drop_submissions(p_law_id text, p_most integer) returns integer language plpgsql
security definer set search_path = public, pg_temp as $$
declare
  dropped integer;
begin
  if exists (select from laws l where l.law_id = p_law_id and l.concluded = 'certified') then
    raise exception 'the list of submissions of % is being published', p_law_id using errcode = 'check_violation';
  end if;
  delete from law_submissions s where s.ctid = any (array(
    select f.ctid from law_submissions f where f.law_id = p_law_id limit p_most));
  get diagnostics dropped = row_count;
  return dropped;
end
$$;

-- The end of a law's log: its last epoch, how many entries of the journal are in it, the public texts that set messages
-- aside or send them back, and whether something waits.
create function log_end(p_law_id text) returns table (
  size bigint, root bytea, waiting bigint, entries bigint, last_text text, set_aside text[]
) language sql stable security definer set search_path = public, pg_temp as $$
  with waiting as (
    select count(*) filter (where get_byte(w.entry, 0) <> 2) as others,
      count(*) filter (where get_byte(w.entry, 0) = 2) as journalled
    from log_waiting w where w.law_id = p_law_id
  ), entered as materialized (
    select k.number, k.text from log_journal k where k.law_id = p_law_id order by k.number
    limit (select count(*) from log_journal c where c.law_id = p_law_id) - (select journalled from waiting)
  )
  select e.size, e.root, w.others, (select count(*) from entered),
    (select n.text from entered n order by n.number desc limit 1),
    array(select n.text from entered n where n.text::jsonb ->> 'act' in ('set-aside', 'undo-set-aside')
      and n.text::jsonb ->> 'phase' = 'done' order by n.number)
  from waiting w, lateral (
    select size, root from log_epochs where law_id = p_law_id order by number desc limit 1
  ) as e
$$;

-- Keeps the certificate of a counted law, which is certified then, if the log is still at its end. The log's function
-- signs it.
create function certify_law(p_law_id text, p_text text, p_size bigint) returns boolean language plpgsql
security definer set search_path = public, pg_temp set lock_timeout = '8s' as $$
begin
  perform pg_advisory_xact_lock(1919247204, hashtext(p_law_id));
  perform l.law_id from laws l where l.law_id = p_law_id for update;
  perform refuse_unless_concluded(p_law_id, null);
  if exists (select from log_waiting w where w.law_id = p_law_id and get_byte(w.entry, 0) <> 2)
    or not exists (select from log_epochs e where e.law_id = p_law_id and e.size = p_size) then
    return false;
  end if;
  insert into certificates (law_id, text) values (p_law_id, p_text);
  update laws l set concluded = 'certified' where l.law_id = p_law_id;
  return true;
end
$$;

create function begin_publication(p_law_id text) returns void language plpgsql
security definer set search_path = public, pg_temp as $$
begin
  perform refuse_unless_concluded(p_law_id, 'certified');
  insert into publications (law_id)
  select p_law_id from certificates c where c.law_id = p_law_id and c.note is not null on conflict do nothing;
end
$$;

create function finish_publication(p_law_id text) returns boolean language plpgsql
security definer set search_path = public, pg_temp as $$
begin
  update laws l set concluded = 'published'
  where l.law_id = p_law_id and l.concluded = 'certified'
    and exists (select from publications p where p.law_id = p_law_id and p.is_complete);
  return exists (select from laws l where l.law_id = p_law_id and l.concluded = 'published');
end
$$;

-- What the log's function has to do for a law beside its log: the certificate, and from when somebody publishes the
-- law, its lists.
create function law_conclusion(p_law_id text) returns table (
  text text, note text, is_publishing boolean, parts integer, after bytea, listed bigint, opened_parts integer
) language sql stable security definer set search_path = public, pg_temp as $$
  select c.text, c.note, p.law_id is not null and not p.is_complete, coalesce(p.parts, 0), coalesce(p.after, ''::bytea),
    coalesce(p.listed, 0), coalesce(p.opened_parts, 0)
  from certificates c left join publications p on p.law_id = c.law_id
  where c.law_id = p_law_id
$$;

create function sign_certificate(p_law_id text, p_note text) returns void language sql
security definer set search_path = public, pg_temp as $$
  update certificates c set note = p_note where c.law_id = p_law_id and c.note is null
$$;

-- Lines of the list after one of them, in their order. Nothing before somebody publishes the law.
create function published_submissions(p_law_id text, p_after bytea, p_most integer) returns table (
  request bytea, envelope bytea, status smallint, promise bytea
) language sql stable security definer set search_path = public, pg_temp as $$
  select s.request, s.envelope, s.status, s.promise
  from law_submissions s
  where s.law_id = p_law_id and exists (select from publications p where p.law_id = p_law_id)
    and (s.request, s.envelope) > (substring(p_after from 1 for 32), substring(p_after from 33 for 32))
  order by s.request, s.envelope limit p_most
$$;

-- A piece of the opened list, from 0. Nothing before somebody publishes the law.
create function published_opening(p_law_id text, p_number integer) returns bytea language sql stable
security definer set search_path = public, pg_temp as $$
  select p.text from opening_pieces p join openings o on o.law_id = p.law_id and o.number = 1 and o.pieces = p.run
  where p.law_id = p_law_id and p.number = p_number
    and exists (select from publications u where u.law_id = p_law_id)
$$;

create function advance_publication(
  p_law_id text, p_parts integer, p_after bytea, p_listed bigint, p_opened_parts integer, p_is_complete boolean
) returns void language sql security definer set search_path = public, pg_temp as $$
  update publications p
  set parts = p_parts, after = p_after, listed = p_listed, opened_parts = p_opened_parts, is_complete = p_is_complete
  where p.law_id = p_law_id and not p.is_complete and p.parts <= p_parts and p.opened_parts <= p_opened_parts
$$;

-- As migration 0020. The log of a law that is published takes only entries that name the law.
create or replace function log_new_journal(p_law_id text, p_most integer) returns table (
  number bigint, at text, act text, phase text, law_id text, by text, role_name text, approved_by text, content text
) language sql stable security definer set search_path = public, pg_temp as $$
  with law as (
    select s.salt, coalesce(
      (select k.number from log_journal k where k.law_id = p_law_id order by k.number desc limit 1),
      (select j.number - 1 from journal j where j.law_id = p_law_id order by j.number limit 1)) as after,
      exists (select from laws l where l.law_id = p_law_id and l.concluded = 'published') as is_published
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
    select * from journal f where f.law_id is null and f.number > law.after and not law.is_published
  ) as j
  order by j.number limit p_most
$$;

revoke all on function keep_certificate, refuse_unless_concluded, drop_submissions, log_end, certify_law, begin_publication, finish_publication, law_conclusion, sign_certificate,
  published_submissions, published_opening, advance_publication from public;
revoke all on law_submissions, certificates, publications from public;
grant select on law_submissions, certificates, publications to referendum_operate;
grant execute on function drop_submissions, log_end, certify_law,
  begin_publication, finish_publication to referendum_operate;
grant execute on function law_conclusion, sign_certificate, published_submissions, published_opening,
  advance_publication to referendum_log;

-- Down Migration

drop function advance_publication;
drop function published_opening;
drop function published_submissions;
drop function sign_certificate;
drop function law_conclusion;
drop function finish_publication;
drop function begin_publication;
drop function certify_law;
drop function log_end;
drop function drop_submissions;
drop function refuse_unless_concluded;
create or replace function log_new_journal(p_law_id text, p_most integer) returns table (
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
create or replace function withdraw_opening(p_law_id text, p_sha256 bytea) returns boolean language plpgsql
security definer set search_path = public, pg_temp as $$
begin
  perform pg_advisory_xact_lock(1919247204, hashtext(p_law_id));
  delete from openings o using laws l
  where o.law_id = p_law_id and o.number = 1 and o.sha256 = p_sha256
    and l.law_id = p_law_id and l.box_closed and l.reached = 'ready'
    and not exists (select from openings p where p.law_id = p_law_id and p.number = 2);
  return found;
end
$$;
create or replace function count_opened(p_law_id text, p_version integer) returns boolean language plpgsql
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
alter table openings drop column pieces;
drop table publications, certificates, law_submissions;
drop function keep_certificate;
alter table laws drop column concluded;
