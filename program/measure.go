package program

import (
	"fmt"
	"slices"
)

// Measure wants these collected: for the program as a whole, or for every child.
type Measure struct {
	Items      []string
	Per        string // program or person
	WithinDays int    // not older than this; 0 = the source gives none
}

func (m *Measure) judge(r *Rule, f *Facts, asOf Day) []breach {
	if m.Per == "program" {
		return ofProgram(f, dated(m.Items, f.Measures, asOf, m.WithinDays, "%s is not measured"))
	}
	return each(r, f.Plans, func(p *Plan) []gap { return dated(m.Items, p.Measures, asOf, m.WithinDays, "%s is not collected") })
}

// Monitor wants the program to watch these.
type Monitor struct {
	Items      []string
	WithinDays int // looked at not longer ago; 0 = the source gives none
}

func (m *Monitor) judge(_ *Rule, f *Facts, asOf Day) []breach {
	return ofProgram(f, dated(m.Items, f.Watches, asOf, m.WithinDays, "nobody watches %s"))
}

// ofProgram are gaps that the program as a whole answers for.
func ofProgram(f *Facts, gaps []gap) []breach {
	var out []breach
	for _, g := range gaps {
		out = append(out, breach{subject: f.Program, item: g.item, reason: g.reason})
	}
	return out
}

// dated is a gap for every item that was not seen up to the day, or not lately.
func dated(items []string, seen []Dated, asOf Day, within int, never string) []gap {
	last := map[string]Day{}
	for _, s := range seen {
		if s.On <= asOf {
			last[s.Code] = max(last[s.Code], s.On)
		}
	}
	var out []gap
	for _, item := range items {
		on := last[item]
		switch {
		case on == 0:
			out = append(out, gap{item, fmt.Sprintf(never, word(item))})
		case within > 0 && int(asOf-on) > within:
			out = append(out, gap{item, fmt.Sprintf("%s: last on %s; the longest is %d days", word(item), on, within)})
		}
	}
	return out
}

// FlexibleFunds wants no budget overspent and every spend approved and for a
// need of the plan.
type FlexibleFunds struct{}

func (*FlexibleFunds) judge(r *Rule, f *Facts, _ Day) []breach {
	return each(r, f.Budgets, func(b *Budget) []gap {
		var out []gap
		left := b.Cents
		for _, s := range b.Spends {
			left -= s.Cents
			if s.Approver == "" {
				out = append(out, gap{s.ID + "/approver", fmt.Sprintf("spend %s was approved by nobody", s.ID)})
			}
			if s.Need == "" {
				out = append(out, gap{s.ID + "/need", fmt.Sprintf("spend %s names no need", s.ID)})
			}
		}
		if left < 0 {
			out = append(out, whole("%d.%02d dollars more were spent than the budget has", -left/100, -left%100)...)
		}
		return out
	})
}

// StayMeasured wants what a length of stay and a return home are counted from.
type StayMeasured struct {
	Items []string // length_of_stay, return_home
}

func (m *StayMeasured) judge(r *Rule, f *Facts, _ Day) []breach {
	return each(r, f.Stays, func(s *Stay) []gap {
		var out []gap
		if slices.Contains(m.Items, "length_of_stay") && s.Start == 0 {
			out = append(out, gap{"length_of_stay", "the stay has no first day"})
		}
		if slices.Contains(m.Items, "return_home") && s.End != 0 && s.To == "" {
			out = append(out, gap{"return_home", fmt.Sprintf("the stay ended on %s, and where the child went is not stated", s.End)})
		}
		return out
	})
}

// StepDown wants a residential stay to end by the recommendation of one body.
type StepDown struct {
	By string
}

func (d *StepDown) judge(r *Rule, f *Facts, asOf Day) []breach {
	return each(r, f.Stays, func(s *Stay) []gap {
		if s.End == 0 || s.End > asOf || s.EndAdvisedBy == d.By {
			return nil
		}
		return whole("the stay ended on %s without a recommendation of the %s", s.End, word(d.By))
	})
}
