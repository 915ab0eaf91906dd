-- Up Migration

-- Messages that nothing can read, taken out of the dead-letter queues by two people. The body is encrypted with a key
-- that only the function `operate` reads: it may be a vote that another release wrote.
create table set_aside (
  queue text not null check (queue in ('votes', 'outcomes')),
  message_id text not null,
  -- HMAC-SHA-256 of the body under the same key: a plain hash would tell a choice to whoever tries both.
  fingerprint bytea not null check (length(fingerprint) = 32),
  -- Of the submission, where the message names one: the ledger finds it here.
  request_id text,
  -- AES-256-GCM: nonce (12 bytes), tag (16 bytes), and what is encrypted. The fingerprint is authenticated with it.
  body bytea not null,
  key_version smallint not null,
  reason text not null,
  run uuid not null,
  at timestamptz not null default date_trunc('milliseconds', clock_timestamp()),
  undone_run uuid,
  undone_at timestamptz,
  primary key (queue, message_id),
  check ((undone_run is null) = (undone_at is null))
);
create index set_aside_by_fingerprint on set_aside (fingerprint);
create index set_aside_by_request on set_aside (request_id);

grant select, insert on set_aside to referendum_operate;
grant update (undone_run, undone_at) on set_aside to referendum_operate;

-- Copies of the other stores, made step by step so that PostgreSQL can compare them. Each comparison has tables for
-- itself, which are dropped when it has ended, or a day after it has begun. They are unlogged: a comparison that a crash
-- cut off is made again.
create table comparisons (
  id uuid primary key,
  begun_at timestamptz not null default clock_timestamp(),
  -- Of restoring receipts: whether the list of orphans is complete.
  orphans_found boolean not null default false
);

-- Their names have the digits of the comparison's id.
create function begin_comparison(p_id uuid) returns void
language plpgsql security definer set search_path = public, pg_temp as $$
declare
  id text := replace(p_id::text, '-', '');
  old uuid;
begin
  perform pg_advisory_xact_lock(1668246128);
  for old in select c.id from comparisons c where c.begun_at < clock_timestamp() - interval '1 day' loop
    perform end_comparison(old);
  end loop;
  insert into comparisons (id) values (p_id) on conflict do nothing;
  if not found then return; end if;
  execute format('create unlogged table seen_receipts_%s (request_id text not null, law_id text not null,
    rank integer not null, accepted_at text not null, primary key (request_id, rank))', id);
  execute format('create unlogged table seen_claims_%s (law_id text not null, voter_hash bytea not null,
    primary key (law_id, voter_hash))', id);
  execute format('create unlogged table seen_tries_%s (law_id text not null, voter_hash bytea not null,
    request_id text not null, status text not null, primary key (law_id, voter_hash, request_id))', id);
  execute format('create unlogged table seen_windows_%s (law_id text not null, opens_at timestamptz not null,
    closes_at timestamptz)', id);
  execute format('create unlogged table seen_accepted_%s (request_id text primary key, is_dead_letter boolean not null
    default false)', id);
  execute format('create unlogged table seen_orphans_%s (request_id text not null, law_id text not null,
    status text not null, accepted_at text, primary key (request_id, status))', id);
  execute format('grant select, insert, update, delete on seen_receipts_%1$s, seen_claims_%1$s, seen_tries_%1$s,
    seen_windows_%1$s, seen_accepted_%1$s, seen_orphans_%1$s to referendum_operate', id);
end
$$;

create function end_comparison(p_id uuid) returns void
language plpgsql security definer set search_path = public, pg_temp as $$
begin
  execute format('drop table if exists seen_receipts_%1$s, seen_claims_%1$s, seen_tries_%1$s, seen_windows_%1$s,
    seen_accepted_%1$s, seen_orphans_%1$s', replace(p_id::text, '-', ''));
  delete from comparisons where id = p_id;
end
$$;

revoke all on function begin_comparison, end_comparison from public;
grant execute on function begin_comparison, end_comparison to referendum_operate;
grant update (orphans_found) on comparisons to referendum_operate;

-- Down Migration

do $$
begin
  perform end_comparison(id) from comparisons;
end
$$;
drop function begin_comparison;
drop function end_comparison;
drop table comparisons;
drop table set_aside;
