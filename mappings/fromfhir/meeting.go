package fromfhir

import (
	"encoding/base64"

	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/mappings/codes"
	"github.com/throughline/throughline/mappings/record"
)

// Meeting reads an Appointment, its minutes and who received them.
func Meeting(rs []*fhir.Resource) (record.Record, fhir.Issues) {
	s := source(rs)
	r := s.first("Appointment")
	if r == nil {
		return nil, missing("Appointment")
	}
	out := &record.Meeting{MeetingID: id(r, "meeting"), Status: r.Get("status").Text(), Kind: ours("meeting_kind", r.Get("appointmentType")),
		At: moment(r.Get("start")), Duration: whole(r.Get("minutesDuration")), Reason: r.Get("description").Text()}
	for _, words := range append([]*fhir.Node{r.Get("appointmentType")}, r.Get("reasonCode").Items()...) {
		if out.Kind == "" {
			out.Kind = spelled("meeting_kind", words)
		}
	}
	if ext(r.Get("_start"), "assumed") != nil {
		out.At = record.Instant(date(r.Get("start")))
	}
	for _, about := range r.Get("supportingInformation").Items() {
		switch typeOf(about) {
		case "CareTeam":
			out.TeamID = s.namedAs("care_team", about)
		case "CarePlan":
			out.PlanID = s.namedAs("care_plan", about)
		}
	}
	s.attendees(r, out)
	if d := s.main("DocumentReference", "meeting"); d != nil {
		out.Minutes = minutes(d)
	}
	for _, c := range s {
		if c.Type == "Communication" {
			out.Shares = append(out.Shares, record.Share{To: value(ext(c.Root(), "team-member")).Text(), On: date(c.Get("sent")),
				Withheld: ours("withheld_reason", c.Get("statusReason")), Note: first(c.Get("note")).Get("text").Text()})
		}
	}
	return out, losses(s, keeps{"Patient": patient,
		"Appointment":       "status appointmentType reasonCode description supportingInformation start end minutesDuration participant",
		"DocumentReference": "status type subject author content context",
		"Communication":     "status statusReason category subject about sent recipient note"})
}

// spelled finds a code of a table in the codes and words of another system.
func spelled(table string, concept *fhir.Node) string {
	words := []string{concept.Get("text").Text()}
	for _, c := range concept.Get("coding").Items() {
		words = append(words, c.Get("code").Text(), c.Get("display").Text())
	}
	for _, w := range words {
		if c, ok := codes.Get(table).Find(w); ok && w != "" {
			return c.Code
		}
	}
	return ""
}

// attendees reads the participants, among them the child and the place.
func (s source) attendees(r *fhir.Resource, out *record.Meeting) {
	for _, p := range r.Get("participant").Items() {
		actor := p.Get("actor")
		member := value(ext(p, "team-member")).Text()
		switch typeOf(actor) {
		case "Patient":
			out.Member, out.Person = s.child(actor)
			if member == "" {
				continue
			}
		case "Location":
			out.Place = display(actor)
			continue
		}
		a := record.Attendee{ID: member, Role: anyOf("team_role", p.Get("type")), Person: display(actor), Answer: p.Get("status").Text(),
			Attended: value(ext(p, "attended")).Text() == "true"}
		if typ := typeOf(actor); typ != "Patient" && typ != "RelatedPerson" {
			a.StaffID = named(actor)
		}
		if a.ID == "" {
			a.ID = named(actor)
		}
		out.Attendees = append(out.Attendees, a)
	}
}

// typeOf is the type of resource that a Reference names; Patient where it is the
// child of the message.
func typeOf(reference *fhir.Node) string {
	if typ := reference.Get("type").Text(); typ != "" {
		return typ
	}
	typ, _, _, _ := fhir.ParseRef(reference.Get("reference").Text())
	if typ == "" && reference.Get("reference") != nil {
		return "Patient" // urn:uuid: only the child is named so
	}
	return typ
}

func minutes(d *fhir.Resource) *record.Minutes {
	out := &record.Minutes{AuthorID: named(first(d.Get("author")))}
	for _, c := range d.Get("content").Items() {
		a := c.Get("attachment")
		out.On = date(a.Get("creation"))
		if text, err := base64.StdEncoding.DecodeString(a.Get("data").Text()); err == nil && len(text) > 0 {
			out.Text = string(text)
		}
		if url := a.Get("url").Text(); url != "" {
			out.Document = url
		}
	}
	return out
}
