package record

import "github.com/throughline/throughline/fhir"

// LevelOfCare is a determination of how much care a child needs, and what weighs on
// the work with it: intensity of need, location, crisis, age (seed 001, conditions).
type LevelOfCare struct {
	DeterminationID string `json:"determination_id" need:"yes" fhir:"Observation.identifier"`
	Member          `csv:""`
	Person          `csv:"-"`
	Program         string `json:"program" fhir:"extension program"`
	Level           string `json:"level" need:"yes" code:"level_of_care" open:"yes" fhir:"Observation.valueCodeableConcept"`
	Instrument      string `json:"instrument" fhir:"Observation.method.coding"`
	Version         string `json:"version" fhir:"Observation.method.coding.version"`
	On              Date   `json:"on" need:"yes" fhir:"Observation.effectivePeriod.start"`
	Until           Date   `json:"until" fhir:"Observation.effectivePeriod.end"`
	RaterID         string `json:"rater_id" need:"yes" fhir:"Observation.performer.identifier"`
	Circumstances   IDs    `json:"circumstances" code:"circumstance" fhir:"extension circumstance (several)"`
	Reason          string `json:"reason" personal:"yes" fhir:"Observation.note"`
}

// Name is "level_of_care".
func (*LevelOfCare) Name() string { return "level_of_care" }

// ID is the determination's id.
func (l *LevelOfCare) ID() string { return l.DeterminationID }

// Fill has nothing to add.
func (*LevelOfCare) Fill() {}

// Check refuses a wrong period, and a version of no instrument.
func (l *LevelOfCare) Check() fhir.Issues {
	var c checks
	c.period("until", l.On, l.Until)
	if l.Version != "" && l.Instrument == "" {
		c.bad("instrument", "a version without an instrument", "the instrument of the version", "name the instrument, or leave the version out")
	}
	return c.issues
}
