-- Up Migration

-- Each chunk of a roll file is compared with what was announced of it before its voters are entered.
alter table roll_work add column announced_chunks bytea;
comment on column roll_work.announced_chunks is
  'the chain after each chunk, 32 bytes each, of which the last is `announced`; null: begun by an earlier release';

-- Down Migration

alter table roll_work drop column announced_chunks;
