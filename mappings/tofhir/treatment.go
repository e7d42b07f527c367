package tofhir

import (
	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/mappings/codes"
	"github.com/throughline/throughline/mappings/record"
)

// treatment makes the contact, one Observation for each measure, one Goal for
// each progress report, and the message to the team.
//
// A clinic's Goal is a resource of its own beside the plan's, keyed by plan and
// goal: a report that knows only the progress must not overwrite the plan's.
func (k *maker) treatment(u *record.TreatmentUpdate) {
	key := k.key("treatment_update", u.UpdateID)
	k.put(gateway.Upsert, key, k.contact(u, key))
	for _, m := range u.Measures {
		k.measure(u, m, key)
	}
	for _, g := range u.Goals {
		k.progress(u, g)
	}
	if u.Message != "" {
		k.communication(u, key)
	}
}

func (k *maker) contact(u *record.TreatmentUpdate, key gateway.Identifier) fhir.Object {
	t := codes.Get("encounter_class")
	class, _ := t.Find(u.Class)
	participants := fhir.List{}
	if author := k.provider("Practitioner", u.AuthorID, u.AuthorName); u.AuthorID+u.AuthorName != "" {
		participants = fhir.List{fhir.Obj("individual", author)}
	}
	return fhir.Obj("resourceType", "Encounter",
		"extension", fhir.List{ext("about-plan", "valueString", u.PlanID)},
		"identifier", fhir.List{identifier(key)},
		"status", u.Status,
		"class", fhir.Obj("system", t.SystemOf(class), "code", class.InFHIR(), "display", t.Display(class)),
		"type", fhir.List{service(u.Code, u.Service)},
		"subject", k.subject,
		"participant", participants,
		"period", period(u.At, u.Until),
		"serviceProvider", k.provider("Organization", u.ProviderID, ""))
}

// measure is an Observation of category survey, keyed by instrument, version
// and item (standards.md 1.7).
func (k *maker) measure(u *record.TreatmentUpdate, m record.Measure, update gateway.Identifier) {
	key := k.key("treatment_update", u.UpdateID, "measure", m.ID)
	code := fhir.Obj("text", m.Item)
	if m.Instrument != "" {
		code = fhir.Obj("coding", fhir.List{fhir.Obj("system", codes.Local+"instrument", "version", m.Version, "code", m.Instrument)}, "text", m.Item)
	}
	o := fhir.Obj("resourceType", "Observation",
		"identifier", fhir.List{identifier(key)},
		"status", "final",
		"category", fhir.List{concept(codes.Terminology+"observation-category", "survey")},
		"code", code,
		"subject", k.subject,
		"encounter", k.ref("Encounter", update),
		"effectiveDateTime", string(m.On))
	if m.Scored {
		o = o.With("valueQuantity", quantity(m.Score, "")).With("note", fhir.List{fhir.Obj("text", m.Text)})
	} else {
		o = o.With("valueString", m.Text)
	}
	k.put(gateway.Upsert, key, o)
}

func (k *maker) progress(u *record.TreatmentUpdate, g record.GoalProgress) {
	key := k.key("treatment_goal", u.PlanID, g.GoalID)
	k.put(gateway.Upsert, key, fhir.Obj("resourceType", "Goal",
		"identifier", fhir.List{identifier(key)},
		"lifecycleStatus", g.Status,
		"achievementStatus", coded("progress", g.Progress),
		"description", fhir.Obj("text", g.Text),
		"subject", k.subject,
		"statusDate", string(g.On),
		"note", fhir.List{fhir.Obj("text", g.Note)}))
}

func (k *maker) communication(u *record.TreatmentUpdate, update gateway.Identifier) {
	key := k.key("treatment_update", u.UpdateID, "message")
	k.put(gateway.Upsert, key, fhir.Obj("resourceType", "Communication",
		"identifier", fhir.List{identifier(key)},
		"status", "completed",
		"category", fhir.List{concept(codes.Terminology+"communication-category", "notification")},
		"subject", k.subject,
		"encounter", k.ref("Encounter", update),
		"sent", string(u.At), // the message has no time of its own
		"sender", k.provider("Practitioner", u.AuthorID, u.AuthorName),
		"payload", fhir.List{fhir.Obj("contentString", u.Message)}))
}
