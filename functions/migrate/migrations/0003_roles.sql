-- Up Migration

-- A role for each purpose: reader (the tally) and writer (recording outcomes) are those of functions; the operator loads
-- rolls and compares, the auditor only reads; the owner of tables and functions cannot log in. Who migrates is the
-- database's administrator, and nobody else logs in as that.
do $$
begin
  if not exists (select from pg_roles where rolname = 'referendum_owner') then create role referendum_owner nologin; end if;
  if not exists (select from pg_roles where rolname = 'referendum_operator') then create role referendum_operator login; end if;
  if not exists (select from pg_roles where rolname = 'referendum_auditor') then create role referendum_auditor login; end if;
  -- On RDS a role that authenticates by IAM token is a member of rds_iam. The owner is not: its members include whoever
  -- migrates.
  if exists (select from pg_roles where rolname = 'rds_iam') then
    grant rds_iam to referendum_operator, referendum_auditor;
  end if;
end
$$;
grant referendum_owner to current_user;
-- Where functions log in as whoever migrates they take their roles from there. Not on RDS, where they log in as their roles.
do $$
begin
  if not exists (select from pg_roles where rolname = 'rds_iam') then
    grant referendum_reader, referendum_writer to current_user;
  end if;
end
$$;

-- A reader gives up after a second: one that waits for long holds what votes need.
alter role referendum_reader set statement_timeout = '1s';
alter role referendum_auditor set default_transaction_read_only = on;

grant usage on schema public to referendum_operator, referendum_auditor;
grant usage, create on schema public to referendum_owner;
grant select on all tables in schema public to referendum_operator, referendum_auditor;
-- Loading a roll, and the planner's figures of it.
grant insert, maintain on voter_roll to referendum_operator;
grant insert on rolls to referendum_operator;
-- Submissions that were lost with a database that was restored lose their traces (npm run ops -- mark-lost).
grant delete on vote_audit, duplicate_attempts to referendum_operator;
-- Tables of later migrations: read by both; what else an operator may do, each migration says.
alter default privileges in schema public grant select on tables to referendum_operator, referendum_auditor;
alter default privileges in schema public revoke execute on functions from public;

-- Gives what a migration made to the owner who cannot log in. The table of migrations stays with whoever migrates.
create function hand_over_ownership() returns void language plpgsql set search_path = public, pg_temp as $$
declare
  mine record;
begin
  for mine in
    select format('alter %s %I.%I owner to referendum_owner',
             case c.relkind when 'v' then 'view' when 'm' then 'materialized view' when 'S' then 'sequence' else 'table' end,
             n.nspname, c.relname) as statement
    from pg_class c
    join pg_namespace n on n.oid = c.relnamespace
    where n.nspname = 'public' and c.relkind in ('r', 'p', 'v', 'm', 'S') and c.relname not like 'schema\_migrations%'
      and c.relowner <> 'referendum_owner'::regrole
      -- A column's own sequence changes hands with its table.
      and not exists (select from pg_depend d where d.objid = c.oid and d.deptype in ('a', 'i') and c.relkind = 'S')
    union all
    select format('alter routine %s owner to referendum_owner', p.oid::regprocedure)
    from pg_proc p
    join pg_namespace n on n.oid = p.pronamespace
    where n.nspname = 'public' and p.proowner <> 'referendum_owner'::regrole
  loop
    execute mine.statement;
  end loop;
end
$$;
revoke all on function hand_over_ownership from public;

-- Down Migration

drop function hand_over_ownership;
alter default privileges in schema public grant execute on functions to public;
alter default privileges in schema public revoke select on tables from referendum_operator, referendum_auditor;
revoke all on all tables in schema public from referendum_operator, referendum_auditor;
alter role referendum_reader set statement_timeout = '4s';
