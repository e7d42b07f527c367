package record

import "github.com/throughline/throughline/fhir"

// Referral is a closed-loop referral: what is asked of whom, where it stands,
// and what came of it (standards.md 1.3; seed 002, 21 and 23).
type Referral struct {
	ReferralID    string `json:"referral_id" need:"yes" fhir:"ServiceRequest.identifier, Task.identifier"`
	Member        `csv:""`
	Person        `csv:""`
	Status        string  `json:"status" need:"yes" code:"referral_status" fhir:"Task.status, ServiceRequest.status"`
	StatusReason  string  `json:"status_reason" personal:"yes" fhir:"Task.statusReason.text"`
	ReasonCode    string  `json:"status_reason_code" code:"referral_reason" open:"yes" fhir:"Task.statusReason.coding"`
	Step          string  `json:"step" fhir:"Task.businessStatus.text"`
	Priority      string  `json:"priority" code:"priority" fhir:"ServiceRequest.priority, Task.priority"`
	Code          string  `json:"code" fhir:"ServiceRequest.code.coding"`
	Service       string  `json:"service" need:"yes" personal:"yes" fhir:"ServiceRequest.code.text"`
	Reason        string  `json:"reason" personal:"yes" fhir:"ServiceRequest.reasonCode.text"`
	RequestedOn   Date    `json:"requested_on" need:"yes" fhir:"ServiceRequest.authoredOn, Task.authoredOn"`
	RequesterID   string  `json:"requester_id" fhir:"Task.requester.identifier"`
	RequesterName string  `json:"requester_name" personal:"yes" fhir:"Task.requester.display"`
	ReceiverID    string  `json:"receiver_id" fhir:"Task.owner.identifier"`
	ReceiverName  string  `json:"receiver_name" personal:"yes" fhir:"Task.owner.display"`
	Deadline      Date    `json:"deadline" fhir:"Task.restriction.period.end"`
	WaitingSince  Date    `json:"waiting_since" fhir:"extension waitlist: since"`
	WaitingPlace  int64   `json:"waiting_place" fhir:"extension waitlist: place"`
	DoNotContact  bool    `json:"do_not_contact" fhir:"ServiceRequest.orderDetail contacting-subject-prohibited"`
	PlanID        string  `json:"plan_id" fhir:"ServiceRequest.basedOn.identifier"`
	Outcome       string  `json:"outcome" personal:"yes" fhir:"Task.output additional-content"`
	OutcomeOn     Date    `json:"outcome_on" fhir:"Task.executionPeriod.end"`
	Note          string  `json:"note" personal:"yes" fhir:"ServiceRequest.note"`
	Updated       Instant `json:"updated_at" fhir:"Task.lastModified"`
}

// Name is "referral".
func (*Referral) Name() string { return "referral" }

// ID is the referral's id.
func (r *Referral) ID() string { return r.ReferralID }

// Fill sets the priority that FHIR takes as the default.
func (r *Referral) Fill() { fill(&r.Priority, "routine") }

// Check wants a reason with every refusal, pause and failure (SDOH Clinical
// Care Task), and a deadline not before the request.
func (r *Referral) Check() fhir.Issues {
	var c checks
	c.period("deadline", r.RequestedOn, r.Deadline)
	c.period("outcome_on", r.RequestedOn, r.OutcomeOn)
	switch r.Status {
	case "rejected", "cancelled", "failed", "on-hold":
		if r.StatusReason == "" {
			c.bad("status_reason", "nothing", "a reason whenever the status is rejected, cancelled, failed or on-hold", "say why")
		}
	}
	if r.WaitingPlace < 0 {
		c.bad("waiting_place", "a negative place", "1 or more, or nothing", "send the place in the waiting list")
	}
	return c.issues
}

// Taken says that the receiver has accepted, and so serves the child.
func (r *Referral) Taken() bool {
	switch r.Status {
	case "accepted", "ready", "in-progress", "on-hold", "completed", "failed":
		return true
	}
	return false
}
