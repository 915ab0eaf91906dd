-- Up Migration

-- Since when what is left of a law's votes is being removed, or is gone. It stands beside the states of a law's life.
alter table laws add column destroyed_at timestamptz;
grant update (destroyed_at) on laws to referendum_operate, referendum_roll;

-- Since when a law is as far as it has to be before it may be destroyed; null: it is not. What is published stays, so a
-- law with a log is published first. One without a log has nothing to publish but its result. The journal is asked,
-- because it comes back after a restore.
create function concluded_at(p_law_id text) returns timestamptz language sql stable security definer
set search_path = public, pg_temp as $$
  select case when l.log_key is null
    then coalesce(
      (select c.ended_at from law_counts c where c.law_id = l.law_id),
      (select min(j.at) from journal j where j.law_id = l.law_id and j.act = 'count-law' and j.phase = 'done'))
    else (select min(j.at) from journal j where j.law_id = l.law_id and j.act = 'publish-law' and j.phase = 'done')
    end
  from laws l where l.law_id = p_law_id and l.reached = 'counted'
$$;

create function keep_destroyed() returns trigger language plpgsql set search_path = public, pg_temp as $$
begin
  if old.destroyed_at is not null and new.destroyed_at is distinct from old.destroyed_at then
    raise exception 'the law % was destroyed, and stays so', old.law_id using errcode = 'check_violation';
  end if;
  if new.destroyed_at is not null and new.reached <> 'counted' then
    raise exception 'the law % is not counted, and is not destroyed before', new.law_id
      using errcode = 'check_violation';
  end if;
  return new;
end
$$;
create trigger destroyed_is_kept before update on laws for each row
  when (old.destroyed_at is not null or new.destroyed_at is not null) execute function keep_destroyed();

-- The destruction of a law: how far it has come, what it has removed, and at its end the certificate.
create table destructions (
  law_id      text primary key,
  run         uuid not null,
  begun_at    timestamptz not null default clock_timestamp(),
  -- The table that is gone through, and its next block.
  table_at    smallint not null default 0 check (table_at >= 0),
  block_at    bigint not null default 0 check (block_at >= 0),
  removed     jsonb not null default '{}',
  -- When PostgreSQL and DynamoDB had nothing of it any more.
  rows_gone_at timestamptz,
  ended_at    timestamptz,
  certificate jsonb,
  check ((ended_at is null) = (certificate is null))
);

-- Whether a law is on legal hold. The journal says so, and comes back after a restore: a hold is in force from its
-- first entry until the last one of a release.
create function is_held(p_law_id text) returns boolean language sql stable security definer
set search_path = public, pg_temp as $$
  select exists (
    select from journal h
    where h.law_id = p_law_id and h.act = 'hold-law' and h.phase in ('begun', 'done')
      and h.number > coalesce((
        select max(r.number) from journal r
        where r.law_id = p_law_id and r.act = 'release-hold' and r.phase = 'done'), 0)
      and not exists (select from journal f where f.run = h.run and f.phase = 'failed'))
$$;

-- Refuses to remove anything of a law that is not to be destroyed: a role that may ask for it can do so for no other.
create function refuse_to_destroy(p_law_id text) returns void language plpgsql stable
set search_path = public, pg_temp as $$
begin
  if concluded_at(p_law_id) is null
    or not exists (select from laws l where l.law_id = p_law_id and l.destroyed_at is not null) then
    raise exception 'the law % is not to be destroyed', p_law_id using errcode = 'insufficient_privilege';
  end if;
  if is_held(p_law_id) then
    raise exception 'the law % is on legal hold', p_law_id using errcode = 'insufficient_privilege';
  end if;
end
$$;

-- Begins a destruction, or goes on with it. Another run goes through everything again: after a restore, rows are back.
create function begin_destruction(p_law_id text, p_run uuid) returns void language plpgsql security definer
set search_path = public, pg_temp as $$
begin
  perform refuse_to_destroy(p_law_id);
  insert into destructions as d (law_id, run) values (p_law_id, p_run)
  on conflict (law_id) do update
    set run = p_run, table_at = 0, block_at = 0, rows_gone_at = null, ended_at = null, certificate = null
    where d.run <> p_run;
end
$$;

-- The last part of the request ids of a law, after 44 characters of base64url (shared/domain/request-id.ts).
create function request_id_end(p_law_id text) returns text language sql immutable strict parallel safe
set search_path = public, pg_temp as $$
  select rtrim(translate(encode(convert_to(p_law_id, 'UTF8'), 'base64'), E'+/\n', '-_'), '=')
$$;

-- Removes what names submissions of a law without being in a table of laws: copies of other stores that a comparison
-- has left, messages that are set aside, and what people have proposed.
create function destroy_beside(p_law_id text) returns void language plpgsql
set search_path = public, pg_temp as $$
declare
  request_end constant text := request_id_end(p_law_id);
  gone bigint;
  id text;
  one text;
begin
  for id in select replace(c.id::text, '-', '') from comparisons c loop
    foreach one in array array['receipts', 'claims', 'tries', 'windows', 'orphans'] loop
      execute format('delete from seen_%s_%s where law_id = $1', one, id) using p_law_id;
    end loop;
    execute format('delete from seen_accepted_%s where right(request_id, -44) = $1', id) using request_end;
  end loop;
  delete from set_aside s where right(s.request_id, -44) = request_end;
  get diagnostics gone = row_count;
  perform add_removed(p_law_id, 'set_aside', gone);
  delete from proposals p
  where p.law_id = p_law_id and p.act not in ('hold-law', 'release-hold', 'destroy-law');
  get diagnostics gone = row_count;
  perform add_removed(p_law_id, 'proposals', gone);
end
$$;

create function add_removed(p_law_id text, p_name text, p_count bigint) returns void language sql
set search_path = public, pg_temp as $$
  update destructions d
  set removed = d.removed || jsonb_build_object(p_name, coalesce((d.removed ->> p_name)::bigint, 0) + p_count)
  where d.law_id = p_law_id
$$;

-- Removes the rows of a law from some blocks of one table. Each call is a transaction, with how far it has come: after a
-- crash, the next one goes on. Blocks are gone through in order, because not every table has an index by laws.
create function destroy_rows(p_law_id text, p_blocks integer) returns table (
  name text, done bigint, total bigint, finished boolean
) language plpgsql security definer set search_path = public, pg_temp as $$
#variable_conflict use_column
declare
  tables constant text[] := array[
    'participation', 'vote_audit', 'repeated_submissions', 'duplicate_attempts', 'copied_claims', 'ballots',
    'ballot_box', 'opening_pieces', 'law_submissions', 'roll_drafts', 'roll_buckets', 'roll_work', 'voter_roll'];
  state destructions%rowtype;
  one text;
  blocks bigint;
  gone bigint := 0;
  is_left boolean;
begin
  perform pg_advisory_xact_lock(1684371315, hashtext(p_law_id));
  perform refuse_to_destroy(p_law_id);
  select * into strict state from destructions d where d.law_id = p_law_id for update;
  if state.table_at >= cardinality(tables) then
    perform destroy_beside(p_law_id);
    return query select ''::text, 0::bigint, 0::bigint, true;
    return;
  end if;
  one := tables[state.table_at + 1];
  if to_regclass(one) is null then
    update destructions d set table_at = d.table_at + 1, block_at = 0 where d.law_id = p_law_id;
    return query select one, 0::bigint, 0::bigint, false;
    return;
  end if;
  blocks := pg_relation_size(one::regclass) / current_setting('block_size')::bigint;
  execute format('delete from %I where law_id = $1 and ctid >= $2 and ctid < $3', one)
    using p_law_id, format('(%s,0)', state.block_at)::tid, format('(%s,0)', state.block_at + p_blocks)::tid;
  get diagnostics gone = row_count;
  perform add_removed(p_law_id, one, gone);
  state.block_at := state.block_at + p_blocks;
  if state.block_at >= blocks then
    execute format('select exists (select from %I where law_id = $1)', one) into is_left using p_law_id;
    state.block_at := 0;
    if not is_left then state.table_at := state.table_at + 1; end if;
  end if;
  update destructions d set table_at = state.table_at, block_at = state.block_at where d.law_id = p_law_id;
  return query select one, least(case when state.block_at = 0 then blocks else state.block_at end, blocks), blocks, false;
end
$$;

-- Notes how much another store has lost: of receipts as many as were just removed, of the others all that there were,
-- before they are removed.
create function note_destroyed(p_law_id text, p_name text, p_count bigint) returns void language plpgsql
security definer set search_path = public, pg_temp as $$
begin
  if p_name not in ('receipts', 'set_aside_copies', 'roll_in_redis', 'roll_change_copies') or p_count < 0 then
    raise exception 'nothing of that name is destroyed: %', p_name using errcode = 'check_violation';
  end if;
  perform refuse_to_destroy(p_law_id);
  perform add_removed(p_law_id, p_name, case when p_name = 'receipts' then p_count else greatest(0, p_count - coalesce((
    select (d.removed ->> p_name)::bigint from destructions d where d.law_id = p_law_id), 0)) end);
end
$$;

-- Notes that PostgreSQL and DynamoDB have nothing of a law any more.
create function note_rows_gone(p_law_id text) returns void language plpgsql security definer
set search_path = public, pg_temp as $$
begin
  perform refuse_to_destroy(p_law_id);
  update destructions d set rows_gone_at = coalesce(d.rows_gone_at, clock_timestamp()) where d.law_id = p_law_id;
end
$$;

-- Keeps the certificate of a destruction that has ended everywhere. The first one of a run stays.
create function end_destruction(p_law_id text, p_ended_at timestamptz, p_certificate jsonb) returns jsonb
language plpgsql security definer set search_path = public, pg_temp as $$
declare
  kept jsonb;
begin
  perform refuse_to_destroy(p_law_id);
  update destructions d set ended_at = p_ended_at, certificate = p_certificate
  where d.law_id = p_law_id and d.rows_gone_at is not null and d.ended_at is null;
  select d.certificate into kept from destructions d where d.law_id = p_law_id;
  return kept;
end
$$;

-- Takes duplicates of nobody out of the audit, when their submissions are marked as lost. No role may delete submissions
-- of voters otherwise, whatever the state of their law.
create function forget_duplicates(p_request_ids text[]) returns void language sql security definer
set search_path = public, pg_temp as $$
  with gone as (
    delete from vote_audit a
    where a.request_id = any (p_request_ids) and a.status = 'duplicate'
      and counted_submission(a.law_id, a.voter_hash) is null
    returning a.law_id, a.voter_hash
  )
  delete from duplicate_attempts d using gone where d.law_id = gone.law_id and d.voter_hash = gone.voter_hash
$$;
revoke delete on vote_audit, duplicate_attempts from referendum_operate;

-- How many messages are set aside that name no submission: nobody knows of which law they are.
create function set_aside_without_law() returns bigint language sql stable security definer
set search_path = public, pg_temp as $$
  select count(*) from set_aside s where s.request_id is null and s.undone_at is null
$$;

-- Turnout and size of a roll are figures that stay when the rows that they were counted from are destroyed.
create or replace function add_to_turnout() returns trigger language plpgsql security definer
set search_path = public, pg_temp as $$
begin
  if tg_op = 'DELETE' then
    update turnout_hours t set voted = t.voted - gone.voted
    from (
      select law_id, date_trunc('hour', "timestamp", 'UTC') as hour, count(*) as voted
      from old_rows where status = 'counted' group by 1, 2
    ) as gone
    where t.law_id = gone.law_id and t.hour = gone.hour
      and not exists (select from laws l where l.law_id = t.law_id and l.destroyed_at is not null);
  else
    insert into turnout_hours as t (law_id, hour, voted)
    select law_id, date_trunc('hour', "timestamp", 'UTC'), count(*)
    from new_rows where status = 'counted' group by 1, 2 order by 1, 2
    on conflict (law_id, hour) do update set voted = t.voted + excluded.voted;
  end if;
  return null;
end
$$;
create or replace function add_to_roll_size() returns trigger language plpgsql security definer
set search_path = public, pg_temp as $$
begin
  if tg_op = 'DELETE' then
    update roll_sizes s set voters = s.voters - gone.voters, ended = s.ended - gone.ended
    from (
      select law_id, count(*) filter (where ends_at is null) as voters, count(*) filter (where ends_at is not null) as ended
      from old_rows group by 1
    ) as gone
    where s.law_id = gone.law_id
      and not exists (select from laws l where l.law_id = s.law_id and l.destroyed_at is not null);
  else
    insert into roll_sizes as s (law_id, voters)
    select law_id, count(*) from new_rows group by 1 order by 1
    on conflict (law_id) do update set voters = s.voters + excluded.voters;
  end if;
  return null;
end
$$;

revoke all on function concluded_at, keep_destroyed, is_held, refuse_to_destroy, begin_destruction,
  request_id_end, destroy_beside, add_removed, destroy_rows, note_destroyed, note_rows_gone, end_destruction,
  set_aside_without_law, forget_duplicates from public;
grant execute on function concluded_at, is_held, note_destroyed to referendum_operate, referendum_roll;
grant execute on function begin_destruction, destroy_rows, note_rows_gone, request_id_end, forget_duplicates
  to referendum_operate;
grant execute on function end_destruction, set_aside_without_law to referendum_roll;
revoke all on destructions from public;
grant select on destructions to referendum_operate, referendum_roll;

-- Down Migration

grant delete on vote_audit, duplicate_attempts to referendum_operate;
drop function forget_duplicates;
create or replace function add_to_roll_size() returns trigger language plpgsql security definer
set search_path = public, pg_temp as $$
begin
  if tg_op = 'DELETE' then
    update roll_sizes s set voters = s.voters - gone.voters, ended = s.ended - gone.ended
    from (
      select law_id, count(*) filter (where ends_at is null) as voters, count(*) filter (where ends_at is not null) as ended
      from old_rows group by 1
    ) as gone
    where s.law_id = gone.law_id;
  else
    insert into roll_sizes as s (law_id, voters)
    select law_id, count(*) from new_rows group by 1 order by 1
    on conflict (law_id) do update set voters = s.voters + excluded.voters;
  end if;
  return null;
end
$$;
create or replace function add_to_turnout() returns trigger language plpgsql security definer
set search_path = public, pg_temp as $$
begin
  if tg_op = 'DELETE' then
    update turnout_hours t set voted = t.voted - gone.voted
    from (
      select law_id, date_trunc('hour', "timestamp", 'UTC') as hour, count(*) as voted
      from old_rows where status = 'counted' group by 1, 2
    ) as gone
    where t.law_id = gone.law_id and t.hour = gone.hour;
  else
    insert into turnout_hours as t (law_id, hour, voted)
    select law_id, date_trunc('hour', "timestamp", 'UTC'), count(*)
    from new_rows where status = 'counted' group by 1, 2 order by 1, 2
    on conflict (law_id, hour) do update set voted = t.voted + excluded.voted;
  end if;
  return null;
end
$$;
drop function set_aside_without_law;
drop function end_destruction;
drop function note_rows_gone;
drop function note_destroyed;
drop function destroy_rows;
drop function destroy_beside;
drop function add_removed;
drop function request_id_end;
drop function begin_destruction;
drop function refuse_to_destroy;
drop function is_held;
drop table destructions;
drop trigger destroyed_is_kept on laws;
drop function keep_destroyed;
drop function concluded_at;
alter table laws drop column destroyed_at;
