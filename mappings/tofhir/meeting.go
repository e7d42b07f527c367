package tofhir

import (
	"encoding/base64"
	"time"

	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/mappings/codes"
	"github.com/throughline/throughline/mappings/record"
)

// meeting makes the Appointment, its minutes, and one Communication for each
// member who got them or from whom they were withheld (standards.md 1.8).
func (k *maker) meeting(m *record.Meeting) {
	key := k.key("meeting", m.MeetingID)
	k.put(gateway.Upsert, key, k.appointment(m, key))
	if m.Minutes == nil {
		return
	}
	minutes := k.key("meeting", m.MeetingID, "minutes")
	k.put(gateway.Upsert, minutes, k.minutes(m, minutes))
	for _, s := range m.Shares {
		k.share(m, s, minutes)
	}
}

func (k *maker) appointment(m *record.Meeting, key gateway.Identifier) fhir.Object {
	start, end, assumed := k.sitting(m)
	o := fhir.Obj("resourceType", "Appointment",
		"identifier", fhir.List{identifier(key)},
		"status", m.Status,
		"appointmentType", coded("meeting_kind", m.Kind),
		"description", m.Reason,
		"supportingInformation", append(k.team(m.TeamID), k.replaced(m.PlanID)...),
		"start", start,
		"_start", assumed,
		"end", end)
	if m.Duration > 0 {
		o = o.With("minutesDuration", m.Duration)
	}
	return o.With("participant", k.attendees(m))
}

// sitting is start and end of an Appointment, which FHIR wants as instants and
// both (app-2, app-3): a date is midnight, marked as assumed.
func (k *maker) sitting(m *record.Meeting) (start, end string, assumed fhir.Object) {
	start = string(m.At)
	if len(start) == len(time.DateOnly) {
		start = k.midnight(record.Date(m.At))
		assumed = fhir.Obj("extension", fhir.List{ext("assumed", "valueBoolean", true)})
	}
	if t, err := time.Parse(time.RFC3339, start); err == nil {
		end = t.Add(time.Duration(m.Duration) * time.Minute).Format(time.RFC3339)
	}
	return start, end, assumed
}

// attendees are who was asked, the child itself in any case, and the place.
func (k *maker) attendees(m *record.Meeting) fhir.List {
	var list fhir.List
	child := false
	for _, a := range m.Attendees {
		child = child || a.Role == "youth"
		extensions := fhir.List{ext("team-member", "valueString", a.ID)}
		if a.Attended {
			extensions = append(extensions, ext("attended", "valueBoolean", true))
		}
		list = append(list, fhir.Obj("extension", extensions, "type", fhir.List{coded("team_role", a.Role)}, "actor", k.actor(m.TeamID, a), "status", a.Answer))
	}
	if !child {
		list = append(list, fhir.Obj("actor", k.subject, "status", "accepted"))
	}
	if m.Place != "" {
		list = append(list, fhir.Obj("actor", fhir.Obj("type", "Location", "display", m.Place), "status", "accepted"))
	}
	return list
}

// actor names somebody at a meeting: the child, somebody of its life by the id in
// the team, or a professional.
func (k *maker) actor(team string, a record.Attendee) fhir.Object {
	switch a.Role {
	case "youth":
		return k.subject.With("display", a.Person)
	case "caregiver", "natural-support":
		if team != "" && a.StaffID == "" {
			return logical("RelatedPerson", k.key("care_team", team, a.ID), a.Person)
		}
	}
	return k.provider("Practitioner", a.StaffID, a.Person)
}

func (k *maker) minutes(m *record.Meeting, key gateway.Identifier) fhir.Object {
	var content fhir.List
	add := func(attachment fhir.Object) {
		content = append(content, fhir.Obj("attachment", attachment.With("title", "Minutes").With("creation", string(m.Minutes.On))))
	}
	if m.Minutes.Text != "" {
		add(fhir.Obj("contentType", "text/plain; charset=utf-8", "data", base64.StdEncoding.EncodeToString([]byte(m.Minutes.Text))))
	}
	if m.Minutes.Document != "" {
		add(fhir.Obj("url", m.Minutes.Document))
	}
	author := fhir.List{}
	if m.Minutes.AuthorID != "" {
		author = fhir.List{k.provider("Practitioner", m.Minutes.AuthorID, "")}
	}
	return fhir.Obj("resourceType", "DocumentReference",
		"identifier", fhir.List{identifier(key)},
		"status", "current",
		"type", concept(codes.Local+"record", "meeting-minutes"),
		"subject", k.subject,
		"author", author,
		"content", content,
		"context", fhir.Obj("related", fhir.List{k.ref("Appointment", k.key("meeting", m.MeetingID))}))
}

func (k *maker) share(m *record.Meeting, s record.Share, minutes gateway.Identifier) {
	key := k.key("meeting", m.MeetingID, "minutes", s.To)
	status, reason := "completed", fhir.Object{}
	if s.Withheld != "" {
		status, reason = "not-done", coded("withheld_reason", s.Withheld)
	}
	to := fhir.List{}
	for _, a := range m.Attendees {
		if a.ID == s.To {
			to = append(to, k.actor(m.TeamID, a))
		}
	}
	k.put(gateway.Upsert, key, fhir.Obj("resourceType", "Communication",
		"extension", fhir.List{ext("team-member", "valueString", s.To)},
		"identifier", fhir.List{identifier(key)},
		"status", status,
		"statusReason", reason,
		"category", fhir.List{concept(codes.Local+"record", "meeting-minutes")},
		"subject", k.subject,
		"about", fhir.List{k.ref("DocumentReference", minutes)},
		"sent", string(s.On),
		"recipient", to,
		"note", fhir.List{fhir.Obj("text", s.Note)}))
}
