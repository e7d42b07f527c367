-- +goose Up

-- By what another provider, and the answer to what a payer wants to know, find an
-- authorization: kind npi is a provider's NPI, member an id of the child, tracking
-- the number of a request for more information; owner is the payer.
insert or ignore into prior_auth_name (kind, owner, value, system, id)
select 'npi', p.payer, substr(i.value->>'Value', 1, 1024), i.value->>'System', p.id
from prior_auth p, json_each(p.doc, '$.provider') i
where i.value->>'System' = 'http://hl7.org/fhir/sid/us-npi' and i.value->>'Value' <> '';

insert or ignore into prior_auth_name (kind, owner, value, system, id)
select 'member', p.payer, substr(i.value->>'Value', 1, 1024), substr(coalesce(i.value->>'System', ''), 1, 1024), p.id
from prior_auth p, json_each(p.doc, '$.member_ids') i
where i.value->>'Value' <> '';

insert or ignore into prior_auth_name (kind, owner, value, system, id)
select 'tracking', p.payer, substr(i.value->>'value', 1, 1024), substr(coalesce(i.value->>'system', ''), 1, 1024), p.id
from prior_auth p, json_each(p.doc, '$.asks') a, json_each(a.value->>'doc', '$.identifier') i
where i.value->>'value' <> '';

-- +goose Down
delete from prior_auth_name where kind in ('npi', 'member', 'tracking');
