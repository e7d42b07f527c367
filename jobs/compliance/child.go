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
	appeals     []sent[record.Appeal]
	notices     []sent[record.AdverseNotice]
	decisions   []ledger.Auth // on authorizations, in force
	spans       []ledger.Span // that hold on the day
	privacy     *privacy      // nil = no consent keeps anything back
	programs    []string
}

// source is all that is known of a child.
type source struct {
	records   []gateway.StoredRecord
	resources []written
	spans     []ledger.Span
	privacy   *privacy
	decisions []ledger.Auth
}

func readChild(person string, from source, asOf program.Day) (*child, error) {
	c := &child{person: person, asOf: asOf, spans: from.spans, privacy: from.privacy, decisions: from.decisions}
	records, err := latest(from.records, from.resources)
	if err != nil {
		return nil, err
	}
	for _, r := range records {
		c.add(r.partner, r.record)
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
	for _, s := range c.spans {
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

// add adds one record. Kinds that no rule reads are passed by.
func (c *child) add(p gateway.PartnerID, r record.Record) {
	switch r := r.(type) {
	case *record.CarePlan:
		c.plans = append(c.plans, sent[record.CarePlan]{p, *r})
	case *record.CareTeam:
		c.teams = append(c.teams, sent[record.CareTeam]{p, *r})
	case *record.Enrollment:
		c.enrollments = append(c.enrollments, sent[record.Enrollment]{p, *r})
	case *record.Meeting:
		c.meetings = append(c.meetings, sent[record.Meeting]{p, *r})
	case *record.Contact:
		c.contacts = append(c.contacts, sent[record.Contact]{p, *r})
	case *record.Referral:
		c.referrals = append(c.referrals, sent[record.Referral]{p, *r})
	case *record.Assessment:
		c.assessments = append(c.assessments, sent[record.Assessment]{p, *r})
	case *record.FlexibleFund:
		c.funds = append(c.funds, sent[record.FlexibleFund]{p, *r})
	case *record.LevelOfCare:
		c.levels = append(c.levels, sent[record.LevelOfCare]{p, *r})
	case *record.Placement:
		c.placements = append(c.placements, sent[record.Placement]{p, *r})
	case *record.WaitlistEntry:
		c.waits = append(c.waits, sent[record.WaitlistEntry]{p, *r})
	case *record.LinkedPlan:
		c.linked = append(c.linked, sent[record.LinkedPlan]{p, *r})
	case *record.ApplicationPacket:
		c.packets = append(c.packets, sent[record.ApplicationPacket]{p, *r})
	case *record.Appeal:
		c.appeals = append(c.appeals, sent[record.Appeal]{p, *r})
	case *record.AdverseNotice:
		c.notices = append(c.notices, sent[record.AdverseNotice]{p, *r})
	}
}

// joins says that the child is in a program.
func (c *child) joins(id string) {
	if id != "" && !slices.Contains(c.programs, id) {
		c.programs = append(c.programs, id)
	}
}

// decode reads a stored record. What was taken can be read: issues are a mistake of
// the gateway, and name places, not values.
func decode(r *gateway.StoredRecord) (record.Record, error) {
	rec, issues := mapjson.Decode(r.Kind, r.Body, nil)
	if rec == nil {
		return nil, fmt.Errorf("record %s of %s, message at commit %d, cannot be read: %d issues", r.Kind, r.Partner, r.Known, len(issues))
	}
	return rec, nil
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
	f := &program.Facts{Program: id, Enrollments: c.enrolled(id), Appeals: c.filings(id)}
	for i := range c.plans {
		p := &c.plans[i]
		t := c.team(p.partner, p.record.TeamID)
		if t == nil && len(c.teams) == 0 {
			t = &sent[record.CareTeam]{partner: p.partner} // a plan that nobody is on the team of
		}
		if c.serves(t, id) {
			f.Plans = append(f.Plans, c.plan(p, t))
		}
	}
	for i := range c.meetings {
		m := &c.meetings[i]
		if t := c.team(m.partner, m.record.TeamID); c.serves(t, id) && teamMeetings[m.record.Kind] {
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

// team finds the team in force by its id, the partner's own first, or the only one
// there is.
func (c *child) team(partner gateway.PartnerID, id string) *sent[record.CareTeam] {
	var found *sent[record.CareTeam]
	for i := range c.teams {
		t := &c.teams[i]
		if t.record.TeamID == id && t.partner == partner || id == "" && len(c.teams) == 1 {
			return t
		}
		if t.record.TeamID == id {
			found = t
		}
	}
	return found
}

// serves says whether a team works for a program. A team that names none, as teams
// of other systems do, works for those that the child is enrolled in.
func (c *child) serves(t *sent[record.CareTeam], id string) bool {
	return t != nil && c.worksFor(t.record.Program, id)
}

// worksFor says whether what names a program, or none, is about a program.
func (c *child) worksFor(named, id string) bool {
	if named != "" {
		return named == id
	}
	return slices.ContainsFunc(c.spans, func(s ledger.Span) bool { return s.Program == id })
}
