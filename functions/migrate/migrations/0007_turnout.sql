-- Up Migration

-- How many voted on a law in each hour, by the time at which their votes were accepted. It is counted as it happens:
-- a reader has one second, and eight million rows take longer. No choice and no voter is in it.
create table turnout_hours (
  law_id text        not null,
  hour   timestamptz not null check (hour = date_trunc('hour', hour, 'UTC')),
  voted  bigint      not null check (voted >= 0),
  primary key (law_id, hour)
);

-- The size of each roll, for the same reason.
create table roll_sizes (
  law_id text   primary key,
  voters bigint not null check (voters >= 0)
);

insert into turnout_hours (law_id, hour, voted)
select law_id, date_trunc('hour', "timestamp", 'UTC'), count(*) from vote_audit where status = 'counted' group by 1, 2;

insert into roll_sizes (law_id, voters) select law_id, count(*) from voter_roll group by 1;

-- Adds to the hours what a statement changed in the audit: once for each statement, whoever made it. Rows are taken in
-- the order of their laws and hours, after the rows of vote_results, so that two batches cannot wait for each other.
create function add_to_turnout() returns trigger language plpgsql security definer
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

-- An audit row that is updated has risen: what is counted now was not before.
create function add_risen_to_turnout() returns trigger language plpgsql security definer
set search_path = public, pg_temp as $$
begin
  insert into turnout_hours as t (law_id, hour, voted)
  select n.law_id, date_trunc('hour', n."timestamp", 'UTC'), count(*)
  from new_rows n join old_rows o on o.request_id = n.request_id
  where n.status = 'counted' and o.status <> 'counted' group by 1, 2 order by 1, 2
  on conflict (law_id, hour) do update set voted = t.voted + excluded.voted;
  return null;
end
$$;

create function add_to_roll_size() returns trigger language plpgsql security definer
set search_path = public, pg_temp as $$
begin
  if tg_op = 'DELETE' then
    update roll_sizes s set voters = s.voters - gone.voters
    from (select law_id, count(*) as voters from old_rows group by 1) as gone where s.law_id = gone.law_id;
  else
    insert into roll_sizes as s (law_id, voters)
    select law_id, count(*) from new_rows group by 1 order by 1
    on conflict (law_id) do update set voters = s.voters + excluded.voters;
  end if;
  return null;
end
$$;

create trigger turnout_of_new after insert on vote_audit
  referencing new table as new_rows for each statement execute function add_to_turnout();
create trigger turnout_of_risen after update on vote_audit
  referencing old table as old_rows new table as new_rows for each statement execute function add_risen_to_turnout();
create trigger turnout_of_gone after delete on vote_audit
  referencing old table as old_rows for each statement execute function add_to_turnout();
create trigger roll_size_of_new after insert on voter_roll
  referencing new table as new_rows for each statement execute function add_to_roll_size();
create trigger roll_size_of_gone after delete on voter_roll
  referencing old table as old_rows for each statement execute function add_to_roll_size();

-- The turnout of a law as everybody may know it: one row per hour in order, with the size of the roll beside it; one row
-- without an hour while nobody has voted. An hour of fewer than p_minimum voters is joined with those that follow until
-- they are enough, and what is left at the end with the hours before it.
create function turnout(p_law_id text, p_minimum bigint)
returns table (eligible bigint, from_time timestamptz, until_time timestamptz, voted bigint)
language plpgsql stable security definer
set search_path = public, pg_temp as $$
declare
  one      record;
  began    timestamptz;
  ended    timestamptz;
  together bigint := 0;
begin
  eligible := coalesce((select s.voters from roll_sizes s where s.law_id = p_law_id), 0);
  for one in
    select h.hour, h.voted from turnout_hours h where h.law_id = p_law_id and h.voted > 0 order by h.hour
  loop
    -- What is complete waits for what comes after it, which may be too little to stand alone.
    if together >= p_minimum and began is not null then
      if (select sum(h.voted) from turnout_hours h where h.law_id = p_law_id and h.hour >= one.hour) >= p_minimum then
        from_time := began; until_time := ended; voted := together;
        return next;
        began := null;
        together := 0;
      end if;
    end if;
    began := coalesce(began, one.hour);
    ended := one.hour + interval '1 hour';
    together := together + one.voted;
  end loop;
  from_time := began; until_time := ended; voted := together;
  return next;
end
$$;

-- Nobody but the function reads the hours for the public, and nobody but the triggers writes them.
revoke all on function turnout, add_to_turnout, add_risen_to_turnout, add_to_roll_size from public;
grant execute on function turnout to referendum_reader, referendum_operator, referendum_auditor;

-- Down Migration

drop trigger roll_size_of_gone on voter_roll;
drop trigger roll_size_of_new on voter_roll;
drop trigger turnout_of_gone on vote_audit;
drop trigger turnout_of_risen on vote_audit;
drop trigger turnout_of_new on vote_audit;
drop function turnout, add_to_roll_size, add_risen_to_turnout, add_to_turnout;
drop table roll_sizes, turnout_hours;
