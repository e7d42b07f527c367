package pas

import (
	"github.com/throughline/throughline/fhir"
)

// Detail is one thing a request says, for a reviewer to read.
type Detail struct{ Label, Text string }

// Details are what a reviewer needs of a request beyond its items: who it is
// about, why it is asked, and what came along. All of it is personal.
func Details(sent *fhir.Resource) (out []Detail) {
	b := open(sent)
	if len(b.entries) == 0 || b.entries[0].Resource == nil {
		return nil
	}
	add := func(label, text string) {
		if text != "" {
			out = append(out, Detail{label, text})
		}
	}
	at := &b.entries[0]
	claim := at.Resource
	if patient := b.follow(at, claim.Get("patient")); patient != nil {
		name := firstOf(patient.Resource.Get("name"))
		text := name.Get("text").Text()
		for _, g := range name.Get("given").Items() {
			text += " " + g.Text()
		}
		add("Child", text+" "+name.Get("family").Text())
		add("Born", patient.Resource.Get("birthDate").Text())
		for _, id := range patient.Resource.Get("identifier").Items() {
			add("Id", identifierOf(id).Value)
		}
	}
	if provider := b.follow(at, claim.Get("provider")); provider != nil {
		add("Requester", provider.Resource.Get("name").Text())
	}
	for _, d := range claim.Get("diagnosis").Items() {
		c := codeOf(d.Get("diagnosisCodeableConcept"))
		add("Diagnosis", c.Code+" "+c.Display)
	}
	for _, s := range claim.Get("supportingInfo").Items() {
		if !cancelled(s) {
			add("Note", s.Get("valueString").Text())
		}
	}
	for _, e := range b.entries {
		if e.Resource != nil && (e.Resource.Type == "DocumentReference" || e.Resource.Type == "QuestionnaireResponse") {
			add("Attached", e.Resource.Type+" "+e.Resource.Get("description").Text())
		}
	}
	return out
}
