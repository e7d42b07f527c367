package fromfhir

import (
	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/mappings/record"
)

// LinkedPlan reads planning of others out of a DocumentReference of ours, or of one
// whose type is a kind of it.
func LinkedPlan(rs []*fhir.Resource) (record.Record, fhir.Issues) {
	s := source(rs)
	r := s.main("DocumentReference", "linked_plan")
	if r == nil || ours("linked_kind", r.Get("type")) == "" {
		return nil, missing("DocumentReference")
	}
	paper := first(r.Get("content")).Get("attachment")
	out := &record.LinkedPlan{LinkedID: id(r, "linked_plan"), Kind: ours("linked_kind", r.Get("type")), System: anyOf("child_system", r.Get("category")),
		Title: r.Get("description").Text(), Status: r.Get("status").Text(), HolderID: named(r.Get("custodian")), HolderName: display(r.Get("custodian")),
		Start: date(r.Get("context", "period", "start")), End: date(r.Get("context", "period", "end")), AtHand: date(paper.Get("creation")), Document: paper.Get("url").Text(),
		Joined: value(ext(r.Root(), "coordinator-joins")).Text() == "true", JoinedOn: date(value(ext(r.Root(), "coordinator-joined-on")))}
	for _, about := range r.Get("context", "related").Items() {
		if typeOf(about) == "CarePlan" {
			out.PlanID = named(about)
		}
	}
	out.Member, out.Person = s.child(r.Get("subject"))
	return out, losses(s, keeps{"Patient": patient, "DocumentReference": "status type category subject custodian description content context"})
}
