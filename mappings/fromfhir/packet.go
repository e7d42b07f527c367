package fromfhir

import (
	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/mappings/codes"
	"github.com/throughline/throughline/mappings/record"
)

// ApplicationPacket reads an application out of a QuestionnaireResponse of ours, and
// its documents.
func ApplicationPacket(rs []*fhir.Resource) (record.Record, fhir.Issues) {
	s := source(rs)
	r := s.main("QuestionnaireResponse", "application_packet")
	if r == nil || !ofKind(r, "application_packet") {
		return nil, missing("QuestionnaireResponse")
	}
	decision, appeal := ext(r.Root(), "packet-decision"), ext(r.Root(), "packet-appeal")
	out := &record.ApplicationPacket{PacketID: id(r, "application_packet"), Program: programOf(r), Submitted: date(r.Get("authored")),
		Decision: part(decision, "decision"), DecidedOn: record.Date(part(decision, "on")), Reasons: values(decision, "reason"),
		Appealed: part(appeal, "asked") == "true", AppealedOn: record.Date(part(appeal, "on"))}
	out.Member, out.Person = s.child(r.Get("subject"))
	for _, item := range r.Get("item").Items() {
		applied(item, out)
	}
	for _, d := range s {
		if d.Type == "DocumentReference" && ofKind(d, "application_packet") {
			paper := first(d.Get("content")).Get("attachment")
			out.Documents = append(out.Documents, record.PacketDocument{ID: sub(d, "application_packet", out.PacketID, "document"), Code: coding(d.Get("type"), codes.Local+"packet-document"),
				Dated: date(paper.Get("creation")), Contents: values(d.Root(), codes.Extensions+"packet-content"), Document: paper.Get("url").Text()})
		}
	}
	return out, losses(s, keeps{"Patient": patient, "QuestionnaireResponse": "questionnaire status subject authored item", "DocumentReference": "status type subject content context"})
}

// applied reads one of the answers of a packet.
func applied(item *fhir.Node, out *record.ApplicationPacket) {
	var texts record.IDs
	for _, a := range item.Get("answer").Items() {
		texts = append(texts, a.Get("valueString").Text())
	}
	switch item.Get("linkId").Text() {
	case "circumstance":
		out.Circumstances = texts
	case "basis":
		out.Basis = texts
	case "strengths":
		out.Strengths = first(item.Get("answer")).Get("valueString").Text()
	case "needs":
		out.Needs = first(item.Get("answer")).Get("valueString").Text()
	case "criterion":
		for _, c := range item.Get("item").Items() {
			by := ext(c, "attested")
			out.Criteria = append(out.Criteria, record.PacketCriterion{Code: c.Get("linkId").Text(), Met: first(c.Get("answer")).Get("valueBoolean").Text() == "true",
				By: part(by, "by"), ByID: part(by, "who"), On: record.Date(part(by, "on"))})
		}
	}
}
