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
	Name, Title                  string
	Open, Waived, Opened, Closed int64
	Rules                        []ComplianceRule
	Decided                      *gateway.DecisionCount // nil = nothing was told of the month
	Oldest                       []*gateway.Finding
}

// ComplianceRule is one rule, or one kind of the night's.
type ComplianceRule struct {
	gateway.FindingPeriod
	RuleWords
}

// RuleWords are a rule in words, and where it comes from.
type RuleWords struct{ Title, Source string }

// Add takes the figures of a program in. about tells of its rules.
func (c *Compliance) Add(program, title string, periods []gateway.FindingPeriod, oldest []*gateway.Finding, about func(rule string) RuleWords) {
	p := ComplianceProgram{Name: program, Title: title, Oldest: oldest}
	for _, f := range periods {
		p.Open, p.Waived, p.Opened, p.Closed = p.Open+f.Open, p.Waived+f.Waived, p.Opened+f.Opened, p.Closed+f.Closed
		p.Rules = append(p.Rules, ComplianceRule{f, about(f.Rule)})
	}
	c.Programs = append(c.Programs, p)
}

// Decide adds what was decided in a program that was added, as the run of the rules
// told it last in the month of the period's end; what is held back stays so.
func (c *Compliance) Decide(d *gateway.DecisionCount) {
	for i := range c.Programs {
		if c.Programs[i].Name == d.Program {
			c.Programs[i].Decided = d
		}
	}
}

// Month is that of the period's end.
func (c *Compliance) Month() string { return c.AsOf.String()[:len("2026-01")] }

// decidedWords says what the numbers of decisions are, by name.
var decidedWords = map[string]string{"approved": "Approved", "in-part": "Approved in part", "denied": "Denied", "adverse-notices": "Adverse notices", "open": "Appeals open",
	"upheld": "Upheld on appeal", "overturned": "Overturned, wholly or in part", "withdrawn": "Withdrawn or dismissed", "filed": "Appeals in all"}

// DecidedNumber is a number in words; few says that it is held back.
type DecidedNumber struct {
	Name, Words string
	N           int64
	Few         bool
}

// Numbers are the decisions of the program, in words.
func (p ComplianceProgram) Numbers() (out []DecidedNumber) {
	if p.Decided == nil {
		return nil
	}
	for _, n := range p.Decided.Numbers() {
		out = append(out, DecidedNumber{n.Name, decidedWords[n.Name], *n.N, p.Decided.Held(n.Name)})
	}
	return out
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
