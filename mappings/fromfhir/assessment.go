package fromfhir

import (
	"strings"

	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/mappings/codes"
	"github.com/throughline/throughline/mappings/record"
)

// Assessment reads the scores of a QuestionnaireResponse, and the totals beside it.
func Assessment(rs []*fhir.Resource) (record.Record, fhir.Issues) {
	s := source(rs)
	r := s.besides("QuestionnaireResponse", "application_packet")
	if r == nil {
		return nil, missing("QuestionnaireResponse")
	}
	canonical, version, _ := strings.Cut(strings.TrimPrefix(r.Get("questionnaire").Text(), codes.Questionnaires), "|")
	out := &record.Assessment{AssessmentID: r.Get("identifier", "value").Text(), Instrument: canonical, Version: version, On: date(r.Get("authored")), RaterID: named(r.Get("author"))}
	if out.AssessmentID == "" {
		out.AssessmentID = r.ID
	}
	out.Member, out.Person = s.child(r.Get("subject"))
	for _, item := range r.Get("item").Items() {
		answer := first(item.Get("answer"))
		score := answer.Get("valueDecimal")
		if score == nil {
			score = answer.Get("valueInteger")
		}
		out.Items = append(out.Items, record.AssessmentScore{ID: item.Get("linkId").Text(), Score: decimal(score)})
	}
	for _, o := range s {
		if o.Type == "Observation" && ofKind(o, "assessment") {
			out.Totals = append(out.Totals, record.AssessmentScore{ID: o.Get("code", "text").Text(), Score: decimal(o.Get("valueQuantity", "value"))})
		}
	}
	return out, losses(s, keeps{"Patient": patient, "QuestionnaireResponse": "questionnaire status subject authored author item",
		"Observation": "status category code subject effectiveDateTime valueQuantity derivedFrom"})
}
