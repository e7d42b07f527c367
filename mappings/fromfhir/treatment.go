package fromfhir

import (
	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/mappings/codes"
	"github.com/throughline/throughline/mappings/record"
)

// TreatmentUpdate reads a contact, its measures, the progress it reports and
// its message.
func TreatmentUpdate(rs []*fhir.Resource) (record.Record, fhir.Issues) {
	s := source(rs)
	r := s.besides("Encounter", "placement")
	if r == nil {
		return nil, missing("Encounter")
	}
	author := first(r.Get("participant")).Get("individual")
	out := &record.TreatmentUpdate{
		UpdateID: id(r, "treatment_update"), At: moment(r.Get("period", "start")), Until: moment(r.Get("period", "end")), Class: class(r.Get("class")), Status: r.Get("status").Text(),
		Code: coding(first(r.Get("type")), codes.HCPCS), Service: first(r.Get("type")).Get("text").Text(), ProviderID: named(r.Get("serviceProvider")),
		AuthorID: named(author), AuthorName: display(author), PlanID: value(ext(r.Root(), "about-plan")).Text(),
	}
	out.Member, out.Person = s.child(r.Get("subject"))
	for _, r := range s {
		switch r.Type {
		case "Observation":
			out.Measures = append(out.Measures, measure(r, out.UpdateID))
		case "Goal":
			out.Goals = append(out.Goals, progress(r, out.PlanID))
		case "Communication":
			out.Message = first(r.Get("payload")).Get("contentString").Text()
		}
	}
	return out, losses(s, keeps{"Patient": patient,
		"Encounter":     "status class type subject participant period serviceProvider",
		"Observation":   "status category code subject encounter effectiveDateTime valueQuantity valueString note",
		"Goal":          "lifecycleStatus achievementStatus description subject statusDate note",
		"Communication": "status category subject encounter sent sender payload"})
}

// class reads the class of an Encounter; office when it is one we do not have.
func class(coding *fhir.Node) string {
	if c, ok := codes.Get("encounter_class").Reverse(coding.Get("code").Text()); ok {
		return c.Code
	}
	return "office"
}

func measure(r *fhir.Resource, update string) record.Measure {
	instrument := first(r.Get("code", "coding"))
	m := record.Measure{ID: sub(r, "treatment_update", update, "measure"), Instrument: instrument.Get("code").Text(), Version: instrument.Get("version").Text(),
		Item: r.Get("code", "text").Text(), Text: r.Get("valueString").Text(), On: moment(r.Get("effectiveDateTime"))}
	if score := r.Get("valueQuantity"); score != nil {
		m.Scored, m.Score, m.Text = true, decimal(score.Get("value")), first(r.Get("note")).Get("text").Text()
	}
	return m
}

func progress(r *fhir.Resource, plan string) record.GoalProgress {
	return record.GoalProgress{GoalID: sub(r, "treatment_goal", plan), Text: r.Get("description", "text").Text(), Status: r.Get("lifecycleStatus").Text(),
		Progress: ours("progress", r.Get("achievementStatus")), On: date(r.Get("statusDate")), Note: first(r.Get("note")).Get("text").Text()}
}
