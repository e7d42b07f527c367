package tofhir

import (
	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/mappings/codes"
	"github.com/throughline/throughline/mappings/record"
)

// sdoh is the code system of SDOH Clinical Care's task outputs and details.
const sdoh = "http://hl7.org/fhir/us/sdoh-clinicalcare/CodeSystem/SDOHCC-CodeSystemTemporaryCodes"

// referral makes the request and the Task that tracks it (standards.md 1.3).
// The receiver may see the child once it has accepted.
func (k *maker) referral(r *record.Referral) {
	key := k.key("referral", r.ReferralID)
	k.put(gateway.Upsert, key, k.request(r, key))
	k.put(gateway.Upsert, key, k.task(r, key))
	if r.ReceiverID == "" {
		return
	}
	k.relate(gateway.ScopeIdentifier(k.providerID(r.ReceiverID)), "referral", r.ReferralID, r.RequestedOn, "")
	if !r.Taken() {
		k.withdraw()
	}
}

// withdraw turns the relation made last into one that takes it back.
func (k *maker) withdraw() {
	last := &k.out.Relations[len(k.out.Relations)-1]
	last.Lo, last.Hi = 1, 0
}

// requestStatus is the state of the request, which the requester controls,
// beside the state of the task.
func requestStatus(task string) string {
	switch task {
	case "draft", "completed", "entered-in-error":
		return task
	case "rejected", "cancelled", "failed":
		return "revoked"
	}
	return "active"
}

func (k *maker) request(r *record.Referral, key gateway.Identifier) fhir.Object {
	detail := fhir.List{}
	if r.DoNotContact {
		detail = fhir.List{concept(sdoh, "contacting-subject-prohibited")}
	}
	based := fhir.List{}
	if r.PlanID != "" {
		based = fhir.List{logical("CarePlan", k.key("care_plan", r.PlanID), "")}
	}
	return fhir.Obj("resourceType", "ServiceRequest",
		"identifier", fhir.List{identifier(key)},
		"basedOn", based,
		"status", requestStatus(r.Status),
		"intent", "order",
		"priority", r.Priority,
		"code", service(r.Code, r.Service),
		"orderDetail", detail,
		"subject", k.subject,
		"authoredOn", string(r.RequestedOn),
		"requester", k.provider("Organization", r.RequesterID, r.RequesterName),
		"performer", fhir.List{k.provider("Organization", r.ReceiverID, r.ReceiverName)},
		"reasonCode", fhir.List{fhir.Obj("text", r.Reason)},
		"note", fhir.List{fhir.Obj("text", r.Note)})
}

// reason is why a referral was refused, closed or paused: a code, words, or both.
func reason(r *record.Referral) fhir.Object {
	if r.ReasonCode == "" {
		return fhir.Obj("text", r.StatusReason)
	}
	return concept(codes.Local+"referral-reason", r.ReasonCode).With("text", r.StatusReason)
}

func (k *maker) task(r *record.Referral, key gateway.Identifier) fhir.Object {
	output := fhir.List{}
	if r.Outcome != "" {
		output = fhir.List{fhir.Obj("type", concept(sdoh, "additional-content"), "valueMarkdown", r.Outcome)}
	}
	restriction := fhir.Object{}
	if r.Deadline != "" {
		restriction = fhir.Obj("period", period("", r.Deadline))
	}
	place := fhir.Object{}
	if r.WaitingPlace != 0 {
		place = fhir.Obj("url", "place", "valueInteger", r.WaitingPlace)
	}
	return fhir.Obj("resourceType", "Task",
		"extension", fhir.List{nested(codes.Extensions+"waitlist", part("since", "valueDate", string(r.WaitingSince)), place)},
		"identifier", fhir.List{identifier(key)},
		"status", r.Status,
		"statusReason", reason(r),
		"businessStatus", fhir.Obj("text", r.Step),
		"intent", "order",
		"priority", r.Priority,
		"code", concept("http://hl7.org/fhir/CodeSystem/task-code", "fulfill"),
		"focus", k.ref("ServiceRequest", key),
		"for", k.subject,
		"executionPeriod", period("", r.OutcomeOn),
		"authoredOn", string(r.RequestedOn),
		"lastModified", string(r.Updated),
		"requester", k.provider("Organization", r.RequesterID, r.RequesterName),
		"owner", k.provider("Organization", r.ReceiverID, r.ReceiverName),
		"restriction", restriction,
		"output", output)
}
