package x12

import (
	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/mappings/codes"
)

// request makes the Claim (PAS profile-claim; profile-claim-update when it
// changes or cancels).
func (m *reviewMaker) request() {
	r, e := m.r, &m.r.Event
	priority := toFHIR(priorities, e.Urgency)
	if priority == "" {
		priority = "normal"
	}
	key := m.own("278-request", e.Trace)
	claim := fhir.Obj("resourceType", "Claim",
		"extension", fhir.List{
			ext(codes.PAS+"levelOfServiceCode", "valueCodeableConcept", x12Code("1338", e.Urgency)),
			ext(codes.PAS+"certificationType", "valueCodeableConcept", x12Code("1322", e.Certification)),
			ext(codes.PAS+"authorizationNumber", "valueString", e.Authorization),
			ext(codes.PAS+"administrationReferenceNumber", "valueString", e.Admin),
			reviewed(e), delivery(e.Delivery)},
		"identifier", fhir.List{trace(e.Trace, e.TraceOrg)}, "status", "active", "type", concept(codes.Terminology+"claim-type", "professional"), "use", "preauthorization",
		"patient", m.patient, "created", r.At, "insurer", m.insurer, "provider", m.requester,
		"priority", concept(codes.Terminology+"processpriority", priority),
		"related", m.prior(e))
	team := &team{m: m}
	team.add(e.Providers, true)
	info := m.supporting(e)
	var items fhir.List
	for i := range r.Services {
		items = append(items, m.item(&r.Services[i], team))
	}
	claim = claim.With("careTeam", team.list).With("supportingInfo", info).With("diagnosis", m.diagnoses(e.Diagnoses)).
		With("insurance", fhir.List{fhir.Obj("sequence", 1, "focal", true, "coverage", m.coverage)}).With("item", items)
	m.first = entry{gateway.Upsert, "Claim", key, claim}
}

// prior names what is revised (S) or cancelled (3), by its authorization number:
// a 278 has no other name for it. An extension or renewal is a request of its own.
func (m *reviewMaker) prior(e *Level) fhir.List {
	if e.Authorization == "" || e.Certification != "S" && e.Certification != "3" {
		return nil
	}
	return fhir.List{fhir.Obj("claim", fhir.Obj("type", "Claim", "identifier", identifier(m.own("authorization", e.Authorization))), "relationship", concept(codes.Terminology+"ex-relatedclaimrelationship", "prior"))}
}

// team numbers who takes part.
type team struct {
	m    *reviewMaker
	list fhir.List
}

// add gives the sequences of the providers; scope says that they belong to the
// whole claim (PAS careTeamClaimScope).
func (t *team) add(providers []Party, scope bool) (sequences fhir.List) {
	for _, p := range providers {
		n := len(t.list) + 1
		t.list = append(t.list, fhir.Obj("extension", fhir.List{fhir.Obj("url", codes.PAS+"careTeamClaimScope", "valueBoolean", scope)},
			"sequence", n, "provider", t.m.actor(p), "role", x12Code("98", p.Entity)))
		sequences = append(sequences, n)
	}
	return sequences
}

// supporting are the days of the event, its messages and attachments.
func (m *reviewMaker) supporting(e *Level) (out fhir.List) {
	add := func(category string, o fhir.Object) {
		out = append(out, o.With("sequence", len(out)+1).With("category", concept(pasCodes, category)))
	}
	if e.Start != "" && e.End == e.Start {
		add("patientEvent", fhir.Obj("timingDate", e.Start))
	} else if e.Start != "" {
		add("patientEvent", fhir.Obj("timingPeriod", period(e.Start, e.End)))
	}
	for _, text := range e.Messages {
		add("freeFormMessage", fhir.Obj("valueString", text))
	}
	for _, a := range e.Attachments {
		add("additionalInformation", fhir.Obj("extension", fhir.List{parts(codes.PAS+"documentInformation",
			ext("reportTypeCode", "valueCodeableConcept", x12Code("755", a.Type)), ext("transmissionMethod", "valueCodeableConcept", x12Code("756", a.Method)),
			ext("controlNumber", "valueString", a.Control), ext("description", "valueString", a.Text))}))
	}
	return out
}

func (m *reviewMaker) diagnoses(list []Diagnosis) (out fhir.List) {
	for i, d := range list {
		system, code := codes.ICD10, dotted(d.Code)
		if len(d.Qualifier) == 2 {
			system, code = icd9, d.Code
		}
		out = append(out, fhir.Obj("sequence", i+1, "diagnosisCodeableConcept", concept(system, code), "type", fhir.List{concept(diagnosisIs, toFHIR(diagnoses, d.Qualifier))}))
	}
	return out
}

// item is one service asked for.
func (m *reviewMaker) item(s *Level, t *team) fhir.Object {
	o := fhir.Obj("extension", fhir.List{
		ext(codes.PAS+"serviceItemRequestType", "valueCodeableConcept", x12Code("1525", s.RequestType)),
		ext(codes.PAS+"certificationType", "valueCodeableConcept", x12Code("1322", s.Certification)),
		ext(codes.PAS+"itemTraceNumber", "valueIdentifier", trace(s.Trace, s.TraceOrg)),
		ext(codes.PAS+"authorizationNumber", "valueString", s.Authorization),
		ext(codes.PAS+"administrationReferenceNumber", "valueString", s.Admin),
		delivery(s.Delivery)},
		"sequence", s.Sequence, "careTeamSequence", t.add(s.Providers, false), "category", x12Code("1365", s.Category), "productOrService", product(s), "modifier", modifiers(s.Modifiers))
	if s.Certification == "S" { // a 278 does not say what of the service is new
		list, _ := o.Get("extension").(fhir.List)
		o = o.With("extension", append(list, fhir.Obj("url", codes.PAS+"infoChanged", "valueCode", "changed")))
	}
	if s.Certification == "3" {
		o = o.With("modifierExtension", fhir.List{fhir.Obj("url", "http://hl7.org/fhir/us/davinci-pas/StructureDefinition/modifierextension-infoCancelled", "valueBoolean", true)})
	}
	if s.Start != "" && s.Start == s.End {
		o = o.With("servicedDate", s.Start)
	} else if s.Start != "" {
		o = o.With("servicedPeriod", period(s.Start, s.End))
	}
	return o.With("locationCodeableConcept", place(s.Place)).With("quantity", quantity(s)).With("net", money(s.Amount))
}
