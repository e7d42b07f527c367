package demo

import (
	"slices"
	"strings"

	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/ledger"
	"github.com/throughline/throughline/mappings/record"
)

// plants are the situations of the ledger's law. Every second child has one, so
// that each is found several times in a week of three hundred children. The week
// has no 835, so the verdict denied is not among them.
var plants = []func(*child){
	(*child).billedTwice, (*child).sameVisitTwice, (*child).usedUp, (*child).moreThanTheCap, (*child).otherPlan, (*child).otherClinic,
	(*child).beforeItBegan, (*child).otherModifier, (*child).otherCode, (*child).neverAsked, (*child).gapInEnrollment, (*child).takenBack,
	(*child).corrected, (*child).correctedThenTakenBack, (*child).originalUnknown, (*child).nothingDelivered, (*child).otherUnit,
	(*child).splitOverTwo, (*child).refused, (*child).undecided, (*child).cutLater, (*child).billedToday, (*child).littleUsed,
}

func (c *child) plant() {
	if c.n%2 == 1 {
		plants[c.n/2%len(plants)](c)
	}
}

// usual is the child's therapy.
func (c *child) usual() offer { return offers[c.program][0] }

// newest is the last therapy visit, a copy.
func (c *child) newest() visit {
	var best visit
	for _, v := range c.visits {
		if v.Code == c.usual().code && v.on > best.on {
			best = v
		}
	}
	return best
}

// again sends a line once more as another line.
func (c *child) again(v visit, hour int) *visit {
	k := len(c.visits) + 1
	v.LineID, v.ClaimID, v.Received = c.id("SYN-L", k), c.id("SYN-C", k), at(c.day-1, hour, c.n%60)
	c.visits = append(c.visits, v)
	return &c.visits[len(c.visits)-1]
}

// correct is a replacement (7) or void (8) of a line.
func (c *child) correct(v visit, frequency string, hour int) *visit {
	n := c.again(v, hour)
	n.Frequency, n.Replaces = frequency, v.LineID
	return n
}

// billedTwice: duplicate, the clinic retried.
func (c *child) billedTwice() { c.again(c.newest(), 23) }

// sameVisitTwice: the claim counts, the encounter of the same visit is its
// duplicate.
func (c *child) sameVisitTwice() {
	last := c.newest()
	for i := range c.visits {
		if c.visits[i].LineID == last.LineID {
			c.visits[i].VisitID = "SYN-V" + last.LineID
		}
	}
	n := c.again(last, 23)
	n.VisitID, n.Source, n.ClaimID, n.StartTime = "SYN-V"+last.LineID, "encounter", "", "15:30"
}

// usedUp: the payer gave less than was asked for; later lines are exhausted.
func (c *child) usedUp() {
	item := &c.auths[0].Items[0]
	item.Units, item.Status, item.Reason = c.usual().visit*5/2, "partial", "Two weeks first, then a review"
}

// moreThanTheCap: over_cap, a second visit in a week of one.
func (c *child) moreThanTheCap() {
	item := &c.auths[0].Items[0]
	item.CapPeriod, item.CapUnits = "week", c.usual().visit
	c.visit(c.usual(), c.newest().on, max(c.usual().visit/2, 1))
}

// otherPlan: wrong_payer, the child moved to another plan and the old one's
// authorization does not pay any more.
func (c *child) otherPlan() {
	old := otherPayer(c.payer)
	first := c.letters[0].rec.(*record.Enrollment)
	first.Payer, first.End = old, date(c.day-61)
	c.enroll(c.day-60, ledger.Forever, c.payer)
	last := len(c.letters) - 1
	c.letters = slices.Insert(c.letters[:last], 1, c.letters[last])
	o := offer{"H2033", "HA", "Multisystemic therapy", 6, "clinic"}
	a := c.decide(o, c.day-80, c.day+30, 96)
	a.Payer = old
	c.letters[len(c.letters)-1].from = gateway.PartnerID(old)
	c.visit(o, c.day-3, o.visit)
}

// otherClinic: wrong_provider.
func (c *child) otherClinic() { c.elsewhere(c.usual()) }

// neverAsked: no_authorization, a clinic that nobody asked.
func (c *child) neverAsked() {
	c.elsewhere(offer{"T2038", "", "Community transition", 1, "clinic"})
}

// elsewhere is a service by another clinic.
func (c *child) elsewhere(o offer) {
	other := &clinics[(slices.IndexFunc(clinics, func(k clinic) bool { return k.id == c.clinic.id })+1)%len(clinics)]
	v := c.visit(o, c.day-2, o.visit)
	v.from, v.Provider = gateway.PartnerID(other.id), other.npi
}

// beforeItBegan: outside_period.
func (c *child) beforeItBegan() {
	c.visit(c.usual(), c.auths[0].Items[0].Start.Day()-4, c.usual().visit)
}

// otherModifier: wrong_modifier.
func (c *child) otherModifier() {
	c.visit(c.usual(), c.day-2, c.usual().visit).Modifiers = []string{"HQ"}
}

// otherCode: wrong_code.
func (c *child) otherCode() {
	c.visit(offer{"T2025", "", "Waiver service, not otherwise specified", 1, "clinic"}, c.day-2, 1)
}

// gapInEnrollment: not_enrolled, Medicaid lapsed for ten days.
func (c *child) gapInEnrollment() {
	c.letters[0].rec.(*record.Enrollment).End = date(c.day - 20)
	c.enroll(c.day-9, ledger.Forever, c.payer)
	c.visit(c.usual(), c.day-14, c.usual().visit)
}

// takenBack: void and voided.
func (c *child) takenBack() { c.correct(c.newest(), "8", 23) }

// corrected: replaced, and the replacement is matched.
func (c *child) corrected() { c.correct(c.newest(), "7", 23).Units = ledger.Whole(c.usual().visit - 1) }

// correctedThenTakenBack: the void of a replacement takes the whole chain back.
func (c *child) correctedThenTakenBack() {
	n := *c.correct(c.newest(), "7", 22)
	c.correct(n, "8", 23)
}

// originalUnknown: unknown_original, the first line went to another clearing house.
func (c *child) originalUnknown() {
	c.correct(c.newest(), "7", 23).Replaces = "SYN-L-ELSEWHERE"
}

// nothingDelivered: invalid_line twice, no units and no such day.
func (c *child) nothingDelivered() {
	c.visit(c.usual(), c.day-2, 0)
	c.visit(c.usual(), c.day-3, c.usual().visit).Date = "2026-02-30"
}

// otherUnit: unknown_unit, days where the authorization counts quarter hours.
func (c *child) otherUnit() { c.visit(c.usual(), c.day-2, 1).Unit = "DA" }

// splitOverTwo: matched by two authorizations, the first of which ends with it.
func (c *child) splitOverTwo() {
	first := &c.auths[0].Items[0]
	first.Units, first.RequestedUnits = c.usual().visit*5/2, c.usual().visit*5/2
	c.decide(c.usual(), first.Start.Day()+7, first.End.Day()+30, c.usual().visit*12)
}

// refused: a denied authorization, and services that came nevertheless.
func (c *child) refused() {
	item := &c.auths[2].Items[0]
	item.Units, item.Status, item.Reason = 0, "denied", "Not shown to be needed beside the other services"
}

// undecided: a request that waits for the payer's word.
func (c *child) undecided() {
	a := c.decide(offer{"H2033", "HA", "Multisystemic therapy", 6, "clinic"}, c.day+1, c.day+90, 0)
	a.Items[0].RequestedUnits, a.Items[0].Status = 120, "pended"
	a.Requested, a.Decided, a.Received = date(c.day-6), "", at(c.day-6, 16, c.n%60)
	a.Priority = []string{"standard", "expedited"}[c.n/46%2]
}

// cutLater: a later version of the same decision gives less.
func (c *child) cutLater() {
	again := *c.auths[0]
	again.Items = slices.Clone(again.Items)
	again.Items[0].Units, again.Items[0].Status, again.Items[0].Reason = c.usual().visit*3, "partial", "Fewer units after the review"
	again.Decided, again.Received = date(c.day-8), at(c.day-8, 16, c.n%60)
	c.auths = append(c.auths, &again)
	c.say(gateway.PartnerID(c.payer), &again)
}

// billedToday: flagged after_as_of when yesterday is reconciled.
func (c *child) billedToday() {
	v := c.visit(c.usual(), c.day, c.usual().visit)
	v.Received = at(c.day, 5, 5)
}

// littleUsed: a decision of a hundred days with one visit: under-used.
func (c *child) littleUsed() {
	o := offer{"H2017", "HA", "Psychosocial rehabilitation", 8, "clinic"}
	c.decide(o, c.day-100, c.day+20, 320)
	c.visit(o, c.day-70, o.visit).Modifiers = strings.Fields("ha") // untidy, and the same
}
