-- Up Migration

-- Spoiled ballots are published beside the options. Only sealed laws have some, and they come with the count.
alter table published_results add column spoiled_count bigint not null default 0;

-- Publishes and gives as migration 0006, and of a law that is counted, everything at once: nothing is on its way any
-- more, and the tally of a sealed law comes whole.
drop function publish_results;
create function publish_results(
  p_law_ids          text[],
  p_is_final         boolean[],
  p_interval_seconds integer,
  p_minimum_votes    integer
) returns table (
  law_id text, oui_count bigint, non_count bigint, published_at timestamptz, spoiled_count bigint
)
language plpgsql
security definer
set search_path = public, pg_temp
as $$
#variable_conflict use_column
declare
  step constant interval := make_interval(secs => p_interval_seconds);
begin
  insert into published_results (law_id)
  select r.law_id from vote_results r
  where r.law_id = any (p_law_ids) and not exists (select from published_results p where p.law_id = r.law_id)
  order by r.law_id
  on conflict do nothing;

  -- Readers take turns in the order of the laws. Who waited decides on what the other has published.
  with due as (
    select p.law_id, r.oui_count as now_oui, r.non_count as now_non, r.spoiled_count as now_spoiled,
      p_minimum_votes <= 1 or asked.is_over and now() >= r.updated_at + step or asked.is_counted as is_all
    from (
      select a.law_id, a.is_final as is_over, l.law_id is not null as is_counted
      from unnest(p_law_ids, p_is_final) as a (law_id, is_final)
      left join laws l on l.law_id = a.law_id and l.reached = 'counted'
    ) as asked
    join vote_results r on r.law_id = asked.law_id
    join published_results p on p.law_id = asked.law_id
    where (r.total_votes - p.held_oui - p.held_non >= p_minimum_votes
        and (p.held_at is null or now() >= p.held_at + step))
      or ((asked.is_counted or asked.is_over and now() >= r.updated_at + step)
        and r.total_votes + r.spoiled_count > p.oui_count + p.non_count + p.spoiled_count)
    order by p.law_id
    for update of p
  )
  update published_results p
  set oui_count = case when due.is_all then due.now_oui else p.held_oui end,
      non_count = case when due.is_all then due.now_non else p.held_non end,
      spoiled_count = due.now_spoiled,
      published_at = case when due.is_all or p.held_at is not null then now() end,
      held_oui = due.now_oui,
      held_non = due.now_non,
      held_at = now()
  from due where due.law_id = p.law_id;

  return query
    select p.law_id, p.oui_count, p.non_count, p.published_at, p.spoiled_count
    from published_results p where p.law_id = any (p_law_ids) and p.published_at is not null;
end
$$;
revoke all on function publish_results from public;
grant execute on function publish_results to referendum_reader;

-- Down Migration

drop function publish_results;
create function publish_results(
  p_law_ids          text[],
  p_is_final         boolean[],
  p_interval_seconds integer,
  p_minimum_votes    integer
) returns table (law_id text, oui_count bigint, non_count bigint, published_at timestamptz)
language plpgsql
security definer
set search_path = public, pg_temp
as $$
#variable_conflict use_column
declare
  step constant interval := make_interval(secs => p_interval_seconds);
begin
  insert into published_results (law_id)
  select r.law_id from vote_results r
  where r.law_id = any (p_law_ids) and not exists (select from published_results p where p.law_id = r.law_id)
  order by r.law_id
  on conflict do nothing;

  -- Readers take turns in the order of the laws. Who waited decides on what the other has published.
  with due as (
    select p.law_id, r.oui_count as now_oui, r.non_count as now_non,
      p_minimum_votes <= 1 or (asked.is_final and now() >= r.updated_at + step) as is_all
    from unnest(p_law_ids, p_is_final) as asked (law_id, is_final)
    join vote_results r on r.law_id = asked.law_id
    join published_results p on p.law_id = asked.law_id
    where (r.total_votes - p.held_oui - p.held_non >= p_minimum_votes
        and (p.held_at is null or now() >= p.held_at + step))
      or (asked.is_final and now() >= r.updated_at + step and r.total_votes > p.oui_count + p.non_count)
    order by p.law_id
    for update of p
  )
  update published_results p
  set oui_count = case when due.is_all then due.now_oui else p.held_oui end,
      non_count = case when due.is_all then due.now_non else p.held_non end,
      published_at = case when due.is_all or p.held_at is not null then now() end,
      held_oui = due.now_oui,
      held_non = due.now_non,
      held_at = now()
  from due where due.law_id = p.law_id;

  return query
    select p.law_id, p.oui_count, p.non_count, p.published_at
    from published_results p where p.law_id = any (p_law_ids) and p.published_at is not null;
end
$$;
revoke all on function publish_results from public;
grant execute on function publish_results to referendum_reader;
alter table published_results drop column spoiled_count;
