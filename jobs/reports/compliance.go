package reports

import (
	_ "embed"
	"html/template"
	"io"

	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/ledger"
)

// Compliance is how the programs stand: one page for all of them.
type Compliance struct {
	From, AsOf ledger.Day
	Programs   []ComplianceProgram
}

// ComplianceProgram is one program with its rules and its oldest open findings.
type ComplianceProgram struct {
	Name                         string
	Open, Waived, Opened, Closed int64
	Rules                        []ComplianceRule
	Oldest                       []*gateway.Finding
}

// ComplianceRule is one rule, or one kind of the night's, with its source.
type ComplianceRule struct {
	gateway.FindingPeriod
	Source string
}

// Add takes the figures of a program in. source says where a rule comes from.
func (c *Compliance) Add(program string, periods []gateway.FindingPeriod, oldest []*gateway.Finding, source func(rule string) string) {
	p := ComplianceProgram{Name: program, Oldest: oldest}
	for _, f := range periods {
		p.Open, p.Waived, p.Opened, p.Closed = p.Open+f.Open, p.Waived+f.Waived, p.Opened+f.Opened, p.Closed+f.Closed
		p.Rules = append(p.Rules, ComplianceRule{f, source(f.Rule)})
	}
	c.Programs = append(c.Programs, p)
}

// Chart draws the open and the waived findings of the rules.
func (p ComplianceProgram) Chart() template.HTML {
	var bars []bar
	for _, r := range p.Rules {
		bars = append(bars, bar{r.Rule, []int64{0, r.Waived, r.Open}, thousands(r.Open + r.Waived)})
	}
	return chart("chart-"+p.Name, "Open and waived findings of "+p.Name, bars)
}

// Most is how many findings the page shows of a program.
func (c *Compliance) Most() int64 { return shown }

//go:embed compliance.html
var compliancePage string

// Write writes the summary: html, csv, json or xlsx. The page shows the oldest open
// findings too; the table of all findings has them one by one.
func (c *Compliance) Write(w io.Writer, format string) error {
	switch format {
	case "json":
		return c.json(w)
	case "csv":
		return c.csv(w)
	case "xlsx":
		return c.xlsx(w)
	}
	return writePage(w, compliancePage, c)
}
