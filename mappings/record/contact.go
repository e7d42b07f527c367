package record

import "github.com/throughline/throughline/fhir"

// Contact is one attempt to reach the child, its family or a team member: made or
// not, and why not; follow-up on a scheduled date (seed 003 e; standards.md 1.8).
type Contact struct {
	ContactID   string `json:"contact_id" need:"yes" fhir:"Communication.identifier"`
	Member      `csv:""`
	Person      `csv:""`
	Kind        string  `json:"kind" need:"yes" code:"contact_kind" fhir:"Communication.category"`
	At          Instant `json:"at" need:"yes" fhir:"Communication.sent"`
	ScheduledOn Date    `json:"scheduled_on" fhir:"extension scheduled-on"`
	StaffID     string  `json:"staff_id" need:"yes" fhir:"Communication.sender.identifier"`
	With        string  `json:"with" need:"yes" personal:"yes" fhir:"Communication.recipient.display"`
	WithRole    string  `json:"with_role" code:"team_role" fhir:"extension contact-role"`
	Medium      string  `json:"medium" need:"yes" code:"contact_medium" fhir:"Communication.medium"`
	Reached     bool    `json:"reached" fhir:"Communication.status (completed, not-done)"`
	Reason      string  `json:"not_reached_reason" personal:"yes" fhir:"Communication.statusReason.text"`
	Note        string  `json:"note" personal:"yes" fhir:"Communication.note"`
}

// Name is "contact".
func (*Contact) Name() string { return "contact" }

// ID is the contact's id.
func (c *Contact) ID() string { return c.ContactID }

// Fill has nothing to add.
func (*Contact) Fill() {}

// Check wants a reason for every attempt that reached nobody, and for no other.
func (c *Contact) Check() fhir.Issues {
	var found checks
	if c.Reached == (c.Reason != "") {
		found.bad("not_reached_reason", "reached and a reason, or neither", "reached: true, or why nobody was reached", "send one of the two")
	}
	return found.issues
}
