package compliance

import (
	"github.com/throughline/throughline/mappings/record"
	"github.com/throughline/throughline/program"
)

// outcomeMeasures is what an assessment of the child is to the rules, whatever its
// instrument: the sources name none.
const outcomeMeasures = "outcome_measures"

// measures are the days on which the child was assessed.
func (c *child) measures() []program.Dated {
	var out []program.Dated
	for i := range c.assessments {
		out = append(out, program.Dated{Code: outcomeMeasures, On: day(c.assessments[i].record.On)})
	}
	return out
}

// measured are the scales that an assessment rates, as the rules of a program as a
// whole name them: a survey of users has a total for each.
func (c *child) measured(a *record.Assessment) []program.Dated {
	if day(a.On) > c.asOf {
		return nil
	}
	out := []program.Dated{{Code: word(a.Instrument), On: day(a.On)}}
	for _, t := range a.Totals {
		out = append(out, program.Dated{Code: word(t.ID), On: day(a.On)})
	}
	return out
}
