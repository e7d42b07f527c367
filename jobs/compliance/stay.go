package compliance

import (
	"github.com/throughline/throughline/mappings/record"
	"github.com/throughline/throughline/program"
)

// stay is a residential placement of the program, or of none, that has begun. An
// end that is still to come is none.
func (c *child) stay(s *sent[record.Placement], id string) []program.Stay {
	p := &s.record
	if p.Kind != "residential" || p.Program != "" && p.Program != id || day(p.Start) > c.asOf {
		return nil
	}
	out := program.Stay{ID: key(s.partner, p.PlacementID), Person: c.person, Start: day(p.Start), EndAdvisedBy: word(p.AdvisedBy)}
	if end := day(p.End); end != 0 && end <= c.asOf {
		out.End, out.To = end, p.To
	}
	return []program.Stay{out}
}
