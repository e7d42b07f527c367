package fromfhir

import (
	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/mappings/codes"
	"github.com/throughline/throughline/mappings/record"
)

// LevelOfCare reads a determination out of an Observation of ours.
func LevelOfCare(rs []*fhir.Resource) (record.Record, fhir.Issues) {
	s := source(rs)
	r := s.main("Observation", "level_of_care")
	if r == nil || coding(r.Get("code"), codes.Local+"record") != "level-of-care" {
		return nil, missing("Observation")
	}
	instrument := first(r.Get("method", "coding"))
	out := &record.LevelOfCare{DeterminationID: id(r, "level_of_care"), Program: programOf(r), Level: oursOrText("level_of_care", r.Get("valueCodeableConcept")),
		Instrument: instrument.Get("code").Text(), Version: instrument.Get("version").Text(), On: date(r.Get("effectivePeriod", "start")), Until: date(r.Get("effectivePeriod", "end")),
		RaterID: named(first(r.Get("performer"))), Circumstances: values(r.Root(), codes.Extensions+"circumstance"), Reason: first(r.Get("note")).Get("text").Text()}
	out.Member, out.Person = s.child(r.Get("subject"))
	return out, losses(s, keeps{"Patient": patient, "Observation": "status category code subject effectivePeriod performer valueCodeableConcept note method"})
}

// programOf is the program in our extension.
func programOf(r *fhir.Resource) string { return value(ext(r.Root(), "program")).Get("value").Text() }

// oursOrText reads a concept of one of our open tables.
func oursOrText(table string, concept *fhir.Node) string {
	if code := ours(table, concept); code != "" {
		return code
	}
	return concept.Get("text").Text()
}

// values are what all extensions or parts of a URL say.
func values(n *fhir.Node, url string) (out record.IDs) {
	for _, e := range n.Get("extension").Items() {
		if e.Get("url").Text() == url {
			out = append(out, value(e).Text())
		}
	}
	return out
}
