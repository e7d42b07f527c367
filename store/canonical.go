package store

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/throughline/throughline/gateway"
)

// behindRules are the types of resources about a child that records of the rules
// are made of. What only stands in the ledger is not among them.
const behindRules = `('CarePlan', 'CareTeam', 'RelatedPerson', 'Goal', 'Condition', 'Observation', 'ServiceRequest', 'Task', 'Appointment', 'Communication',
	'DocumentReference', 'QuestionnaireResponse', 'Encounter', 'Basic', 'Consent')`

// canonical reads the resources of a condition on r in the version in force as of
// the watermark $1, which a later version may have taken over since.
func canonical(where string) string {
	return fmt.Sprintf(`select r.person, r.type, r.id, r.source, r.seq, r.json from resource r where %[1]s and r.seq <= $1 and r.json is not null
		union all select r.person, h.type, h.id, h.source, h.seq, h.json from resource r cross join resource_history h
		where %[1]s and h.type = r.type and h.id = r.id and r.seq > $1 and h.seq <= $1 and h.json is not null and not exists (
			select 1 from resource_history n where n.type = h.type and n.id = h.id and n.seq <= $1 and n.version > h.version)
		order by 1, 2, 3`, where)
}

// foreignTo is the condition that a resource came by a message that brought no record
// of its person: native FHIR, HL7 v2, an answer to somebody else's referral. Of what
// has changed since the watermark $1 nobody knows: it may have been foreign then.
const foreignTo = `(u.seq > $1 or not exists (select 1 from record_fact f where f.bucket = %s and f.person = u.person and f.known = u.seq))`

// StreamResources calls f for every child of a bucket who has resources that no
// record says, with all its resources that records are made of: in the version in
// force as of the watermark, by type and id. The slice is good until f returns. Joins
// and conditions are written so that both databases walk the persons of the bucket:
// no index of types is wanted here.
func (s *Store) StreamResources(ctx context.Context, bucket int, known int64, f func(person string, rs []gateway.StoredResource) error) error {
	where := `r.type || '' in ` + behindRules + ` and r.person <> '' and r.person >= $2 and r.person < $3 and r.person in (select u.person from resource u where u.type || '' in ` + behindRules +
		` and u.person <> '' and u.person >= $2 and u.person < $3 and ` + fmt.Sprintf(foreignTo, "$4") + `)`
	var person string
	var rs []gateway.StoredResource
	flush := func() error {
		if len(rs) == 0 {
			return nil
		}
		return f(person, rs)
	}
	err := s.eachResource(ctx, canonical(where), func(p string, r gateway.StoredResource) error {
		if p != person {
			if err := flush(); err != nil {
				return err
			}
			person, rs = p, rs[:0]
		}
		rs = append(rs, r)
		return nil
	}, known, fmt.Sprintf("%02x", bucket), fmt.Sprintf("%02xg", bucket), bucket) // keys are hexadecimal
	if err != nil {
		return err
	}
	return flush()
}

// StaffResources are the roles of practitioners that no record says, with their
// practitioners and what is kept beside them.
func (s *Store) StaffResources(ctx context.Context, known int64) (out []gateway.StoredResource, err error) {
	role := `r.type = 'PractitionerRole' and r.person = '' and r.id in (select u.id from resource u where u.type = 'PractitionerRole' and u.person = '' and ` +
		fmt.Sprintf(foreignTo, "$2") + ")"
	keep := func(_ string, r gateway.StoredResource) error {
		out = append(out, r)
		return nil
	}
	if err := s.eachResource(ctx, canonical(role), keep, known, staffBucket); err != nil || len(out) == 0 {
		return nil, err
	}
	behind := `r.person = '' and (r.type = 'Basic' or r.type = 'Practitioner' and 'Practitioner/' || r.id in (
		select f.target from search_ref f where f.type = 'PractitionerRole' and f.param = 'practitioner'))`
	return out, s.eachResource(ctx, canonical(behind), keep, known)
}

// FundResources calls f for every flexible fund that stands in FHIR and that no record
// says, in the version in force as of the watermark, with the id of the child that all
// partners share (empty = it has none).
func (s *Store) FundResources(ctx context.Context, known int64, f func(person, member string, r gateway.StoredResource) error) error {
	where := `r.type = 'Basic' and r.person <> '' and r.id in (select u.id from resource u where u.type = 'Basic' and u.person <> '' and ` + fmt.Sprintf(foreignTo, "u.bucket") + ")"
	rows, err := s.reading().query(ctx, `select q.person, q.type, q.id, q.source, q.seq, q.json,
		coalesce((select min(x.value) from patient_xref x where x.person = q.person and x.system = $2), '') from (`+canonical(where)+") q", known, s.Policy.MemberSystem)
	if err != nil {
		return err
	}
	return eachRow(rows, func() error {
		var person, member string
		var r gateway.StoredResource
		if err := rows.Scan(&person, &r.Type, &r.ID, &r.Source, &r.Known, &r.JSON, &member); err != nil {
			return err
		}
		return f(person, member, r)
	})
}

// NamedResources are those of the resources about no child that references ("Type/id")
// name, in the version in force as of the watermark.
func (s *Store) NamedResources(ctx context.Context, refs []string, known int64) (out []gateway.StoredResource, err error) {
	for page := range slices.Chunk(refs, namedPage) {
		args := []any{known}
		var pairs []string
		for _, ref := range page {
			typ, id, _ := strings.Cut(ref, "/")
			pairs = append(pairs, "("+bind(&args, typ)+", "+bind(&args, id)+")")
		}
		where := "r.person = '' and (r.type, r.id) in (values " + strings.Join(pairs, ", ") + ")"
		if err := s.eachResource(ctx, canonical(where), func(_ string, r gateway.StoredResource) error {
			out = append(out, r)
			return nil
		}, args...); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// namedPage is how many references one statement asks for.
const namedPage = 500

func (s *Store) eachResource(ctx context.Context, text string, f func(person string, r gateway.StoredResource) error, args ...any) error {
	rows, err := s.reading().query(ctx, text, args...)
	if err != nil {
		return err
	}
	return eachRow(rows, func() error {
		var person string
		var r gateway.StoredResource
		if err := rows.Scan(&person, &r.Type, &r.ID, &r.Source, &r.Known, &r.JSON); err != nil {
			return err
		}
		return f(person, r)
	})
}
