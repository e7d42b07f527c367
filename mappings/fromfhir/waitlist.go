package fromfhir

import (
	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/mappings/codes"
	"github.com/throughline/throughline/mappings/record"
)

// WaitlistEntry reads a place on a waiting list out of a ServiceRequest of that
// category.
func WaitlistEntry(rs []*fhir.Resource) (record.Record, fhir.Issues) {
	s := source(rs)
	r := s.main("ServiceRequest", "waitlist_entry")
	if r == nil || coding(first(r.Get("category")), codes.Local+"record") != "waitlist" {
		return nil, missing("ServiceRequest")
	}
	waiting := ext(r.Root(), "waitlist")
	who := first(r.Get("performer"))
	status, _ := codes.Get("waitlist_status").Reverse(r.Get("status").Text())
	out := &record.WaitlistEntry{EntryID: id(r, "waitlist_entry"), Program: programOf(r), Status: status.Code,
		Code: coding(r.Get("code"), codes.HCPCS), Service: r.Get("code", "text").Text(), ProviderID: named(who), ProviderName: display(who),
		Since: record.Date(part(waiting, "since")), Place: whole(value(extURL(waiting, "place"))), Priority: r.Get("priority").Text(), PlanID: named(first(r.Get("basedOn"))),
		NeedID: part(waiting, "need"), OfferedOn: record.Date(part(waiting, "offered")), EndedOn: record.Date(part(waiting, "ended")), Reason: first(r.Get("reasonCode")).Get("text").Text()}
	out.Member, out.Person = s.child(r.Get("subject"))
	return out, losses(s, keeps{"Patient": patient, "ServiceRequest": "basedOn status intent category priority code subject performer reasonCode"})
}
