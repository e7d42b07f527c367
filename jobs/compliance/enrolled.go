package compliance

import "github.com/throughline/throughline/program"

// enrolled are the spans of the program that hold on the day, one for each start:
// those of the ledger, which knows who may enroll and whom an 834 took out again.
// The coordinator comes from the record of the span.
func (c *child) enrolled(id string) []program.Enrollment {
	var out []program.Enrollment
	for _, s := range c.spans {
		if s.Program != id {
			continue
		}
		e := program.Enrollment{ID: s.Partner + "/" + id + "|" + s.Start.String(), Person: c.person}
		for i := range c.enrollments {
			if r := &c.enrollments[i]; string(r.partner) == s.Partner && r.record.Program == id && r.record.Start.Day() == s.Start && r.record.Coordinator != "" {
				e.Coordinator = key(r.partner, r.record.Coordinator)
			}
		}
		if n := len(out); n > 0 && out[n-1].ID == e.ID { // paid by two payers
			if e.Coordinator != "" {
				out[n-1] = e
			}
			continue
		}
		out = append(out, e)
	}
	return out
}
