package record

import (
	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/ledger"
)

// TreatmentUpdate is what a clinic did and saw: the contact, scores, progress
// towards goals, and a message to the team (product.md, "Treatment update").
type TreatmentUpdate struct {
	UpdateID   string `json:"update_id" need:"yes" fhir:"Encounter.identifier"`
	Member     `csv:""`
	Person     `csv:""`
	At         Instant        `json:"at" need:"yes" fhir:"Encounter.period.start"`
	Until      Instant        `json:"until" fhir:"Encounter.period.end"`
	Class      string         `json:"class" code:"encounter_class" fhir:"Encounter.class" loss:"absent is written as office"`
	Status     string         `json:"status" code:"encounter_status" fhir:"Encounter.status" loss:"absent is written as finished"`
	Code       string         `json:"code" fhir:"Encounter.type.coding"`
	Service    string         `json:"service" personal:"yes" fhir:"Encounter.type.text"`
	ProviderID string         `json:"provider_id" fhir:"Encounter.serviceProvider.identifier"`
	AuthorID   string         `json:"author_id" fhir:"Encounter.participant.individual.identifier"`
	AuthorName string         `json:"author_name" personal:"yes" fhir:"Encounter.participant.individual.display"`
	PlanID     string         `json:"plan_id" fhir:"extension about-plan"`
	Message    string         `json:"message" personal:"yes" fhir:"Communication.payload.contentString"`
	Measures   []Measure      `json:"measures" csv:"measure" fhir:"Observation"`
	Goals      []GoalProgress `json:"goals" csv:"goal" fhir:"Goal"`
}

// Measure is a score or an observation in words. Items of licensed instruments
// are keyed by tool, version and item; their texts are not embedded.
type Measure struct {
	ID         string         `json:"id" need:"yes" fhir:"Observation.identifier"`
	Instrument string         `json:"instrument" fhir:"Observation.code.coding"`
	Version    string         `json:"version" fhir:"Observation.code.coding.version" loss:"kept only with an instrument"`
	Item       string         `json:"item" need:"yes" personal:"yes" fhir:"Observation.code.text"`
	Scored     bool           `json:"scored" fhir:"Observation.valueQuantity when true"`
	Score      ledger.Decimal `json:"score" fhir:"Observation.valueQuantity.value"`
	Text       string         `json:"text" personal:"yes" fhir:"Observation.valueString; note when scored"`
	On         Instant        `json:"on" fhir:"Observation.effectiveDateTime" loss:"absent is written as the update's"`
}

// GoalProgress is how far the child came towards a goal of the plan.
type GoalProgress struct {
	GoalID   string `json:"goal_id" need:"yes" fhir:"Goal.identifier"`
	Text     string `json:"text" personal:"yes" fhir:"Goal.description.text" loss:"absent is written as the goal's id"`
	Status   string `json:"status" code:"goal_status" fhir:"Goal.lifecycleStatus" loss:"absent is written as active"`
	Progress string `json:"progress" need:"yes" code:"progress" fhir:"Goal.achievementStatus"`
	On       Date   `json:"on" fhir:"Goal.statusDate"`
	Note     string `json:"note" personal:"yes" fhir:"Goal.note"`
}

// Name is "treatment_update".
func (*TreatmentUpdate) Name() string { return "treatment_update" }

// ID is the update's id.
func (u *TreatmentUpdate) ID() string { return u.UpdateID }

// Fill sets what absent fields mean.
func (u *TreatmentUpdate) Fill() {
	fill(&u.Class, "office")
	fill(&u.Status, "finished")
	for i := range u.Measures {
		m := &u.Measures[i]
		if m.On == "" {
			m.On = u.At
		}
		m.Scored = m.Scored || m.Score.Coef != 0
	}
	for i := range u.Goals {
		fill(&u.Goals[i].Status, "active")
		fill(&u.Goals[i].Text, u.Goals[i].GoalID)
	}
}

// Check refuses ids used twice, an end before the start, and measures that say
// nothing.
func (u *TreatmentUpdate) Check() fhir.Issues {
	var c checks
	if u.Until != "" && u.Until.Stamp() < u.At.Stamp() {
		c.bad("until", "an end before the start", "a moment not before at", "correct at or until")
	}
	c.unique("measures", ids(u.Measures, func(m Measure) string { return m.ID }))
	seen := map[string]bool{}
	for i, g := range u.Goals {
		if seen[g.GoalID] {
			c.bad(at("goals", i)+".goal_id", "a goal that an earlier entry names", "each goal once", "send the latest progress only")
		}
		seen[g.GoalID] = true
	}
	for i, m := range u.Measures {
		if !m.Scored && m.Text == "" {
			c.bad(at("measures", i)+".score", "nothing", "a score, a text, or both", `say what was seen; a score of 0 needs "scored": true`)
		}
		if m.Version != "" && m.Instrument == "" {
			c.bad(at("measures", i)+".version", "a version without an instrument", "the instrument with its version", "name the instrument")
		}
	}
	return c.issues
}
