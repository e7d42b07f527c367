package reports

import (
	"cmp"
	"html/template"
	"slices"

	"github.com/throughline/throughline/ledger"
)

// Found takes one finding into the list of those to look at first.
func (p *Page) Found(f *ledger.FindingRow) {
	p.findings = append(p.findings, f.Finding)
	if len(p.findings) >= 2*shown {
		p.cutFindings()
	}
}

// cutFindings keeps the oldest ones.
func (p *Page) cutFindings() {
	slices.SortStableFunc(p.findings, func(a, b ledger.Finding) int {
		return cmp.Or(cmp.Compare(b.Days, a.Days), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Ref, b.Ref), cmp.Compare(a.Item, b.Item))
	})
	p.findings = p.findings[:min(len(p.findings), shown)]
}

// countRow is one kind with its words.
type countRow struct {
	Name, Words string
	N           int64
}

func (p *Page) findingRows() (rows []countRow, all int64) {
	for _, k := range ledger.FindingKinds {
		if n := p.Summary.Findings[k.Kind]; n > 0 {
			rows = append(rows, countRow{string(k.Kind), k.Words, n})
			all += n
		}
	}
	return rows, all
}

// flagWords are the flags of lines that come from plans and teams.
var flagWords = []countRow{
	{Name: ledger.NotInPlan, Words: "Delivered, but no plan of care in force on the date promises it"},
	{Name: ledger.ProviderNotOnTeam, Words: "Delivered by a provider that the care team in force does not name"},
	{Name: ledger.NotIndependent, Words: "Delivered by the coordinator's own agency where the program asks for independence"},
}

func (p *Page) flagRows() (rows []countRow) {
	for _, f := range flagWords {
		if f.N = p.Summary.Flags[f.Name]; f.N > 0 {
			rows = append(rows, f)
		}
	}
	return rows
}

func countChart(title string, rows []countRow) template.HTML {
	var bars []bar
	for _, r := range rows {
		bars = append(bars, bar{r.Name, []int64{0, r.N}, thousands(r.N)})
	}
	return chart("chart-findings", title, bars)
}
