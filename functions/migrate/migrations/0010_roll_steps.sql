-- Up Migration

-- A load or rebuild through the operators' API is a sequence of steps, which any machine may take. How far it has come
-- stands here, because no process lives from one step to the next.
alter table roll_work
  -- The act of the operators' API that began the work last.
  add column run uuid,
  -- When a step was taken last; null when nobody goes on with the work, and for a load or rebuild in one process.
  add column stepped_at timestamptz,
  -- A load: which chunks were announced and which are on the roll, each as a chain of HMACs over their digests.
  add column announced bytea,
  add column received bytea,
  add column chunks_done integer not null default 0,
  add column voters_announced bigint,
  add column voters_received bigint not null default 0,
  -- What became of the voters of the file. Of the lines, the first thousand.
  add column loaded bigint not null default 0,
  add column conflicts bigint not null default 0,
  add column conflict_lines bigint[] not null default '{}',
  add column refused bigint not null default 0,
  add column refused_lines bigint[] not null default '{}',
  -- A rebuild: how many buckets of Redis are restored; null while decided votes are still to be recorded.
  add column buckets_done integer,
  add column claims bigint not null default 0;
comment on column roll_work.announced is 'keyed by the law''s person key: a plain digest of a short file could be guessed';

-- Which act of the operators' API paused `validate`; null: a process outside of it.
alter table validate_pause add column run uuid;

-- Counting eight million voters takes longer than a step may.
grant select on roll_sizes to referendum_roll;

-- Down Migration

revoke select on roll_sizes from referendum_roll;
alter table validate_pause drop column run;
alter table roll_work
  drop column run, drop column stepped_at, drop column announced, drop column received, drop column chunks_done,
  drop column voters_announced, drop column voters_received, drop column loaded, drop column conflicts,
  drop column conflict_lines, drop column refused, drop column refused_lines, drop column buckets_done,
  drop column claims;
