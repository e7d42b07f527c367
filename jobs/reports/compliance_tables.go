package reports

import (
	"encoding/csv"
	"encoding/json"
	"io"
	"strconv"

	"github.com/throughline/throughline/gateway"
)

// complianceColumns are the columns of the tables.
var complianceColumns = []string{"program", "rule", "origin", "force", "open", "waived", "came", "went", "source", "title"}

// each gives every rule of every program.
func (c *Compliance) each(f func(program string, r *ComplianceRule) error) error {
	for i := range c.Programs {
		for n := range c.Programs[i].Rules {
			if err := f(c.Programs[i].Name, &c.Programs[i].Rules[n]); err != nil {
				return err
			}
		}
	}
	return nil
}

// complianceJSON is the summary without its findings.
type complianceJSON struct {
	From     string                  `json:"from"`
	AsOf     string                  `json:"as_of"`
	Programs []complianceProgramJSON `json:"programs"`
}

type complianceProgramJSON struct {
	Program string               `json:"program"`
	Title   string               `json:"title"`
	Open    int64                `json:"open"`
	Waived  int64                `json:"waived"`
	Came    int64                `json:"came"`
	Went    int64                `json:"went"`
	Rules   []complianceRuleJSON `json:"rules"`

	Month   string                 `json:"decisions_month,omitempty"`
	Decided *gateway.DecisionCount `json:"decisions,omitempty"`
}

type complianceRuleJSON struct {
	Rule   string `json:"rule"`
	Origin string `json:"origin"`
	Force  string `json:"force"`
	Open   int64  `json:"open"`
	Waived int64  `json:"waived"`
	Came   int64  `json:"came"`
	Went   int64  `json:"went"`
	Source string `json:"source"`
	Title  string `json:"title"`
}

func (c *Compliance) json(w io.Writer) error {
	out := complianceJSON{From: c.From.String(), AsOf: c.AsOf.String(), Programs: []complianceProgramJSON{}}
	for i := range c.Programs {
		p := &c.Programs[i]
		one := complianceProgramJSON{Program: p.Name, Title: p.Title, Open: p.Open, Waived: p.Waived, Came: p.Opened, Went: p.Closed, Rules: []complianceRuleJSON{}}
		for _, r := range p.Rules {
			one.Rules = append(one.Rules, complianceRuleJSON{r.Rule, r.Origin, r.Force, r.Open, r.Waived, r.Opened, r.Closed, r.Source, r.Title})
		}
		if p.Decided != nil {
			one.Month, one.Decided = c.Month(), p.Decided
		}
		out.Programs = append(out.Programs, one)
	}
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(out)
}

func (c *Compliance) csv(w io.Writer) error {
	number := func(n int64) string { return strconv.FormatInt(n, 10) }
	rows := [][]string{complianceColumns}
	_ = c.each(func(program string, r *ComplianceRule) error { // it only gathers
		rows = append(rows, []string{program, r.Rule, r.Origin, r.Force, number(r.Open), number(r.Waived), number(r.Opened), number(r.Closed), r.Source, r.Title})
		return nil
	})
	return csv.NewWriter(w).WriteAll(rows)
}

func (c *Compliance) xlsx(w io.Writer) error {
	book, err := NewWorkbook("Compliance from "+c.From.String()+" to "+c.AsOf.String(), c.AsOf.Time())
	if err != nil {
		return err
	}
	defer func() { _ = book.Close() }() // it only removes its temporary files
	widths := []float64{34, 32, 10, 15, 9, 9, 9, 9, 80, 60}
	columns := make([]Column, len(complianceColumns))
	for i, name := range complianceColumns {
		columns[i] = Column{name, widths[i]}
	}
	err = book.Sheet("Rules", columns, func(row func(...any) error) error {
		return c.each(func(program string, r *ComplianceRule) error {
			return row(program, r.Rule, r.Origin, r.Force, r.Open, r.Waived, r.Opened, r.Closed, r.Source, r.Title)
		})
	})
	if err == nil {
		err = c.decisionSheet(book)
	}
	if err == nil {
		err = book.Sheet("Dictionary", []Column{{"column", 20}, {"meaning", 100}}, func(row func(...any) error) error {
			for _, d := range [][2]any{{"period", c.From.String() + " to " + c.AsOf.String()}, {"origin", "rules: a rule of the program's pack; night: plan, authorization and delivery differ"},
				{"open, waived", "at the end of the period; what is waived rests until a day that a person has said"}, {"came, went", "within the period"},
				{"number", "of the sheet Decisions: as the last run of the rules in " + c.Month() + " found them in force; empty and few where fewer than 11 children are behind it, or it would tell such a number"}} {
				if err := row(d[0], d[1]); err != nil {
					return err
				}
			}
			return nil
		})
	}
	if err != nil {
		return err
	}
	return book.Write(w)
}

// decisionSheet has a row for each number of each program that anything was
// decided in.
func (c *Compliance) decisionSheet(book *Workbook) error {
	columns := []Column{{"program", 34}, {"decision", 20}, {"number", 10}, {"few", 8}, {"meaning", 40}}
	return book.Sheet("Decisions", columns, func(row func(...any) error) error {
		for _, p := range c.Programs {
			for _, n := range p.Numbers() {
				number := any(n.N)
				if n.Few {
					number = nil
				}
				if err := row(p.Name, n.Name, number, n.Few, n.Words); err != nil {
					return err
				}
			}
		}
		return nil
	})
}
