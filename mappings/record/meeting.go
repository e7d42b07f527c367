package record

import (
	"strconv"

	"github.com/throughline/throughline/fhir"
)

// Meeting is a meeting about a child: who was asked and came, its minutes, and who
// received them (seed 002, 7 to 9; standards.md 1.8).
type Meeting struct {
	MeetingID string `json:"meeting_id" need:"yes" fhir:"Appointment.identifier"`
	Member    `csv:""`
	Person    `csv:""`
	TeamID    string     `json:"team_id" fhir:"Appointment.supportingInformation (CareTeam)"`
	PlanID    string     `json:"plan_id" fhir:"Appointment.supportingInformation (CarePlan)"`
	Kind      string     `json:"kind" need:"yes" code:"meeting_kind" fhir:"Appointment.appointmentType"`
	Status    string     `json:"status" need:"yes" code:"meeting_status" fhir:"Appointment.status"`
	At        Instant    `json:"at" need:"yes" fhir:"Appointment.start" loss:"a date is written as midnight in the partner's zone, marked assumed"`
	Duration  int64      `json:"duration_minutes" fhir:"Appointment.minutesDuration, Appointment.end"`
	Place     string     `json:"place" personal:"yes" fhir:"Appointment.participant.actor.display (Location)"`
	Reason    string     `json:"reason" personal:"yes" fhir:"Appointment.description"`
	Attendees []Attendee `json:"participants" csv:"participant" fhir:"Appointment.participant"`
	Minutes   *Minutes   `json:"minutes" csv:"minutes" fhir:"DocumentReference (meeting-minutes)"`
	Shares    []Share    `json:"minutes_sent" csv:"sent" fhir:"Communication"`
}

// Attendee is somebody who was asked to come: a member of the team by its id
// there, or somebody else.
type Attendee struct {
	ID       string `json:"id" need:"yes" fhir:"extension team-member"`
	Role     string `json:"role" need:"yes" code:"team_role" fhir:"Appointment.participant.type"`
	Person   string `json:"name" personal:"yes" fhir:"Appointment.participant.actor.display"`
	StaffID  string `json:"staff_id" fhir:"Appointment.participant.actor.identifier"`
	Answer   string `json:"answer" need:"yes" code:"answer" fhir:"Appointment.participant.status"`
	Attended bool   `json:"attended" fhir:"extension attended"`
}

// Minutes are what was written down, as text or as a document kept elsewhere.
type Minutes struct {
	On       Date   `json:"on" need:"yes" fhir:"DocumentReference.content.attachment.creation"`
	AuthorID string `json:"author_id" fhir:"DocumentReference.author.identifier"`
	Text     string `json:"text" personal:"yes" fhir:"DocumentReference.content.attachment.data"`
	Document string `json:"document" personal:"yes" fhir:"DocumentReference.content.attachment.url"`
}

// Share is one member who got the minutes, or from whom they were withheld.
type Share struct {
	To       string `json:"to" need:"yes" fhir:"Communication.recipient; extension team-member"`
	On       Date   `json:"on" fhir:"Communication.sent"`
	Withheld string `json:"withheld" code:"withheld_reason" fhir:"Communication.statusReason"`
	Note     string `json:"note" personal:"yes" fhir:"Communication.note"`
}

// Name is "meeting".
func (*Meeting) Name() string { return "meeting" }

// ID is the meeting's id.
func (m *Meeting) ID() string { return m.MeetingID }

// Fill has nothing to add.
func (*Meeting) Fill() {}

// Check wants each participant once and known, minutes that say something, and for
// each receiver either a date or why they were withheld.
func (m *Meeting) Check() fhir.Issues {
	var c checks
	if m.Duration < 0 {
		c.bad("duration_minutes", strconv.FormatInt(m.Duration, 10), "0 or more", "send how long it took")
	}
	members := c.unique("participants", ids(m.Attendees, func(a Attendee) string { return a.ID }))
	for i, a := range m.Attendees {
		if a.Role != "youth" && a.Person+a.StaffID == "" {
			c.bad(at("participants", i)+".name", "nothing", "a name or a staff_id", "say who it is")
		}
	}
	if m.Minutes != nil && m.Minutes.Text+m.Minutes.Document == "" {
		c.bad("minutes.text", "nothing", "the text, or where the document is", "send the minutes, or leave them out")
	}
	if m.Minutes != nil {
		c.url("minutes.document", m.Minutes.Document)
	}
	if m.Minutes == nil && len(m.Shares) > 0 {
		c.bad("minutes_sent", "receivers without minutes", "receivers of minutes", "send the minutes, too")
	}
	seen := map[string]bool{}
	for i, s := range m.Shares {
		path := at("minutes_sent", i)
		if seen[s.To] {
			c.bad(path+".to", "a receiver that an earlier entry names", "each receiver once", "send one entry for each receiver")
		}
		seen[s.To] = true
		c.known(path+".to", IDs{s.To}, members, "participants")
		if (s.On == "") == (s.Withheld == "") {
			c.bad(path+".on", "a date and a reason, or neither", "on = when it was sent, or withheld = why not", "send one of the two")
		}
	}
	return c.issues
}
