package tofhir

import (
	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/mappings/record"
)

// linkedPlan makes a DocumentReference, about the main plan when it is named. FHIR
// wants content (1..*): without a document that is the title alone.
func (k *maker) linkedPlan(p *record.LinkedPlan) {
	key := k.key("linked_plan", p.LinkedID)
	extensions := fhir.List{ext("coordinator-joined-on", "valueDate", string(p.JoinedOn))}
	if p.Joined {
		extensions = append(extensions, ext("coordinator-joins", "valueBoolean", true))
	}
	k.put(gateway.Upsert, key, fhir.Obj("resourceType", "DocumentReference",
		"extension", extensions,
		"identifier", fhir.List{identifier(key)},
		"status", p.Status,
		"type", coded("linked_kind", p.Kind),
		"category", fhir.List{coded("child_system", p.System)},
		"subject", k.subject,
		"custodian", k.provider("Organization", p.HolderID, p.HolderName),
		"description", p.Title,
		"content", fhir.List{fhir.Obj("attachment", fhir.Obj("url", p.Document, "title", p.Title, "creation", string(p.AtHand)))},
		"context", fhir.Obj("period", period(p.Start, p.End), "related", k.replaced(p.PlanID))))
}
