package tofhir

import (
	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/mappings/record"
)

// contactAttempt makes a Communication; an attempt that reached nobody is not-done
// with its reason (standards.md 1.8).
func (k *maker) contactAttempt(c *record.Contact) {
	key := k.key("contact", c.ContactID)
	status := "completed"
	if !c.Reached {
		status = "not-done"
	}
	k.put(gateway.Upsert, key, fhir.Obj("resourceType", "Communication",
		"extension", fhir.List{ext("scheduled-on", "valueDate", string(c.ScheduledOn)), ext("contact-role", "valueCodeableConcept", coded("team_role", c.WithRole))},
		"identifier", fhir.List{identifier(key)},
		"status", status,
		"statusReason", fhir.Obj("text", c.Reason),
		"category", fhir.List{coded("contact_kind", c.Kind)},
		"medium", fhir.List{coded("contact_medium", c.Medium)},
		"subject", k.subject,
		"sent", string(c.At),
		"recipient", fhir.List{fhir.Obj("display", c.With)},
		"sender", k.provider("Practitioner", c.StaffID, ""),
		"note", fhir.List{fhir.Obj("text", c.Note)}))
}
