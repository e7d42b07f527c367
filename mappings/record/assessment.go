package record

import (
	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/ledger"
)

// Assessment is one rating by an instrument. Items are keyed by instrument, version
// and item; texts of licensed instruments are not in it (standards.md 1.7). Needs
// and strengths are rated in opposite directions, so totals are those of the sender.
type Assessment struct {
	AssessmentID string `json:"assessment_id" need:"yes" fhir:"QuestionnaireResponse.identifier"`
	Member       `csv:""`
	Person       `csv:""`
	Instrument   string            `json:"instrument" need:"yes" fhir:"QuestionnaireResponse.questionnaire"`
	Version      string            `json:"version" need:"yes" fhir:"QuestionnaireResponse.questionnaire (after the bar)"`
	On           Date              `json:"on" need:"yes" fhir:"QuestionnaireResponse.authored"`
	RaterID      string            `json:"rater_id" need:"yes" fhir:"QuestionnaireResponse.author.identifier"`
	Items        []AssessmentScore `json:"items" csv:"item" need:"yes" fhir:"QuestionnaireResponse.item"`
	Totals       []AssessmentScore `json:"totals" csv:"total" fhir:"Observation (survey)"`
}

// AssessmentScore is the score of an item, or of a scale.
type AssessmentScore struct {
	ID    string         `json:"id" need:"yes" fhir:"QuestionnaireResponse.item.linkId, Observation.code"`
	Score ledger.Decimal `json:"score" need:"yes" fhir:"QuestionnaireResponse.item.answer.valueDecimal, Observation.valueQuantity"`
}

// Name is "assessment".
func (*Assessment) Name() string { return "assessment" }

// ID is the assessment's id.
func (a *Assessment) ID() string { return a.AssessmentID }

// Fill has nothing to add.
func (*Assessment) Fill() {}

// Check refuses items and totals named twice, and instruments that are no code.
func (a *Assessment) Check() fhir.Issues {
	var c checks
	c.url("instrument", a.Instrument)
	c.url("version", a.Version)
	c.unique("items", ids(a.Items, func(s AssessmentScore) string { return s.ID }))
	c.unique("totals", ids(a.Totals, func(s AssessmentScore) string { return s.ID }))
	return c.issues
}
