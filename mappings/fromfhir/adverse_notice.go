package fromfhir

import (
	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/mappings/record"
)

// AdverseNotice reads a notice out of a Communication of ours, or of one whose
// topic is an adverse action.
func AdverseNotice(rs []*fhir.Resource) (record.Record, fhir.Issues) {
	s := source(rs)
	r := s.main("Communication", "adverse_notice")
	if r == nil || ours("adverse_action", r.Get("topic")) == "" {
		return nil, missing("Communication")
	}
	detail, reviewer := ext(r.Root(), "adverse-notice"), ext(r.Root(), "reviewer")
	out := &record.AdverseNotice{NoticeID: id(r, "adverse_notice"), Item: whole(value(extURL(detail, "item"))), Action: ours("adverse_action", r.Get("topic")), Sent: moment(r.Get("sent")),
		Decided: record.Date(part(detail, "determined-on")), Effective: record.Date(part(detail, "effective-on")), Exception: part(detail, "exception"), ReasonCode: part(detail, "reason-code"),
		Basis: anyOf("denial_basis", r.Get("reasonCode")), Reason: first(r.Get("payload")).Get("contentString").Text(), Reviewer: part(reviewer, "name"), Credential: part(reviewer, "credential"),
		To: display(first(r.Get("recipient"))), Medium: anyOf("contact_medium", r.Get("medium"))}
	for _, about := range r.Get("about").Items() {
		switch typeOf(about) {
		case "Claim":
			out.TraceSystem, out.Trace = about.Get("identifier", "system").Text(), named(about)
		case "ClaimResponse":
			out.AuthID = named(about)
		}
	}
	out.Member, out.Person = s.child(r.Get("subject"))
	return out, losses(s, keeps{"Patient": patient, "Communication": "status category medium subject topic about sent recipient reasonCode payload"})
}
