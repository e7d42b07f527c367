package fromfhir

import (
	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/mappings/codes"
	"github.com/throughline/throughline/mappings/record"
)

// Referral reads a referral out of a ServiceRequest and its Task.
func Referral(rs []*fhir.Resource) (record.Record, fhir.Issues) {
	s := source(rs)
	request, task := s.besides("ServiceRequest", "waitlist_entry"), s.first("Task")
	if request == nil {
		return nil, missing("ServiceRequest")
	}
	if task == nil && (request.Get("intent").Text() != "order" || ofKind(request, "")) {
		return nil, missing("Task")
	}
	out := &record.Referral{
		ReferralID: id(request, "referral"), Priority: request.Get("priority").Text(),
		Code: coding(request.Get("code"), codes.HCPCS), Service: request.Get("code", "text").Text(), Reason: first(request.Get("reasonCode")).Get("text").Text(),
		RequestedOn: date(request.Get("authoredOn")), RequesterID: named(request.Get("requester")), RequesterName: display(request.Get("requester")),
		PlanID: named(first(request.Get("basedOn"))), Note: first(request.Get("note")).Get("text").Text(),
	}
	out.Member, out.Person = s.child(request.Get("subject"))
	for _, detail := range request.Get("orderDetail").Items() {
		for _, c := range detail.Get("coding").Items() {
			out.DoNotContact = out.DoNotContact || c.Get("code").Text() == "contacting-subject-prohibited"
		}
	}
	if task == nil {
		untracked(request, out)
	} else {
		tracked(task, out)
	}
	return out, losses(s, keeps{"Patient": patient,
		"ServiceRequest": "basedOn status intent priority code orderDetail subject authoredOn requester performer reasonCode note",
		"Task":           "status statusReason businessStatus intent priority code focus for executionPeriod authoredOn lastModified requester owner restriction output"})
}

// untracked reads an order of another system that nobody tracks by a Task.
func untracked(r *fhir.Resource, out *record.Referral) {
	who := first(r.Get("performer"))
	out.ReceiverID, out.ReceiverName = named(who), display(who)
	switch status := r.Get("status").Text(); status {
	case "active", "unknown":
		out.Status = "requested"
	case "revoked":
		out.Status = "cancelled"
	default:
		out.Status = status
	}
}

// tracked reads where the referral stands.
func tracked(r *fhir.Resource, out *record.Referral) {
	out.Status, out.StatusReason = r.Get("status").Text(), r.Get("statusReason", "text").Text()
	out.ReasonCode = coding(r.Get("statusReason"), codes.Local+"referral-reason")
	out.Step, out.Updated = r.Get("businessStatus", "text").Text(), moment(r.Get("lastModified"))
	out.ReceiverID, out.ReceiverName = named(r.Get("owner")), display(r.Get("owner"))
	out.Deadline, out.OutcomeOn = date(r.Get("restriction", "period", "end")), date(r.Get("executionPeriod", "end"))
	waiting := ext(r.Root(), "waitlist")
	out.WaitingSince, out.WaitingPlace = record.Date(part(waiting, "since")), whole(value(extURL(waiting, "place")))
	for _, o := range r.Get("output").Items() {
		out.Outcome = value(o).Text()
	}
}
