package compliance

import (
	"fmt"
	"slices"

	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/ledger"
	mapjson "github.com/throughline/throughline/mappings/json"
	"github.com/throughline/throughline/mappings/record"
	"github.com/throughline/throughline/program"
)

// sent is a record with who sent it.
type sent[T any] struct {
	partner gateway.PartnerID
	record  T
}

// key names a record among those of all partners.
func key(partner gateway.PartnerID, id string) string { return string(partner) + "/" + id }

// child is the records of one child as the rules read them.
type child struct {
	person      string
	asOf        program.Day
	plans       []sent[record.CarePlan]
	teams       []sent[record.CareTeam]
	meetings    []sent[record.Meeting]
	contacts    []sent[record.Contact]
	referrals   []sent[record.Referral]
	assessments []sent[record.Assessment]
	funds       []sent[record.FlexibleFund]
	levels      []sent[record.LevelOfCare]
	placements  []sent[record.Placement]
	waits       []sent[record.WaitlistEntry]
	linked      []sent[record.LinkedPlan]
	packets     []sent[record.ApplicationPacket]
	enrollments []sent[record.Enrollment]
	spans       []ledger.Span // that hold on the day
	programs    []string
}

func readChild(person string, records []gateway.StoredRecord, spans []ledger.Span, asOf program.Day) (*child, error) {
	c := &child{person: person, asOf: asOf, spans: spans}
	for i := range records {
		if err := c.read(&records[i]); err != nil {
			return nil, err
		}
	}
	c.teams = slices.DeleteFunc(c.teams, func(t sent[record.CareTeam]) bool {
		return t.record.Status != "active" || !c.holds(t.record.Start, t.record.End)
	})
	c.plans = slices.DeleteFunc(c.plans, func(p sent[record.CarePlan]) bool {
		return p.record.Status != "active" && p.record.Status != "draft" || !c.holds(p.record.Start, p.record.End)
	})
	c.linked = slices.DeleteFunc(c.linked, func(p sent[record.LinkedPlan]) bool {
		return p.record.Status != "current" || !c.holds(p.record.Start, p.record.End)
	})
	for _, s := range spans {
		c.joins(s.Program)
	}
	for _, t := range c.teams {
		c.joins(t.record.Program)
	}
	for _, p := range c.packets {
		c.joins(p.record.Program) // who applies is judged by the program it applies to
	}
	for _, p := range c.placements {
		if c.holds(p.record.Start, "") {
			c.joins(p.record.Program)
		}
	}
	return c, nil
}

// read adds one record. Kinds that no rule reads are passed by.
func (c *child) read(r *gateway.StoredRecord) error {
	switch r.Kind {
	case "care_plan":
		return read(r, &c.plans)
	case "care_team":
		return read(r, &c.teams)
	case "enrollment":
		return read(r, &c.enrollments)
	case "meeting":
		return read(r, &c.meetings)
	case "contact":
		return read(r, &c.contacts)
	case "referral":
		return read(r, &c.referrals)
	case "assessment":
		return read(r, &c.assessments)
	case "flexible_fund":
		return read(r, &c.funds)
	case "level_of_care":
		return read(r, &c.levels)
	case "placement":
		return read(r, &c.placements)
	case "waitlist_entry":
		return read(r, &c.waits)
	case "linked_plan":
		return read(r, &c.linked)
	case "application_packet":
		return read(r, &c.packets)
	}
	return nil
}

// joins says that the child is in a program.
func (c *child) joins(id string) {
	if id != "" && !slices.Contains(c.programs, id) {
		c.programs = append(c.programs, id)
	}
}

// read decodes a stored record. What was taken can be read: issues are a mistake
// of the gateway, and name places, not values.
func read[T any](r *gateway.StoredRecord, into *[]sent[T]) error {
	rec, issues := mapjson.Decode(r.Kind, r.Body, nil)
	out, ok := any(rec).(*T)
	if !ok {
		return fmt.Errorf("record %s of %s, message at commit %d, cannot be read: %d issues", r.Kind, r.Partner, r.Known, len(issues))
	}
	*into = append(*into, sent[T]{r.Partner, *out})
	return nil
}

// day reads a date; what is not stated is zero.
func day(d record.Date) program.Day {
	out, err := program.ParseDay(string(d))
	if err != nil {
		return 0
	}
	return out
}

func (c *child) holds(start, end record.Date) bool {
	return day(start) <= c.asOf && (end == "" || c.asOf <= day(end))
}

// in says whether the child is in a program: enrollment says so, a team in force,
// an application or a placement.
func (c *child) in(id string) bool { return slices.Contains(c.programs, id) }

// facts are the child's facts for one program.
func (c *child) facts(id string) *program.Facts {
	f := &program.Facts{Program: id, Enrollments: c.enrolled(id)}
	for i := range c.plans {
		p := &c.plans[i]
		if t := c.team(p.partner, p.record.TeamID); t != nil && t.record.Program == id {
			f.Plans = append(f.Plans, c.plan(p, t))
		}
	}
	for i := range c.meetings {
		m := &c.meetings[i]
		if t := c.team(m.partner, m.record.TeamID); t != nil && t.record.Program == id && teamMeetings[m.record.Kind] {
			f.Meetings = append(f.Meetings, c.meeting(m, t))
		}
	}
	for i := range c.referrals {
		c.referral(&c.referrals[i], f)
	}
	for i := range c.waits {
		f.Waits = append(f.Waits, c.wait(&c.waits[i], id)...)
	}
	for i := range c.contacts {
		f.Contacts = append(f.Contacts, c.contact(&c.contacts[i])...)
	}
	for i := range c.assessments {
		f.Measures = append(f.Measures, c.measured(&c.assessments[i].record)...)
	}
	for i := range c.funds {
		f.Budgets = append(f.Budgets, c.budget(&c.funds[i], id)...)
	}
	for i := range c.placements {
		f.Stays = append(f.Stays, c.stay(&c.placements[i], id)...)
	}
	for i := range c.packets {
		f.Packets = append(f.Packets, c.packet(&c.packets[i], id)...)
	}
	return f
}

// team finds the team in force by its id, or the only one there is.
func (c *child) team(partner gateway.PartnerID, id string) *sent[record.CareTeam] {
	for i := range c.teams {
		if t := &c.teams[i]; t.record.TeamID == id && t.partner == partner || id == "" && len(c.teams) == 1 {
			return t
		}
	}
	return nil
}
