package tofhir

import (
	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/mappings/codes"
	"github.com/throughline/throughline/mappings/record"
)

// placement makes an Encounter of class inpatient: it has where the child went
// after the stay, which an EpisodeOfCare has not.
func (k *maker) placement(p *record.Placement) {
	key := k.key("placement", p.PlacementID)
	status := "in-progress"
	if p.End != "" {
		status = "finished"
	}
	hospitalization := fhir.Object{}
	if p.To != "" {
		hospitalization = fhir.Obj("dischargeDisposition", coded("placement_end", p.To))
	}
	k.put(gateway.Upsert, key, fhir.Obj("resourceType", "Encounter",
		"extension", fhir.List{ext("program", "valueIdentifier", programID(p.Program)),
			nested(codes.Extensions+"placement-end", part("advised-by", "valueCode", p.AdvisedBy), part("advised-on", "valueDate", string(p.AdvisedOn)), part("reason", "valueString", p.Reason))},
		"identifier", fhir.List{identifier(key)},
		"status", status,
		"class", fhir.Obj("system", codes.Terminology+"v3-ActCode", "code", "IMP", "display", "inpatient encounter"),
		"type", fhir.List{coded("placement_kind", p.Kind)},
		"subject", k.subject,
		"period", period(p.Start, p.End),
		"hospitalization", hospitalization,
		"serviceProvider", k.provider("Organization", p.FacilityID, p.FacilityName)))
}
