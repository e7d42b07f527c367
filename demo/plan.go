package demo

import (
	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/ledger"
	"github.com/throughline/throughline/mappings/record"
)

// planner is who keeps the child's plan: the coordination agency in wraparound,
// else the clinic.
func (c *child) planner() gateway.PartnerID {
	if c.program == "wraparound" {
		return agency
	}
	return gateway.PartnerID(c.clinic.id)
}

// planOfCare is the care plan in force; one child in twelve has none yet.
func (c *child) planOfCare() {
	if c.n%12 == 9 {
		return
	}
	c.say(c.planner(), c.carePlan(c.id("SYN-CP", 1)))
}

// carePlan words a theme for the child.
func (c *child) carePlan(id string) *record.CarePlan {
	t := &themes[c.n%len(themes)]
	start := c.day - ledger.Day(30+c.rand.IntN(50))
	p := &record.CarePlan{
		PlanID: id, Member: c.about(), Title: c.given + "'s plan: " + t.title, Status: "active", Start: date(start), End: date(start + 180), Created: date(start),
		AuthorID: c.coordinatorID, AuthorName: c.coordinator, TeamID: c.id("SYN-CT", 1), Version: "1", LastReview: date(start), NextReview: date(start + 90),
		FamilyWords: t.family, YouthWords: t.youth,
		Strengths: []record.Strength{{ID: "S1", Domain: "fun", Text: t.strength}, {ID: "S2", Domain: "family", Text: t.natural}},
		Needs: []record.Need{{ID: "N1", Domain: t.domain, Text: t.need, Diagnosis: t.diagnosis, Since: date(start - 20)},
			{ID: "N2", Domain: t.second, Text: t.secondNeed}},
		Goals: []record.Goal{
			{ID: "G1", Domain: t.domain, Text: t.goal, Progress: []string{"improving", "in-progress", "no-change"}[c.rand.IntN(3)], Start: date(start), Due: date(start + 90), StatedBy: "youth", ForNeeds: record.IDs{"N1"}},
			{ID: "G2", Domain: t.second, Text: t.secondGoal, Progress: "in-progress", Start: date(start), Due: date(start + 180), StatedBy: "family", ForNeeds: record.IDs{"N2"}}},
		Services: c.planned(start), Decisions: c.decisions(start), Crisis: c.crisis(t, start)}
	if c.n%9 == 4 {
		p.NextReview = date(c.day - 5) // overdue
	}
	return p
}

// planned are the services of the plan, each with its responsible member; the
// last one is not paid by anybody.
func (c *child) planned(start ledger.Day) []record.PlannedService {
	var out []record.PlannedService
	for k, o := range offers[c.program] {
		out = append(out, record.PlannedService{ID: "V" + string(rune('1'+k)), Code: o.code, Modifiers: c.auths[k].Items[0].Modifiers, Text: o.name,
			Units: ledger.Whole(o.visit), Unit: "UN", Per: "week", Start: date(start), End: date(start + 180),
			ResponsibleID: c.clinic.npiOf(o.by), ResponsibleName: c.responsible(o), ForGoals: record.IDs{"G1"}, Auth: c.auths[k].AuthID})
	}
	return append(out, record.PlannedService{ID: "V4", Text: "Time with " + c.natural(0) + ", as the family arranges it", ResponsibleName: c.natural(0), ForGoals: record.IDs{"G2"}})
}

func (c *child) responsible(o offer) string {
	switch o.by {
	case "agency":
		return agencyName
	case "vendor":
		return vendorName
	}
	return c.clinic.name
}

// decisions on the plan: no plan is final without the family's. One in ten is
// still waiting for it.
func (c *child) decisions(start ledger.Day) []record.Decision {
	out := []record.Decision{{Role: "supervisor", Person: supervisorNames[c.n%len(programs)%len(supervisorNames)], Decision: "agreed", On: date(start + 2)}}
	if c.n%10 == 6 {
		return out
	}
	youth := record.Decision{Role: "youth", Person: c.given + " " + c.family, Decision: "agreed", On: date(start)}
	if c.n%8 == 3 {
		youth.Decision, youth.Note = "agreed-in-part", "Wants fewer meetings"
	}
	return append(out, record.Decision{Role: "family", Person: c.caregiver, Decision: "agreed", On: date(start), Note: "Agreed at the team meeting"}, youth)
}

func (c *child) crisis(t *theme, start ledger.Day) *record.CrisisPlan {
	return &record.CrisisPlan{ID: "X1", Title: "When it gets too much", Status: "active", Signs: t.sign, Updated: date(start), Steps: []record.CrisisStep{
		{Text: t.first, Who: "Whoever is at home"},
		{Text: "Call a calm voice", Who: c.natural(0), Phone: c.phone(1)},
		{Text: "Call mobile crisis", Who: "Any team member", Phone: "555-0199"}}}
}
