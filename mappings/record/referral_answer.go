package record

import "github.com/throughline/throughline/fhir"

// ReferralAnswer is what the receiver of a referral says became of it, by the id
// under which it was asked. Only what has changed is said: who answers need not
// know the child, nor what else the referral holds (standards.md 1.3).
type ReferralAnswer struct {
	ReferralID string `json:"referral_id" need:"yes" fhir:"Task.identifier (of the requester)"`
	Nobody     `csv:""`
	Status     string  `json:"status" need:"yes" code:"referral_status" fhir:"Task.status"`
	Reason     string  `json:"reason" personal:"yes" fhir:"Task.statusReason.text"`
	Outcome    string  `json:"outcome" personal:"yes" fhir:"Task.output additional-content"`
	Date       Date    `json:"date" fhir:"Task.executionPeriod.end"`
	Updated    Instant `json:"updated_at" fhir:"Task.lastModified"`
}

// Name is "referral_answer".
func (*ReferralAnswer) Name() string { return "referral_answer" }

// ID is the referral's id.
func (a *ReferralAnswer) ID() string { return a.ReferralID }

// Fill has nothing to add.
func (*ReferralAnswer) Fill() {}

// Check wants a status that a receiver sets, a reason with every refusal, pause
// and failure, and an outcome with every end that was reached.
func (a *ReferralAnswer) Check() fhir.Issues {
	var c checks
	switch a.Status {
	case "accepted", "in-progress":
	case "rejected", "cancelled", "failed", "on-hold":
		if a.Reason == "" {
			c.bad("reason", "nothing", "a reason whenever the status is rejected, cancelled, failed or on-hold", "say why")
		}
	case "completed":
		if a.Outcome == "" {
			c.bad("outcome", "nothing", "an outcome when the status is completed", "say what came of it")
		}
	default:
		c.bad("status", "a status that the requester sets", "accepted, rejected, in-progress, on-hold, completed, failed, cancelled", "send what you decided")
	}
	return c.issues
}
