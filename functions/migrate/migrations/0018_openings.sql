-- Up Migration

-- Takes back the only opening of a box, which another list contradicts. Two that are equal stay.
create function withdraw_opening(p_law_id text, p_sha256 bytea) returns boolean language plpgsql
security definer set search_path = public, pg_temp as $$
begin
  perform pg_advisory_xact_lock(1919247204, hashtext(p_law_id));
  delete from openings o using laws l
  where o.law_id = p_law_id and o.number = 1 and o.sha256 = p_sha256
    and l.law_id = p_law_id and l.box_closed and l.reached = 'ready'
    and not exists (select from openings p where p.law_id = p_law_id and p.number = 2);
  return found;
end
$$;
revoke all on function withdraw_opening from public;
grant execute on function withdraw_opening to referendum_operate;

-- Down Migration

drop function withdraw_opening;
