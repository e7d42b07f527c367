package store

import (
	"cmp"
	"context"
	"strings"

	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/ledger"
)

// The newest version of every enrollment span that holds a day ($1).
const spansInForce = `select f.bucket, f.person, f.payer, f.program, f.start_day from span_fact f where f.start_day <= $1 and f.end_day >= $1 and not exists (select 1 from span_fact n
	where n.bucket = f.bucket and n.person = f.person and n.payer = f.payer and n.program = f.program and n.start_day = f.start_day and n.known > f.known)`

// RollUp gives a row for every enrolled child, program and group: what is open
// and what was used of it. A child in two programs, or two groups, has a row for
// each; a child in no group has an empty one. Groups are payers, programs (then
// the second dimension is the payer), counties, or clinics by their scopes.
func (s *Store) RollUp(ctx context.Context, by gateway.RollUpBy, asOf ledger.Day, clinics map[string]string, f func(*gateway.RollUpRow) error) error {
	args := []any{int64(asOf)}
	names := "select distinct c.person, c.payer as name from cur c"
	county := func(string, string) string { return "" }
	switch by {
	case gateway.ByClinic:
		names = clinicNames(clinics, &args)
	case gateway.ByCounty:
		names = "select '' as person, '' as name"
		var err error
		if county, err = s.counties(ctx, asOf); err != nil {
			return err
		}
	}
	rows, err := s.read.QueryContext(ctx, `with cur as (`+spansInForce+`), prog as (select distinct c.bucket, c.person, c.program from cur c where c.program <> ''), grp as (`+names+`)
		select p.person, p.program, coalesce(g.name, ''),
		(select count(*) from finding f where f.person = p.person and f.program = p.program and f.state = 'open'),
		(select count(*) from finding f where f.person = p.person and f.program = p.program and f.state = 'open' and f.violation = 1),
		(select coalesce(sum(u.units), 0) from auth_use u where `+usesOf+`), (select coalesce(sum(u.used), 0) from auth_use u where `+usesOf+`)
		from prog p left join grp g on g.person = p.person`, args...)
	if err != nil {
		return s.worded(err)
	}
	return s.worded(eachRow(rows, func() error {
		var person string
		var r gateway.RollUpRow
		if err := rows.Scan(&person, &r.Column, &r.Group, &r.Open, &r.Violations, &r.Approved, &r.Used); err != nil {
			return err
		}
		switch by {
		case gateway.ByProgram:
			r.Group, r.Column = r.Column, r.Group
		case gateway.ByCounty:
			r.Group = county(person, r.Column)
		}
		return f(&r)
	}))
}

// usesOf is the condition on an authorization of a child and program in the
// newest night that is published.
const usesOf = `u.run = (select max(n.no) from run n where n.id in (select q.run from run_published q) and n.base = 0) and u.bucket = p.bucket and u.person = p.person
	and u.program = p.program and u.status in ('approved', 'partial')`

// clinicNames joins children to the clinics that serve them on the day.
func clinicNames(clinics map[string]string, args *[]any) string {
	if len(clinics) == 0 {
		return "select '' as person, '' as name"
	}
	var cases strings.Builder
	scopes := make([]string, 0, len(clinics))
	for scope, name := range clinics {
		scopes = append(scopes, scope)
		cases.WriteString(" when " + bind(args, scope) + " then " + bind(args, name))
	}
	return "select distinct rel.person, case rel.scope" + cases.String() + " end as name from relation rel where rel.confirmed = 1 and rel.why <> 'consent' and rel.lo <= $1 and rel.hi >= $1 and rel.scope in (" + bindAll(args, scopes) + ")"
}

// counties finds the county of a child in a program on the day: what its
// enrollments in force state, those in the program first and of several the one
// that began last; where none states any, the county of its address.
func (s *Store) counties(ctx context.Context, asOf ledger.Day) (func(person, program string) string, error) {
	stated, err := s.enrolledCounties(ctx, asOf)
	if err != nil {
		return nil, err
	}
	lives, err := s.addressCounties(ctx)
	return func(person, program string) string {
		return cmp.Or(stated[[2]string{person, program}], stated[[2]string{person, ""}], lives[person])
	}, err
}

// enrolledCounties are those of enrollments, by person and program, and by person
// alone. A version of an enrollment that states no county does not take back
// that of an earlier one.
func (s *Store) enrolledCounties(ctx context.Context, asOf ledger.Day) (map[[2]string]string, error) {
	out := map[[2]string]string{}
	rows, err := s.read.QueryContext(ctx, `with cur as (`+spansInForce+`) select c.person, c.program, c.county from (select d.*, (select n.county from span_fact n
		where n.bucket = d.bucket and n.person = d.person and n.payer = d.payer and n.program = d.program and n.start_day = d.start_day and n.county <> ''
		order by n.known desc limit 1) as county from cur d) c where c.county is not null order by c.start_day, c.payer, c.program`, int64(asOf))
	if err != nil {
		return nil, s.worded(err)
	}
	err = eachRow(rows, func() error {
		var person, program, county string
		if err := rows.Scan(&person, &program, &county); err != nil {
			return err
		}
		out[[2]string{person, program}], out[[2]string{person, ""}] = county, county
		return nil
	})
	return out, s.worded(err)
}

// addressCounties are the counties of all who have an address with one
// (Address.district).
func (s *Store) addressCounties(ctx context.Context) (map[string]string, error) {
	out := map[string]string{}
	rows, err := s.read.QueryContext(ctx, "select person, json from resource where type = 'Patient' and person <> '' and json is not null order by seq")
	if err != nil {
		return nil, s.worded(err)
	}
	err = eachRow(rows, func() error {
		var person string
		var text []byte
		if err := rows.Scan(&person, &text); err != nil {
			return err
		}
		r, _ := fhir.Parse(text, fhir.Limits{})
		if r == nil {
			return nil
		}
		for _, a := range r.Get("address").Items() {
			if d := strings.TrimSpace(a.Get("district").Text()); d != "" && a.Get("use").Text() != "old" {
				out[person] = d
			}
		}
		return nil
	})
	return out, s.worded(err)
}
