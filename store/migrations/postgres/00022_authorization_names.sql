-- +goose Up

-- By what another provider, and the answer to what a payer wants to know, find an
-- authorization: kind npi is a provider's NPI, member an id of the child, tracking
-- the number of a request for more information; owner is the payer.
insert into prior_auth_name (kind, owner, value, system, id)
select 'npi', p.payer, left(i->>'Value', 1024), i->>'System', p.id
from prior_auth p, jsonb_array_elements(coalesce(p.doc::jsonb->'provider', '[]')) i
where i->>'System' = 'http://hl7.org/fhir/sid/us-npi' and i->>'Value' <> '' on conflict do nothing;

insert into prior_auth_name (kind, owner, value, system, id)
select 'member', p.payer, left(i->>'Value', 1024), left(coalesce(i->>'System', ''), 1024), p.id
from prior_auth p, jsonb_array_elements(coalesce(p.doc::jsonb->'member_ids', '[]')) i
where i->>'Value' <> '' on conflict do nothing;

insert into prior_auth_name (kind, owner, value, system, id)
select 'tracking', p.payer, left(i->>'value', 1024), left(coalesce(i->>'system', ''), 1024), p.id
from prior_auth p, jsonb_array_elements(coalesce(p.doc::jsonb->'asks', '[]')) a, jsonb_array_elements(coalesce((a->>'doc')::jsonb->'identifier', '[]')) i
where i->>'value' <> '' on conflict do nothing;

-- +goose Down
delete from prior_auth_name where kind in ('npi', 'member', 'tracking');
