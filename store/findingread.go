package store

import (
	"context"
	"strings"

	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
)

// selectFindings reads whole findings f of a condition, or of more: "where ... order by ...".
// What goes beside each is looked up for those only that it leaves.
func selectFindings(of string) string {
	return "select " + findingColumns + " from (select f.* from finding f " + of + ") f left join finding_seen w on w.origin = f.origin and w.program = " + lookedAt
}

const findingColumns = `f.id, f.opening, f.origin, f.rule, f.kind, f.program, f.person, f.partner, f.record, f.item, f.force, f.violation, f.owner, f.reason, f.cites,
	f.state, f.opened_day, f.opened_run, ` + seenDay + ", " + seenRun + `, f.closed_day, f.closed_run, f.waived_to, f.waived_by, f.waived_why, f.due_day`

// What is true was seen by the newest run that has looked at all findings of its program
// to the end (w), or by a later one, still at work, that has opened or changed it.
const (
	lookedAt = "(select max(v.program) from finding_seen v where v.origin = f.origin and v.program in (f.program, ''))" // a run of all programs leaves no other row
	lastSeen = "f.closed_day = 0 and w.day >= f.seen_day"
	seenDay  = "case when " + lastSeen + " then w.day else f.seen_day end"
	seenRun  = "case when " + lastSeen + " then w.run else f.seen_run end"
)

func scanFinding(row scanner) (*gateway.Finding, error) {
	f := &gateway.Finding{}
	var violation int64
	err := row.Scan(&f.ID, &f.Opening, &f.Origin, &f.Rule, &f.Kind, &f.Program, &f.Person, &f.Partner, &f.Record, &f.Item, &f.Force, &violation, &f.Owner, &f.Reason, &f.Cites,
		&f.State, &f.Opened, &f.OpenedRun, &f.Seen, &f.SeenRun, &f.Closed, &f.ClosedRun, &f.WaivedTo, &f.WaivedBy, &f.WaivedWhy, &f.Due)
	f.Violation = violation == 1
	return f, err
}

// mayFind is the condition that a caller may see a finding: its own record, one
// about a child it has a confirmed relation to, or one about no child of a
// program it oversees. Nil is whoever runs the gateway.
func mayFind(c *gateway.Caller, args *[]any) string {
	if c == nil {
		return "1 = 1"
	}
	own := bind(args, string(c.Partner))
	seen := "(f.partner = " + own + " or f.person <> '' and " + related(*c, "f.person", args)
	if len(c.Scopes) > 0 {
		seen += " or f.person = '' and '" + gateway.ScopeProgram("") + "' || f.program in (" + bindAll(args, c.Scopes) + ")"
	}
	return seen + ")"
}

// Findings lists what the caller may see, the oldest or the nearest first, and the
// cursor of the next page.
func (s *Store) Findings(ctx context.Context, c *gateway.Caller, filter gateway.FindingFilter, p gateway.Paging) (out []*gateway.Finding, next string, err error) {
	var args []any
	where := append([]string{mayFind(c, &args)}, narrowed(filter, &args)...)
	order := "f.opened_day"
	if filter.Nearest {
		order = "case when f.due_day = 0 then 2147483647 else f.due_day end"
	}
	if p.After != "" {
		var at int64 // asked for by itself: a comparison with a query walks no index
		err := s.reading().row(ctx, "select "+order+" from finding f where f.id = $1", p.After).Scan(&at)
		if noRows(err) {
			return nil, "", nil
		}
		if err != nil {
			return nil, "", s.worded(err)
		}
		where = append(where, "("+order+", f.id) > ("+bind(&args, at)+", "+bind(&args, p.After)+")")
	}
	limit := p.Size()
	rows, err := s.reading().query(ctx, selectFindings("where "+strings.Join(where, " and ")+" order by "+order+", f.id limit "+bind(&args, limit+1))+" order by "+order+", f.id", args...)
	if err != nil {
		return nil, "", s.worded(err)
	}
	err = eachRow(rows, func() error {
		f, err := scanFinding(rows)
		out = append(out, f)
		return err
	})
	if len(out) > limit {
		out = out[:limit]
		next = out[limit-1].ID
	}
	return out, next, s.worded(err)
}

// narrowed are the conditions of a filter.
func narrowed(filter gateway.FindingFilter, args *[]any) (where []string) {
	for _, w := range []struct{ column, value string }{{"state", filter.State}, {"origin", filter.Origin}, {"program", filter.Program}, {"rule", filter.Rule}, {"owner", filter.Owner},
		{"kind", filter.Kind}, {"person", filter.Person}} {
		if w.value != "" {
			where = append(where, "f."+w.column+" = "+bind(args, w.value))
		}
	}
	if filter.True || filter.State == gateway.FindingOpen {
		where = append(where, "f.closed_day = 0") // of what is open it follows from the state, and lets the index of what is due serve
	}
	if filter.OpenedBy != 0 {
		where = append(where, "f.opened_day <= "+bind(args, int64(filter.OpenedBy)))
	}
	if filter.DueBy != 0 {
		where = append(where, "f.due_day > 0 and f.due_day <= "+bind(args, int64(filter.DueBy)))
	}
	if filter.Violations {
		where = append(where, "f.violation = 1")
	}
	return where
}

// Finding reads one that the caller may see, with the other openings of the same
// finding, oldest first.
func (s *Store) Finding(ctx context.Context, c *gateway.Caller, id string) (*gateway.Finding, []*gateway.Finding, error) {
	var args []any
	mark := bind(&args, id)
	f, err := scanFinding(s.reading().row(ctx, selectFindings("where f.id = "+mark+" and "+mayFind(c, &args)), args...))
	if noRows(err) {
		return nil, nil, gateway.Faultf("finding", gateway.NotFound, fhir.Issue{Code: "not-found", Found: "no finding with this id", Fix: "see throughline finding list"})
	}
	if err != nil {
		return nil, nil, s.worded(err)
	}
	rows, err := s.reading().query(ctx, selectFindings("where f.key = (select g.key from finding g where g.id = $1) and f.id <> $1")+" order by f.opening", id)
	if err != nil {
		return nil, nil, s.worded(err)
	}
	var others []*gateway.Finding
	err = eachRow(rows, func() error {
		o, err := scanFinding(rows)
		others = append(others, o)
		return err
	})
	return f, others, s.worded(err)
}

// FindingTotals counts by origin, program and rule what the caller may see.
func (s *Store) FindingTotals(ctx context.Context, c *gateway.Caller) (out []gateway.FindingTotal, err error) {
	var args []any
	text := `select f.origin, f.program, f.rule, f.kind, f.force, sum(case when f.state = 'open' then 1 else 0 end),
		sum(case when f.state = 'open' then f.violation else 0 end), sum(case when f.state = 'waived' then 1 else 0 end), sum(case when f.state = 'closed' then 1 else 0 end)
		from finding f where ` + mayFind(c, &args) + " group by f.origin, f.program, f.rule, f.kind, f.force order by f.origin, f.program, f.rule, f.kind, f.force"
	err = s.eachGrouped(ctx, text, args, func(row scanner) error {
		var t gateway.FindingTotal
		err := row.Scan(&t.Origin, &t.Program, &t.Rule, &t.Kind, &t.Force, &t.Open, &t.Violations, &t.Waived, &t.Closed)
		out = append(out, t)
		return err
	})
	return out, s.worded(err)
}
