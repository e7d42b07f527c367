package tofhir

import (
	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/mappings/codes"
	"github.com/throughline/throughline/mappings/record"
)

// levelOfCare makes an Observation of category survey, as assessments do: the level
// is its value.
func (k *maker) levelOfCare(l *record.LevelOfCare) {
	key := k.key("level_of_care", l.DeterminationID)
	extensions := fhir.List{ext("program", "valueIdentifier", programID(l.Program))}
	for _, c := range l.Circumstances {
		extensions = append(extensions, ext("circumstance", "valueCode", c))
	}
	method := fhir.Object{}
	if l.Instrument != "" {
		method = fhir.Obj("coding", fhir.List{fhir.Obj("system", codes.Local+"instrument", "version", l.Version, "code", l.Instrument)})
	}
	k.put(gateway.Upsert, key, fhir.Obj("resourceType", "Observation",
		"extension", extensions,
		"identifier", fhir.List{identifier(key)},
		"status", "final",
		"category", fhir.List{concept(codes.Terminology+"observation-category", "survey")},
		"code", concept(codes.Local+"record", "level-of-care"),
		"subject", k.subject,
		"effectivePeriod", period(l.On, l.Until),
		"performer", fhir.List{k.provider("Practitioner", l.RaterID, "")},
		"valueCodeableConcept", codedOrText("level_of_care", l.Level),
		"note", fhir.List{fhir.Obj("text", l.Reason)},
		"method", method))
}

// codedOrText is a concept of one of our open tables: its code, or the text that
// was sent.
func codedOrText(table, code string) fhir.Object {
	if o := coded(table, code); string(o.JSON()) != "{}" {
		return o
	}
	return fhir.Obj("text", code)
}
