package compliance

import (
	"slices"

	"github.com/throughline/throughline/mappings/record"
	"github.com/throughline/throughline/program"
)

// planningOf are the words of the rules for planning of others, by kind of meeting.
var planningOf = map[string]string{"case-plan": "case_plan", "iep": "iep", "multidisciplinary-review": "multidisciplinary_review", "placement": "placement_determination"}

// linkedTo are the plans of others that belong to a plan, or to the child as such.
func (c *child) linkedTo(p *record.CarePlan) []*record.LinkedPlan {
	var out []*record.LinkedPlan
	for i := range c.linked {
		if l := &c.linked[i].record; l.PlanID == "" || l.PlanID == p.PlanID {
			out = append(out, l)
		}
	}
	return out
}

// related is the planning of others: joined when the coordinator takes part in each
// of a kind, or came to a meeting of the kind.
func (c *child) related(linked []*record.LinkedPlan) []program.Related {
	var out []program.Related
	at := func(code string) *program.Related {
		i := slices.IndexFunc(out, func(r program.Related) bool { return r.Code == code })
		if i < 0 {
			out = append(out, program.Related{Code: code, Joined: true})
			i = len(out) - 1
		}
		return &out[i]
	}
	for _, l := range linked {
		r := at(word(l.Kind))
		r.Joined = r.Joined && l.Joined && day(l.JoinedOn) <= c.asOf
	}
	for i := range c.meetings {
		m := &c.meetings[i].record
		if code := planningOf[m.Kind]; code != "" && m.Status == "fulfilled" && dayOf(m.At) <= c.asOf {
			came := slices.ContainsFunc(m.Attendees, func(a record.Attendee) bool { return a.Attended && a.Role == "care-coordinator" })
			known := slices.ContainsFunc(out, func(r program.Related) bool { return r.Code == code })
			r := at(code)
			r.Joined = came || known && r.Joined
		}
	}
	return out
}

// involved are the child-serving systems on the team, and those with plans or
// documents of their own; their documents are at hand from a day on.
func (c *child) involved(t *record.CareTeam, linked []*record.LinkedPlan) []program.System {
	var out []program.System
	at := func(code string) *program.System {
		i := slices.IndexFunc(out, func(s program.System) bool { return s.Code == code })
		if i < 0 {
			out = append(out, program.System{Code: code})
			i = len(out) - 1
		}
		return &out[i]
	}
	for i := range t.Members {
		if m := &t.Members[i]; systems[m.Role] != "" && c.holds(m.Start, m.End) {
			at(systems[m.Role])
		}
	}
	for _, l := range linked {
		s := at(word(l.System))
		s.Documents = s.Documents || l.Document != "" && l.AtHand == "" || l.AtHand != "" && day(l.AtHand) <= c.asOf
	}
	return out
}

// circumstances are what weighs on the work with the child, by the levels of care
// that hold.
func (c *child) circumstances() []string {
	var out []string
	for i := range c.levels {
		if l := &c.levels[i].record; c.holds(l.On, l.Until) {
			out = append(out, codeWords(l.Circumstances)...)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}
