package console

import (
	"cmp"
	"context"
	"net/url"
	"slices"
	"strconv"

	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/ledger"
)

// Findings are what rules and nights do not find in order. Each read takes the
// caller and narrows in SQL; nil is whoever runs the gateway.
type Findings interface {
	Findings(ctx context.Context, c *gateway.Caller, filter gateway.FindingFilter, p gateway.Paging) ([]*gateway.Finding, string, error)
	// Finding is one with its other openings.
	Finding(ctx context.Context, c *gateway.Caller, id string) (*gateway.Finding, []*gateway.Finding, error)
	FindingTotals(ctx context.Context, c *gateway.Caller) ([]gateway.FindingTotal, error)
	FindingEvents(ctx context.Context, id string) ([]gateway.FindingEvent, error)
	FindingEvidence(ctx context.Context, f *gateway.Finding) (*ledger.Finding, error)
	WaiveFinding(ctx context.Context, w gateway.Waiver) error
}

// findingQuery is what was asked for, as it was written.
type findingQuery struct{ State, Owner, Program, Kind, Age, Child string }

// findingsPage is the list and the form that narrows it.
type findingsPage struct {
	Q                       findingQuery
	Findings                []findingRow
	Older                   string
	Owners, Programs, Kinds []string
	Open, Violations        int64 // of all that the visitor may see
	Waived                  int64
	Ages                    []int
}

type findingRow struct {
	*gateway.Finding
	Days  int64  // it has been open
	Child string // address of all about the same child; empty = about none
}

// findingOwners are whose next step a finding can be.
var findingOwners = []string{"coordinator agency", "clinic", "MCO", "state", "operator"}

// findingAges are the days that a finding has been open at least.
var findingAges = []int{7, 30, 90, 365}

// findings lists what is not in order; open ones unless asked otherwise.
func (c *Console) findings(v *visit) (*answer, error) {
	q := findingQuery{cmp.Or(query(v.r, "state"), gateway.FindingOpen), query(v.r, "owner"), query(v.r, "program"), query(v.r, "kind"), query(v.r, "age"), query(v.r, "child")}
	f := gateway.FindingFilter{State: q.State, Owner: q.Owner, Program: q.Program, Kind: q.Kind, Person: q.Child}
	if q.State == "all" {
		f.State = ""
	}
	today := c.today()
	if q.Age != "" {
		days, err := strconv.Atoi(q.Age)
		if err != nil || days < 0 || days > 10000 {
			return nil, gateway.Faultf("console", gateway.Invalid, fhir.Issue{Code: fhir.CodeValue, Path: "age", Found: "an age that is no number of days"})
		}
		f.OpenedBy = today - ledger.Day(days)
	}
	list, next, err := c.Findings.Findings(v.ctx, v.finder(), f, gateway.Paging{After: query(v.r, "after"), Limit: pageSize})
	if err != nil {
		return nil, err
	}
	totals, err := c.Findings.FindingTotals(v.ctx, v.finder())
	if err != nil {
		return nil, err
	}
	page := findingsPage{Q: q, Older: older(v, next), Owners: findingOwners, Ages: findingAges}
	for _, f := range list {
		page.Findings = append(page.Findings, rowOf(f, today))
	}
	page.count(totals)
	return &answer{View: "findings", Title: "Findings", Data: page}, nil
}

func rowOf(f *gateway.Finding, today ledger.Day) findingRow {
	row := findingRow{Finding: f, Days: int64(cmp.Or(f.Closed, today) - f.Opened)}
	if f.Person != "" {
		row.Child = Path + "/findings?state=all&child=" + url.QueryEscape(f.Person)
	}
	return row
}

// count fills the choices of the form and the numbers above the list.
func (p *findingsPage) count(totals []gateway.FindingTotal) {
	for _, t := range totals {
		p.Open, p.Violations, p.Waived = p.Open+t.Open, p.Violations+t.Violations, p.Waived+t.Waived
		p.Programs, p.Kinds = append(p.Programs, t.Program), append(p.Kinds, t.Kind)
	}
	for _, list := range []*[]string{&p.Programs, &p.Kinds} {
		slices.Sort(*list)
		*list = slices.DeleteFunc(slices.Compact(*list), func(s string) bool { return s == "" })
	}
}

// today is the day of the programs.
func (c *Console) today() ledger.Day { return ledger.DayOf(c.Now().In(c.Zone)) }

// finder is in whose name the visitor looks: operators run the gateway.
func (v *visit) finder() *gateway.Caller {
	if v.operator() {
		return nil
	}
	caller := v.partner.Caller()
	return &caller
}
