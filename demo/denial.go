package demo

import (
	"fmt"
	"time"

	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/ledger"
	"github.com/throughline/throughline/mappings/record"
)

// deniedChild is the child of whom a request is denied in the week: its plan is
// mco-a, which decides at its work queue.
const deniedChild = 1

// denial is the story of a request that is denied, as its partners send it: asked
// on the first day, denied with its notice, appealed by the family, acknowledged.
// The appeal waits for the plan.
func (c *child) denial() {
	if c.n != deniedChild {
		return
	}
	trace, number := c.id("SYN-PA", 1), c.id("SYN-AUT-D", 1)
	on := func(days, hour int) record.Instant { return at(c.day-7+ledger.Day(days), hour, 0) }
	const reason = "The notes of the last two months show that the goals are met with the services that are authorized already."
	c.mailed(on(0, 15), gateway.PartnerID(c.clinic.id), "fhir/pas-submit", []byte(c.request(trace, 12, &week{day: c.day})))
	c.mailed(on(2, 15), "mco-a", "json/decision", record.JSON(&record.PayerDecision{Trace: trace, DecidedAt: on(2, 15), Items: []record.PayerAnswer{{Item: 1, Action: gateway.NotCertified, Number: number,
		Basis: "other-service", Reason: reason, Reviewer: "Rosa Okafor", Credential: "LCSW"}}}))
	c.mailed(on(2, 16), "mco-a", "json/adverse_notice", record.JSON(&record.AdverseNotice{NoticeID: c.id("SYN-NOT", 1), Member: c.about(), Trace: trace, AuthID: number, Item: 1, Action: "denied", Sent: on(2, 16),
		Decided: on(2, 16).Date(), Basis: "other-service", Reason: reason, Reviewer: "Rosa Okafor", Credential: "LCSW", To: c.caregiver, Medium: "letter"}))
	appeal := record.Appeal{AppealID: c.id("SYN-APL", 1), Member: c.about(), Level: gateway.PlanAppeal, NoticeID: c.id("SYN-NOT", 1), Trace: trace, AuthID: number, Item: 1, Determined: on(2, 16).Date(),
		Filed: on(5, 14), FiledBy: "family", Filer: c.caregiver, How: "oral"}
	c.mailed(on(5, 14), gateway.PartnerID(c.clinic.id), "json/appeal", record.JSON(&appeal))
	appeal.Acknowledged = on(6, 14)
	c.mailed(on(6, 14), "mco-a", "json/appeal", record.JSON(&appeal))
}

// mailed adds one message to the child's mail.
func (c *child) mailed(when record.Instant, from gateway.PartnerID, kind gateway.Kind, body []byte) {
	c.mail = append(c.mail, &gateway.Message{Partner: from, Channel: "messages", Kind: kind, Body: body, Received: time.UnixMicro(int64(when.Stamp())).UTC(),
		Key: fmt.Sprintf("seed/%s/%04d/denial/%d", c.day, c.n+1, len(c.mail))})
}
