-- Up Migration

-- The truth about each law. Its item in DynamoDB is a projection, from which `ingest` and the other functions of voters
-- read: a change is written here first, then there, and a change that a crash has cut off in between is written there by
-- the next act or look. A draft has no item. A law that is older than this table gets its row from its item.
create table laws (
  law_id          text primary key check (law_id ~ '^[A-Za-z0-9][A-Za-z0-9._-]{0,49}$'),
  form            text not null default 'open' check (form = 'open'),
  -- How far operators have brought it; time does the rest (shared/domain/law-life.ts).
  reached         text not null check (reached in ('draft', 'ready', 'counted')),
  title           text not null,
  title_fr        text,
  title_en        text,
  opens_at        timestamptz not null,
  closes_at       timestamptz,
  earlier_windows jsonb not null default '[]',
  planned_opens_at  timestamptz,
  planned_closes_at timestamptz,
  utc_offset      text,
  pepper_id       text,
  codes           text check (codes in ('any', 'checked')),
  key_version     smallint not null,
  -- A copy: freezing must not wait for PostgreSQL, so the item has the truth of it.
  frozen          boolean not null default false,
  sealed_voters   bigint check (sealed_voters > 0),
  -- Rises with every change; the item carries it too, and is never written with a lower one.
  version         integer not null check (version >= 0),
  -- The last version that the item is known to have had in time.
  confirmed_version integer not null check (confirmed_version <= version),
  -- When the window of this version is in force: every `ingest` knows it by then. Null: the version has no new window.
  in_force_at     timestamptz,
  added_at        timestamptz not null default clock_timestamp(),
  -- Sealing makes a draft ready. What is ready without a seal is from before there were seals.
  check (reached <> 'draft' or sealed_voters is null)
);

-- Every version of a law: when it was asked for, and when its item was known to have it.
create table law_versions (
  law_id  text not null,
  version integer not null,
  phase   text not null check (phase in ('asked', 'confirmed')),
  at      timestamptz not null default clock_timestamp(),
  facts   jsonb not null,
  primary key (law_id, version, phase)
);

create function keep_law_version() returns trigger language plpgsql
security definer set search_path = public, pg_temp as $$
begin
  if tg_op = 'INSERT' or new.version <> old.version then
    insert into law_versions (law_id, version, phase, facts) values (new.law_id, new.version, 'asked', to_jsonb(new));
  end if;
  if new.confirmed_version = new.version
    and (tg_op = 'INSERT' or new.confirmed_version <> old.confirmed_version or new.version <> old.version) then
    insert into law_versions (law_id, version, phase, facts) values (new.law_id, new.version, 'confirmed', to_jsonb(new));
  end if;
  return null;
end
$$;
create trigger laws_have_versions after insert or update on laws for each row execute function keep_law_version();

create function refuse_change_of_law_versions() returns trigger language plpgsql set search_path = public, pg_temp as $$
begin
  raise exception 'the versions of laws are only added to: % is refused', tg_op using errcode = 'insufficient_privilege';
end
$$;
create trigger law_versions_are_append_only before update or delete on law_versions
  for each row execute function refuse_change_of_law_versions();
create trigger law_versions_are_not_emptied before truncate on law_versions
  for each statement execute function refuse_change_of_law_versions();

revoke all on function keep_law_version, refuse_change_of_law_versions from public;
revoke all on laws, law_versions from public;
grant select on laws, law_versions to referendum_operate, referendum_roll;
grant insert on laws to referendum_operate, referendum_roll;
-- What a law is made with (id, form, keys, pepper, codes) never changes.
grant update (reached, title, title_fr, title_en, opens_at, closes_at, earlier_windows, planned_opens_at,
  planned_closes_at, utc_offset, frozen, sealed_voters, version, confirmed_version, in_force_at)
  on laws to referendum_operate, referendum_roll;

-- Down Migration

drop table law_versions;
drop function refuse_change_of_law_versions;
drop table laws;
drop function keep_law_version;
