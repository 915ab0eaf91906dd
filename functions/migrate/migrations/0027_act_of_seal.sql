-- Up Migration

-- Which act has sealed a roll, and the digest that it had then: later acts change the digest. Null for a roll that an
-- earlier release has sealed.
alter table rolls add column sealed_run uuid, add column sealed_digest bytea check (length(sealed_digest) = 32);
grant update (sealed_run, sealed_digest) on rolls to referendum_roll;

-- Down Migration

alter table rolls drop column sealed_run, drop column sealed_digest;
