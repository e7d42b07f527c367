package demo

import (
	"github.com/throughline/throughline/ledger"
	"github.com/throughline/throughline/mappings/record"
)

// fates are what can have become of a referral; days count back from today.
var fates = []struct {
	status, reason, step string
	asked, deadline      ledger.Day
	waiting              int64
	outcome              string
}{
	{status: "requested", step: "no answer yet", asked: 24, deadline: 10}, // overdue
	{status: "rejected", reason: "Takes no one under twelve", asked: 20, deadline: 6},
	{status: "on-hold", reason: "No opening before next month", step: "waiting list", asked: 30, deadline: 16, waiting: 4},
	{status: "accepted", step: "first visit is being arranged", asked: 9, deadline: -5},
	{status: "in-progress", step: "started", asked: 40, deadline: 26},
	{status: "completed", asked: 60, deadline: 46, outcome: "Eight group evenings, then back to the team"},
	{status: "requested", step: "sent", asked: 2, deadline: -12},
	{status: "cancelled", reason: "The family chose another way", asked: 25, deadline: 11},
}

// refer asks another clinic for something; two children in five have a referral.
func (c *child) refer() {
	if c.n%5 > 1 && !c.showcase() {
		return
	}
	f := &fates[(c.n/5+c.n%5*3)%len(fates)]
	to := &clinics[(c.n/len(programs)+1)%len(clinics)]
	r := &record.Referral{
		ReferralID: c.id("SYN-R", 1), Member: c.about(), Status: f.status, StatusReason: f.reason, Step: f.step,
		Priority: []string{"routine", "routine", "urgent"}[c.rand.IntN(3)], Code: "H0038", Service: "Youth peer support group", Reason: "Wants to talk to somebody who has been there",
		RequestedOn: date(c.day - f.asked), RequesterID: agencyNPI, RequesterName: agencyName, ReceiverID: to.npi, ReceiverName: to.name,
		Deadline: date(c.day - f.deadline), DoNotContact: c.n%20 == 5, PlanID: c.id("SYN-CP", 1), Outcome: f.outcome,
		Updated: at(c.day-max(f.asked/2, 1), 14, c.n%60)}
	if f.waiting > 0 {
		r.WaitingSince, r.WaitingPlace = date(c.day-f.asked+4), f.waiting+int64(c.n%3)
	}
	if f.outcome != "" {
		r.OutcomeOn = date(c.day - 4)
	}
	c.say(c.planner(), r)
}
