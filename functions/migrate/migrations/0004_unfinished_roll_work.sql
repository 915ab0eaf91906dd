-- Up Migration

-- Work on a law's roll that began and has not ended: the load of a file, or a rebuild of Redis. The row is written before
-- the first change and is deleted when the work has ended whole; whatever ends the work early leaves the row. While a law
-- has such a row, Redis must not say that the law's roll is complete, so that the law's votes wait.
create table roll_work (
  law_id      text  not null,
  kind        text  not null check (kind in ('load', 'rebuild')),
  source_id   bytea not null,
  source_name text  not null,
  lines_done  bigint not null default 0,
  started_at  timestamptz not null default now(),
  primary key (law_id, kind, source_id)
);
comment on column roll_work.source_id is 'which file: an HMAC of its content under a key of the law; empty for a rebuild';

-- One row while `validate` is paused by work on a roll. Without the row a paused `validate` was paused by a person, and
-- stays so.
create table validate_pause (
  only_row boolean primary key default true check (only_row),
  token    uuid not null default gen_random_uuid(),
  since    timestamptz not null default now()
);

-- Operators mark their loads and rebuilds; nobody else writes here.
grant insert, update, delete on roll_work, validate_pause to referendum_operator;

-- Down Migration

drop table validate_pause, roll_work;
