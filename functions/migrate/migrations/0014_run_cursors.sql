-- Up Migration

-- Which cursors a run of the operators' API has answered, as SHA-256 of their JSON. A step is done only from a cursor
-- that its run has answered, so that nobody makes up how far an act has come, or what it has found. All of them are
-- kept, because two people may carry out the same proposal at once. They go when the run has ended.
create table run_cursors (
  run  uuid not null,
  hash bytea not null check (length(hash) = 32),
  primary key (run, hash)
);
revoke all on run_cursors from public;
grant select, insert, delete on run_cursors to referendum_operate, referendum_roll;

-- Down Migration

drop table run_cursors;
