package demo

import (
	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/ledger"
	"github.com/throughline/throughline/mappings/record"
)

// update is what the clinic did and saw this week; every second child has one.
func (c *child) update() {
	if c.n%2 == 1 {
		return
	}
	on := c.day - ledger.Day(1+c.rand.IntN(6))
	score := int64(3 + c.rand.IntN(6))
	c.say(gateway.PartnerID(c.clinic.id), &record.TreatmentUpdate{
		UpdateID: c.id("SYN-TU", 1), Member: c.about(), At: at(on, 19, 0), Until: at(on, 20, 0), Class: []string{"office", "home", "telehealth"}[c.rand.IntN(3)], Status: "finished",
		Code: offers[c.program][0].code, Service: offers[c.program][0].name, ProviderID: c.clinic.npi, AuthorID: "CL-" + c.clinic.letter, AuthorName: c.clinician(),
		PlanID: c.id("SYN-CP", 1), Message: "Used the plan this week; the next step is agreed.",
		Measures: []record.Measure{{ID: "1", Instrument: "mood-scale", Version: "1", Item: "Mood this week", Scored: true, Score: ledger.Whole(score), On: at(on, 19, 0)}},
		Goals:    []record.GoalProgress{{GoalID: "G1", Text: themes[c.n%len(themes)].goal, Progress: []string{"improving", "in-progress", "worsening"}[c.rand.IntN(3)], On: date(on)}}})
}
