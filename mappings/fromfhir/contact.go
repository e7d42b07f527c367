package fromfhir

import (
	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/mappings/record"
)

// Contact reads an attempt to reach somebody out of a Communication of ours, or of
// one whose category is a kind of contact.
func Contact(rs []*fhir.Resource) (record.Record, fhir.Issues) {
	s := source(rs)
	r := s.main("Communication", "contact")
	if r == nil || anyOf("contact_kind", r.Get("category")) == "" {
		return nil, missing("Communication")
	}
	out := &record.Contact{ContactID: id(r, "contact"), Kind: anyOf("contact_kind", r.Get("category")), At: moment(r.Get("sent")),
		ScheduledOn: date(value(ext(r.Root(), "scheduled-on"))), StaffID: named(r.Get("sender")), With: display(first(r.Get("recipient"))),
		WithRole: ours("team_role", value(ext(r.Root(), "contact-role"))),
		Medium:   anyOf("contact_medium", r.Get("medium")), Reached: r.Get("status").Text() == "completed", Reason: r.Get("statusReason", "text").Text(),
		Note: first(r.Get("note")).Get("text").Text()}
	out.Member, out.Person = s.child(r.Get("subject"))
	return out, losses(s, keeps{"Patient": patient, "Communication": "status statusReason category medium subject sent recipient sender note"})
}
