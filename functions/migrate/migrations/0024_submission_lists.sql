-- Up Migration

-- How the list of submissions (migration 0021) is made and compared with the log, which may have been brought back after
-- a restore (migration 0023). Of the submissions that such a log knew before, the last word of the log decides, whatever
-- it had said earlier.

-- What a log says last of each submission that it knew when it was brought back.
create function last_known(p_law_id text) returns table (request bytea, envelope bytea, status smallint)
language sql stable security definer set search_path = public, pg_temp as $$
  select distinct on (k.request, k.envelope) k.request, k.envelope, k.status
  from log_known k where k.law_id = p_law_id order by k.request, k.envelope, k.beside
$$;

-- Adds recorded submissions to the list, in the order of their ids: at most so many. Gives the last id; null: that was
-- all. At the end comes what the log says is lost, repeated or late, and a restored database does not know.
create function gather_submissions(p_law_id text, p_after text, p_most integer) returns text
language plpgsql security definer set search_path = public, pg_temp as $$
declare
  last text;
begin
  perform refuse_unless_concluded(p_law_id, null);
  with piece as materialized (
    select v.request_id, v.envelope_sha256, v.status, v.promise from vote_audit v
    where v.law_id = p_law_id and v.request_id > p_after order by v.request_id limit p_most
  ), added as (
    insert into law_submissions as s (law_id, request, envelope, status, promise)
    select p_law_id, sha256(convert_to(p.request_id, 'UTF8')),
      coalesce(p.envelope_sha256, decode(repeat('00', 32), 'hex')),
      case p.status when 'lost' then 1 when 'invalid' then 2 when 'duplicate' then 3 when 'counted' then 4 end, p.promise
    from piece p
    on conflict (law_id, request, envelope) do update set status = excluded.status, promise = excluded.promise
  )
  select max(p.request_id) into last from piece p;
  if last is not null then return last; end if;
  insert into law_submissions (law_id, request, envelope, status, promise)
  select p_law_id, sha256(convert_to(r.request_id, 'UTF8')), r.envelope_sha256, 5, r.promise
  from repeated_submissions r where r.law_id = p_law_id
  on conflict do nothing;
  insert into law_submissions (law_id, request, envelope, status)
  select p_law_id, k.request, k.envelope, k.status from last_known(p_law_id) k where k.status in (1, 5, 6)
  on conflict do nothing;
  return null;
end
$$;

-- Compares entries of a law's log with its list: how many are the last word on a submission of the list, and how many
-- the list does not have, or has with an earlier status. Submissions that the log knew when it was brought back are
-- compared once, with the first entries.
create function compare_submissions(p_law_id text, p_from bigint, p_to bigint) returns table (
  matching bigint, differing bigint
) language sql stable security definer set search_path = public, pg_temp as $$
  with compared as (
    select count(*) filter (where s.status = e.status) as matching,
      count(*) filter (where s.status is null
        or (s.status <> e.status and (e.status > 4) = (s.status > 4) and not (e.status <= 4 and e.status < s.status))
        or (s.status > 4 and e.status <= 4)) as differing
    from (
      select substring(l.entry from 2 for 32) as request, substring(l.entry from 34 for 32) as envelope,
        get_byte(l.entry, 65) as status
      from log_entries l
      where l.law_id = p_law_id and l.place >= p_from and l.place < p_to and get_byte(l.entry, 0) = 1
        and octet_length(l.entry) = 66
    ) as e
    left join law_submissions s on s.law_id = p_law_id and s.request = e.request and s.envelope = e.envelope
    where not exists (
      select from log_known k where k.law_id = p_law_id and k.request = e.request and k.envelope = e.envelope)
  ), known as (
    select count(*) filter (where s.status = k.status) as matching,
      count(*) filter (where s.status is distinct from k.status) as differing
    from last_known(p_law_id) k
    left join law_submissions s on s.law_id = p_law_id and s.request = k.request and s.envelope = k.envelope
    where p_from = 0
  )
  select c.matching + k.matching, c.differing + k.differing from compared c, known k
$$;

revoke all on function last_known, gather_submissions, compare_submissions from public;
grant execute on function gather_submissions, compare_submissions to referendum_operate;

-- Down Migration

drop function compare_submissions;
drop function gather_submissions;
drop function last_known;
