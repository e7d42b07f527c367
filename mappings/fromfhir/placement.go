package fromfhir

import (
	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/mappings/record"
)

// Placement reads a stay out of an Encounter of ours, or of one whose type is a
// kind of placement.
func Placement(rs []*fhir.Resource) (record.Record, fhir.Issues) {
	s := source(rs)
	r := s.main("Encounter", "placement")
	if r == nil || anyOf("placement_kind", r.Get("type")) == "" {
		return nil, missing("Encounter")
	}
	end := ext(r.Root(), "placement-end")
	out := &record.Placement{PlacementID: id(r, "placement"), Program: programOf(r), Kind: anyOf("placement_kind", r.Get("type")),
		FacilityID: named(r.Get("serviceProvider")), FacilityName: display(r.Get("serviceProvider")), Start: date(r.Get("period", "start")), End: date(r.Get("period", "end")),
		To: ours("placement_end", r.Get("hospitalization", "dischargeDisposition")), AdvisedBy: part(end, "advised-by"), AdvisedOn: record.Date(part(end, "advised-on")), Reason: part(end, "reason")}
	out.Member, out.Person = s.child(r.Get("subject"))
	return out, losses(s, keeps{"Patient": patient, "Encounter": "status class type subject period hospitalization serviceProvider"})
}
