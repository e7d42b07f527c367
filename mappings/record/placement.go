package record

import "github.com/throughline/throughline/fhir"

// Placement is a stay of a child away from home: where, since when, and how it
// ended: who advised it and where the child went (seed 004: length of stay, return
// home, step-down by the monitoring body; seed 002: placement determinations).
type Placement struct {
	PlacementID  string `json:"placement_id" need:"yes" fhir:"Encounter.identifier"`
	Member       `csv:""`
	Person       `csv:"-"`
	Program      string `json:"program" fhir:"extension program"`
	Kind         string `json:"kind" need:"yes" code:"placement_kind" fhir:"Encounter.type"`
	FacilityID   string `json:"facility_id" fhir:"Encounter.serviceProvider.identifier"`
	FacilityName string `json:"facility_name" personal:"yes" fhir:"Encounter.serviceProvider.display"`
	Start        Date   `json:"start" fhir:"Encounter.period.start"`
	End          Date   `json:"end" fhir:"Encounter.period.end"`
	To           string `json:"went_to" code:"placement_end" fhir:"Encounter.hospitalization.dischargeDisposition"`
	AdvisedBy    string `json:"end_advised_by" code:"advised_by" fhir:"extension placement-end: advised-by"`
	AdvisedOn    Date   `json:"end_advised_on" fhir:"extension placement-end: advised-on"`
	Reason       string `json:"end_reason" personal:"yes" fhir:"extension placement-end: reason"`
}

// Name is "placement".
func (*Placement) Name() string { return "placement" }

// ID is the placement's id.
func (p *Placement) ID() string { return p.PlacementID }

// Fill has nothing to add.
func (*Placement) Fill() {}

// Check refuses an end before the start, and a place to go to from a stay that has
// not ended.
func (p *Placement) Check() fhir.Issues {
	var c checks
	c.period("end", p.Start, p.End)
	if p.To != "" && p.End == "" {
		c.bad("went_to", "where the child went, without an end", "where the child went after the end", "send the end, or leave it out")
	}
	return c.issues
}
