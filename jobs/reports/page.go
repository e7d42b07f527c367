// Package reports words a run for people: one self-contained page with totals,
// charts that carry their table beside them, and the list of authorizations to
// look at. It holds ids of records, never of members, and loads nothing from
// anywhere. It knows the summary of a run and nothing of where runs are kept.
package reports

import (
	"cmp"
	_ "embed"
	"html/template"
	"io"
	"maps"
	"slices"

	"github.com/throughline/throughline/ledger"
)

// Page is the report of one run.
type Page struct {
	Summary *ledger.Summary
	Files   []File
	Rules   func(ledger.Verdict) string // the law's sentence behind a verdict

	asOf     ledger.Day
	rules    *ledger.Rules
	burn     [burnBands]int64
	expiring list
	under    list
	idle     list
	findings []ledger.Finding
}

// File is a file of the same export.
type File struct {
	Name   string
	Rows   int64
	SHA256 string
}

// NewPage starts the report of a run.
func NewPage(s *ledger.Summary, asOf ledger.Day, rules *ledger.Rules) *Page {
	return &Page{Summary: s, asOf: asOf, rules: rules, Rules: func(ledger.Verdict) string { return "" },
		expiring: list{better: func(a, b *AuthRow) int { return cmp.Or(cmp.Compare(a.DaysLeft, b.DaysLeft), cmp.Compare(a.ID, b.ID)) }},
		under: list{better: func(a, b *AuthRow) int {
			return cmp.Or(cmp.Compare(b.Remaining, a.Remaining), cmp.Compare(a.ID, b.ID), cmp.Compare(a.Partner, b.Partner))
		}},
		idle: list{better: func(a, b *AuthRow) int { return cmp.Or(cmp.Compare(b.DaysSince, a.DaysSince), cmp.Compare(a.ID, b.ID)) }}}
}

// AuthRow is an authorization worth looking at.
type AuthRow struct {
	Partner, ID, Payer, Program string
	Start, End                  string
	Units, Used, Remaining      int64
	BurnBP, DaysLeft, DaysSince int64
}

// burnBands are the columns of the burn chart: unused, four quarters of the
// pace, on pace or ahead.
const burnBands = 6

// Add takes one authorization into the lists.
func (p *Page) Add(u *ledger.Use) {
	if !u.Auth.TakesPart() {
		return
	}
	bp := u.BurnBP(p.asOf)
	if u.Elapsed(p.asOf) > 0 {
		p.burn[band(bp, u.Used)]++
	}
	row := func() *AuthRow {
		a := u.Auth
		return &AuthRow{Partner: a.Partner, ID: a.ID, Payer: a.Payer, Program: a.Program, Start: a.Start.String(), End: a.End.String(), Units: u.Approved(),
			Used: u.Used, Remaining: u.Remaining(), BurnBP: bp, DaysLeft: int64(a.End) - int64(p.asOf), DaysSince: u.DaysSince(p.asOf)}
	}
	if u.Expiring(p.asOf, p.rules) {
		p.expiring.add(row)
	}
	if u.UnderUsed(p.asOf, p.rules) {
		p.under.add(row)
	}
	if u.DaysSince(p.asOf) > 30 && u.Auth.End >= p.asOf && u.Remaining() > 0 {
		p.idle.add(row)
	}
}

func band(bp, used int64) int {
	if used == 0 {
		return 0
	}
	return int(min(max(bp, 0)/2500, burnBands-2)) + 1
}

// shown is how many authorizations a list shows; all of them are in
// authorizations.csv.
const shown = 100

// list keeps the rows to show and counts the rest.
type list struct {
	better func(a, b *AuthRow) int
	All    int64
	rows   []*AuthRow
}

func (l *list) add(row func() *AuthRow) {
	l.All++
	l.rows = append(l.rows, row())
	if len(l.rows) >= 2*shown {
		l.cut()
	}
}

func (l *list) cut() {
	slices.SortFunc(l.rows, l.better)
	l.rows = l.rows[:min(len(l.rows), shown)]
}

// Rows are the rows to show, worst first.
func (l *list) Rows() []*AuthRow {
	l.cut()
	return l.rows
}

// verdictRow is a line of the table of totals.
type verdictRow struct {
	Verdict ledger.Verdict
	ledger.Count
	Words string
}

// order is the order in which verdicts are shown: as the law gives them.
var order = []ledger.Verdict{ledger.Matched, ledger.OverCap, ledger.Exhausted, ledger.WrongPayer, ledger.WrongProvider, ledger.OutsidePeriod, ledger.WrongModifier,
	ledger.WrongCode, ledger.NoAuthorization, ledger.NotEnrolled, ledger.Duplicate, ledger.InvalidLine, ledger.DeniedLine, ledger.UnknownUnit,
	ledger.UnknownOriginal, ledger.Replaced, ledger.Voided, ledger.Void}

func (p *Page) verdicts() []verdictRow {
	var out []verdictRow
	for _, v := range order {
		if n := p.Summary.Verdicts[v]; n != nil {
			out = append(out, verdictRow{v, *n, p.Rules(v)})
		}
	}
	return out
}

// groupRow is a program or payer with what became of its lines.
type groupRow struct {
	Name                   string
	Lines, Matched, Partly int64
	Other                  int64
}

func groups(by map[string]map[ledger.Verdict]int64) []groupRow {
	var out []groupRow
	for _, name := range slices.Sorted(maps.Keys(by)) {
		row := groupRow{Name: cmp.Or(name, "(none)")}
		for v, n := range by[name] {
			row.Lines += n
			switch v {
			case ledger.Matched:
				row.Matched += n
			case ledger.OverCap, ledger.Exhausted:
				row.Partly += n
			default:
				row.Other += n
			}
		}
		out = append(out, row)
	}
	return out
}

//go:embed page.html
var pageText string

// Write renders the page: the same run, the same bytes.
func (p *Page) Write(w io.Writer) error {
	t, err := template.New("page").Funcs(template.FuncMap{"bp": percent, "n": thousands}).Parse(pageText)
	if err != nil {
		return err
	}
	verdicts, programs, payers := p.verdicts(), groups(p.Summary.Programs), groups(p.Summary.Payers)
	found, all := p.findingRows()
	p.cutFindings()
	return t.Execute(w, map[string]any{
		"Found": found, "FoundAll": all, "FoundChart": countChart("Findings by kind", found), "FoundFirst": p.findings, "Flags": p.flagRows(),
		"S": p.Summary, "Balanced": p.Summary.Balanced(), "Verdicts": verdicts, "VerdictChart": verdictChart(verdicts), "Programs": programs,
		"ProgramChart": groupChart("Lines by program", programs), "Payers": payers, "PayerChart": groupChart("Lines by payer", payers),
		"Burn": burnRows(p.burn), "BurnChart": burnChart(burnRows(p.burn)), "Lists": p.lists(), "Files": p.Files, "Shown64": int64(shown),
	})
}

// authList is a list with its heading.
type authList struct {
	ID, Title, Words string
	All              int64
	Rows             []*AuthRow
}

func (p *Page) lists() []authList {
	return []authList{
		{"expiring", "Ending soon", "Approved authorizations that end within the program's window. Ask for the next one, or plan the last services.", p.expiring.All, p.expiring.Rows()},
		{"under-used", "Under-used", "Approved authorizations that burn too slowly for their period: care that was approved and is not happening. Most units left first.", p.under.All, p.under.Rows()},
		{"idle", "No service for more than 30 days", "Approved authorizations with units left that have paid before, but not lately.", p.idle.All, p.idle.Rows()},
	}
}
