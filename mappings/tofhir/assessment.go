package tofhir

import (
	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/mappings/codes"
	"github.com/throughline/throughline/mappings/record"
)

// assessment makes the response, without the questions, and an Observation of
// category survey for each total (standards.md 1.7).
func (k *maker) assessment(a *record.Assessment) {
	key := k.key("assessment", a.AssessmentID)
	k.put(gateway.Upsert, key, fhir.Obj("resourceType", "QuestionnaireResponse",
		"identifier", identifier(key),
		"questionnaire", codes.Questionnaires+a.Instrument+"|"+a.Version,
		"status", "completed",
		"subject", k.subject,
		"authored", string(a.On),
		"author", k.provider("Practitioner", a.RaterID, ""),
		"item", each(a.Items, func(s record.AssessmentScore) any {
			return fhir.Obj("linkId", s.ID, "answer", fhir.List{fhir.Obj("valueDecimal", fhir.Number(s.Score.String()))})
		})))
	for _, t := range a.Totals {
		total := k.key("assessment", a.AssessmentID, "total", t.ID)
		k.put(gateway.Upsert, total, fhir.Obj("resourceType", "Observation",
			"identifier", fhir.List{identifier(total)},
			"status", "final",
			"category", fhir.List{concept(codes.Terminology+"observation-category", "survey")},
			"code", fhir.Obj("coding", fhir.List{fhir.Obj("system", codes.Local+"instrument", "version", a.Version, "code", a.Instrument)}, "text", t.ID),
			"subject", k.subject,
			"effectiveDateTime", string(a.On),
			"valueQuantity", quantity(t.Score, ""),
			"derivedFrom", fhir.List{k.ref("QuestionnaireResponse", key)}))
	}
}
