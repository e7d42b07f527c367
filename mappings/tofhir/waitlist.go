package tofhir

import (
	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/mappings/codes"
	"github.com/throughline/throughline/mappings/record"
)

// waitlist makes a ServiceRequest that is a proposal, on hold while the child waits:
// nobody is asked to act on it, as a referral asks.
func (k *maker) waitlist(w *record.WaitlistEntry) {
	key := k.key("waitlist_entry", w.EntryID)
	based := fhir.List{}
	if w.PlanID != "" {
		based = fhir.List{logical("CarePlan", k.key("care_plan", w.PlanID), "")}
	}
	place := fhir.Object{}
	if w.Place != 0 {
		place = fhir.Obj("url", "place", "valueInteger", w.Place)
	}
	k.put(gateway.Upsert, key, fhir.Obj("resourceType", "ServiceRequest",
		"extension", fhir.List{ext("program", "valueIdentifier", programID(w.Program)),
			nested(codes.Extensions+"waitlist", part("since", "valueDate", string(w.Since)), place, part("need", "valueString", w.NeedID),
				part("offered", "valueDate", string(w.OfferedOn)), part("ended", "valueDate", string(w.EndedOn)))},
		"identifier", fhir.List{identifier(key)},
		"basedOn", based,
		"status", inFHIR("waitlist_status", w.Status),
		"intent", "proposal",
		"category", fhir.List{concept(codes.Local+"record", "waitlist")},
		"priority", w.Priority,
		"code", service(w.Code, w.Service),
		"subject", k.subject,
		"performer", fhir.List{k.provider("Organization", w.ProviderID, w.ProviderName)},
		"reasonCode", fhir.List{fhir.Obj("text", w.Reason)}))
}
