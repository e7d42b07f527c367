package console

import (
	"cmp"
	"context"
	"io"
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
	// WriteFindings makes a table of what each gives.
	WriteFindings(w io.Writer, each func(add func(*gateway.Finding)) error) error
}

// FindingOwner is the owner of findings whose next step a kind of partner takes;
// empty = none.
func FindingOwner(k gateway.PartnerKind) string {
	if i := slices.IndexFunc(findingOwners, func(o string) bool { return gateway.OwnsFinding(k, o) }); i >= 0 {
		return findingOwners[i]
	}
	return ""
}

// FindingsOf is the page of an owner's open findings, those due first.
func FindingsOf(owner string) string {
	return Path + "/findings?order=due&owner=" + url.QueryEscape(owner)
}

// findingQuery is what was asked for, as it was written.
type findingQuery struct{ State, Owner, Program, Kind, Age, Due, Order, Child string }

// findingsPage is the list and the form that narrows it.
type findingsPage struct {
	Q                       findingQuery
	Findings                []findingRow
	Older                   string
	Owners, Programs, Kinds []string
	Open, Violations        int64 // of all that the visitor may see
	Waived                  int64
	Ages                    []int
	Table                   string // address of the list as a table
}

type findingRow struct {
	*gateway.Finding
	Days  int64  // it has been open
	Child string // address of all about the same child; empty = about none
	Late  int64  // days that it is overdue; 0 = it is not
	Soon  bool   // due within a week
}

// findingOwners are whose next step a finding can be.
var findingOwners = []string{"coordinator agency", "clinic", "MCO", "state", "operator"}

// findingAges are the days that a finding has been open at least.
var findingAges = []int{7, 30, 90, 365}

// findings lists what is not in order; open ones unless asked otherwise.
func (c *Console) findings(v *visit) (*answer, error) {
	today := c.today()
	q, f, err := findingsAsked(v, today)
	if err != nil {
		return nil, err
	}
	if query(v.r, "format") == "csv" {
		return c.findingsTable(v, f), nil
	}
	list, next, err := c.Findings.Findings(v.ctx, v.finder(), f, gateway.Paging{After: query(v.r, "after"), Limit: pageSize})
	if err != nil {
		return nil, err
	}
	totals, err := c.Findings.FindingTotals(v.ctx, v.finder())
	if err != nil {
		return nil, err
	}
	page := findingsPage{Q: q, Older: older(v, next), Owners: findingOwners, Ages: findingAges, Table: asTable(v)}
	for _, f := range list {
		page.Findings = append(page.Findings, rowOf(f, today))
	}
	page.count(totals)
	return &answer{View: "findings", Title: "Findings", Data: page}, nil
}

// findingsAsked reads what is asked for.
func findingsAsked(v *visit, today ledger.Day) (q findingQuery, f gateway.FindingFilter, err error) {
	q = findingQuery{cmp.Or(query(v.r, "state"), gateway.FindingOpen), query(v.r, "owner"), query(v.r, "program"), query(v.r, "kind"), query(v.r, "age"), query(v.r, "due"),
		query(v.r, "order"), query(v.r, "child")}
	f = gateway.FindingFilter{State: q.State, Owner: q.Owner, Program: q.Program, Kind: q.Kind, Person: q.Child, Nearest: q.Order == "due"}
	if q.State == "all" {
		f.State = ""
	}
	if q.Age != "" {
		days, err := strconv.Atoi(q.Age)
		if err != nil || days < 0 || days > 10000 {
			return q, f, gateway.Faultf("console", gateway.Invalid, fhir.Issue{Code: fhir.CodeValue, Path: "age", Found: "an age that is no number of days"})
		}
		f.OpenedBy = today - ledger.Day(days)
	}
	switch q.Due {
	case "":
	case "overdue":
		f.DueBy = today - 1
	case "week":
		f.DueBy = today + 7
	default:
		return q, f, gateway.Faultf("console", gateway.Invalid, fhir.Issue{Code: fhir.CodeValue, Path: "due", Found: "a time that is not known", Allowed: "overdue or week"})
	}
	return q, f, nil
}

// asTable is the address of the same list as a table.
func asTable(v *visit) string {
	q := v.r.URL.Query()
	q.Set("format", "csv")
	q.Del("after")
	return v.r.URL.Path + "?" + q.Encode()
}

// findingsTable is all that is asked for, page by page.
func (c *Console) findingsTable(v *visit, f gateway.FindingFilter) *answer {
	return &answer{File: &File{Name: "findings-" + c.today().String() + ".csv", Type: "text/csv; charset=utf-8", Write: func(w io.Writer) error {
		return c.Findings.WriteFindings(w, func(add func(*gateway.Finding)) error {
			page := gateway.Paging{Limit: 1000}
			for {
				list, next, err := c.Findings.Findings(v.ctx, v.finder(), f, page)
				if err != nil {
					return err
				}
				for _, one := range list {
					add(one)
				}
				if page.After = next; next == "" {
					return nil
				}
			}
		})
	}}}
}

func rowOf(f *gateway.Finding, today ledger.Day) findingRow {
	row := findingRow{Finding: f, Days: int64(cmp.Or(f.Closed, today) - f.Opened)}
	if f.State == gateway.FindingOpen && f.Due != 0 {
		day := dueOn(f.Due, today)
		row.Late, row.Soon = day.Late, day.Soon
	}
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
