package compliance

import (
	"fmt"
	"slices"

	"github.com/throughline/throughline/gateway"
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
	programs    []string
}

func readChild(person string, records []gateway.StoredRecord, asOf program.Day) (*child, error) {
	c := &child{person: person, asOf: asOf}
	for i := range records {
		r := &records[i]
		var err error
		switch r.Kind {
		case "care_plan":
			err = read(r, &c.plans)
		case "care_team":
			err = read(r, &c.teams)
		case "meeting":
			err = read(r, &c.meetings)
		case "contact":
			err = read(r, &c.contacts)
		case "referral":
			err = read(r, &c.referrals)
		case "assessment":
			err = read(r, &c.assessments)
		case "flexible_fund":
			err = read(r, &c.funds)
		}
		if err != nil {
			return nil, err
		}
	}
	c.teams = slices.DeleteFunc(c.teams, func(t sent[record.CareTeam]) bool {
		return t.record.Status != "active" || !c.holds(t.record.Start, t.record.End)
	})
	c.plans = slices.DeleteFunc(c.plans, func(p sent[record.CarePlan]) bool {
		return p.record.Status != "active" && p.record.Status != "draft" || !c.holds(p.record.Start, p.record.End)
	})
	for _, t := range c.teams {
		if t.record.Program != "" && !slices.Contains(c.programs, t.record.Program) {
			c.programs = append(c.programs, t.record.Program)
		}
	}
	return c, nil
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

// in says whether the child is in a program: a team in force says so.
func (c *child) in(id string) bool { return slices.Contains(c.programs, id) }

// facts are the child's facts for one program.
func (c *child) facts(id string) *program.Facts {
	f := &program.Facts{Program: id}
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
	for i := range c.contacts {
		f.Contacts = append(f.Contacts, c.contact(&c.contacts[i])...)
	}
	for i := range c.assessments {
		if a := &c.assessments[i].record; day(a.On) <= c.asOf {
			f.Measures = append(f.Measures, measured(a)...)
		}
	}
	for i := range c.funds {
		if s := &c.funds[i]; s.record.Program == id && day(s.record.Start) <= c.asOf {
			f.Budgets = append(f.Budgets, c.budget(s))
		}
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
