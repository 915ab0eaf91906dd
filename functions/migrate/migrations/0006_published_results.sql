-- Up Migration

-- What everybody may see of the tallies: a copy that moves in steps, and the next step, which is held back. A tally that
-- moves with every vote tells choices to whoever holds request ids and looks often: a receipt turns to counted, and one
-- of the two counts is one more.
create table published_results (
  law_id       text primary key,
  oui_count    bigint not null default 0,
  non_count    bigint not null default 0,
  published_at timestamptz,
  held_oui     bigint not null default 0,
  held_non     bigint not null default 0,
  held_at      timestamptz
);

-- Publishes what is due of the tallies of some laws, and gives what is published of them. Every reader gets the same.
--
-- While a law is open, a step is due when the interval since the last one has passed and when it has at least the minimum
-- of new votes: each of these votes hides among the others. It is held back until the step after it is due, so that what
-- is left to publish after the closing has at least as many votes. With a minimum of one, where nothing is hidden, nothing
-- is held back. The choices play no part in the decision. If they did, a step that does not come would tell them.
--
-- p_is_final says that a law closed longer than the interval ago. Then everything is due once no vote has been counted
-- for as long: votes that were accepted just before the end are on their way until then.
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
-- Readers have the function and not the table. They keep vote_results for as long as the release before, which reads it,
-- may come back; a later migration takes it from them.
grant execute on function publish_results to referendum_reader;

-- Down Migration

drop function publish_results;
drop table published_results;
