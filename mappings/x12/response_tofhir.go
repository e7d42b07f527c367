package x12

import (
	"slices"

	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/mappings/codes"
)

// response makes the ClaimResponse. What is authorised stands in
// itemAuthorizedDetail (PAS 2.0.1) and, where the payer changed what was asked,
// in an addItem of the same sequence as well (PAS 2.2.1): either reader finds it.
func (m *reviewMaker) response() {
	r, e := m.r, &m.r.Event
	key := m.own("278-response", e.Trace)
	o := fhir.Obj("resourceType", "ClaimResponse",
		"extension", fhir.List{reviewed(e), ext(codes.PAS+"levelOfServiceCode", "valueCodeableConcept", x12Code("1338", e.Urgency)), issued(e), eventDates(e)},
		"identifier", fhir.List{trace(e.Trace, e.TraceOrg), trace(e.PayerTrace, e.PayerOrg)},
		"status", "active", "type", concept(codes.Terminology+"claim-type", "professional"), "use", "preauthorization",
		"patient", m.patient, "created", r.At, "insurer", m.insurer, "requestor", m.requester,
		"request", fhir.Obj("type", "Claim", "identifier", fhir.Obj("value", e.Trace)),
		"outcome", r.outcome(), "preAuthRef", e.Number)
	if e.To != "" {
		o = o.With("preAuthPeriod", period(e.From, e.To))
	}
	if r.Dependent != nil {
		o = o.With("insurance", fhir.List{fhir.Obj("sequence", 1, "focal", true, "coverage", m.coverage)})
	}
	w := &answers{}
	for i := range r.Services {
		w.service(&r.Services[i])
	}
	if e.Action != "" {
		o = o.With("adjudication", adjudication(e))
	}
	for _, text := range e.Messages {
		w.note(text)
	}
	m.first = entry{gateway.Upsert, "ClaimResponse", key, o.With("item", w.items).With("addItem", w.added).With("processNote", w.notes).With("error", r.faults())}
}

// outcome is error when no service was decided for a refusal, partial when some
// were, complete otherwise: pended is complete too.
func (r *Review) outcome() string {
	refused := len(r.Errors) > 0
	for _, s := range r.Services {
		refused = refused || len(s.Errors) > 0
	}
	switch {
	case !refused:
		return "complete"
	case r.Event.Action != "" || slices.ContainsFunc(r.Services, func(s Level) bool { return s.Action != "" }):
		return "partial"
	}
	return "error"
}

// faults are the AAA (ClaimResponse.error, codes of X12 901 and 889).
func (r *Review) faults() (out fhir.List) {
	add := func(f Refusal, sequence int) {
		o := fhir.Obj("extension", fhir.List{
			parts(codes.PAS+"errorElement", ext("error", "valueString", f.Loop)),
			ext(codes.PAS+"errorFollowupAction", "valueCodeableConcept", x12Code("889", f.FollowUp)),
			parts(codes.Extensions+"review-refusal", ext("valid", "valueCode", f.Valid))})
		if sequence > 0 {
			o = o.With("itemSequence", sequence)
		}
		out = append(out, o.With("code", x12Code("901", f.Reason)))
	}
	for _, f := range r.Errors {
		add(f, 0)
	}
	for _, s := range r.Services {
		for _, f := range s.Errors {
			add(f, s.Sequence)
		}
	}
	return out
}

// answers gathers the items of a ClaimResponse.
type answers struct {
	items, added, notes fhir.List
}

func (w *answers) note(text string) int {
	w.notes = append(w.notes, fhir.Obj("number", len(w.notes)+1, "type", "display", "text", text))
	return len(w.notes)
}

func (w *answers) service(s *Level) {
	var numbers fhir.List
	for _, text := range s.Messages {
		numbers = append(numbers, w.note(text))
	}
	if s.Sequence == 0 {
		w.added = append(w.added, fhir.Obj("extension", w.extensions(s)).With("productOrService", product(s)).With("modifier", modifiers(s.Modifiers)).With("servicedPeriod", served(s)).
			With("locationCodeableConcept", place(s.Place)).With("quantity", quantity(s)).With("net", money(s.Amount)).With("noteNumber", numbers).With("adjudication", adjudication(s)))
		return
	}
	w.items = append(w.items, fhir.Obj("extension", append(w.extensions(s), detail(s)), "itemSequence", s.Sequence, "noteNumber", numbers, "adjudication", adjudication(s)))
	if s.Code != "" && (s.Action == "A6" || s.Action == "A2") {
		w.added = append(w.added, fhir.Obj("itemSequence", fhir.List{s.Sequence}, "productOrService", product(s), "modifier", modifiers(s.Modifiers), "servicedPeriod", authorised(s),
			"quantity", quantity(s), "adjudication", adjudication(&Level{Action: "A1", Number: s.Number})))
	}
}

// served is the time asked for; authorised the time it may be used in.
func served(s *Level) fhir.Object { return period(s.Start, s.End) }

func authorised(s *Level) fhir.Object {
	if s.From == "" {
		return period(s.Start, s.End)
	}
	return period(s.From, s.To)
}

func (w *answers) extensions(s *Level) fhir.List {
	use := fhir.Object{}
	if s.To != "" {
		use = fhir.Obj("url", codes.PAS+"itemPreAuthPeriod", "valuePeriod", period(s.From, s.To))
	}
	asked := fhir.Object{}
	if s.Start != "" {
		asked = fhir.Obj("url", codes.PAS+"itemRequestedServiceDate", "valuePeriod", served(s))
	}
	return fhir.List{
		ext(codes.PAS+"itemTraceNumber", "valueIdentifier", trace(s.Trace, s.TraceOrg)), asked, issued(s), use,
		ext(codes.PAS+"administrationReferenceNumber", "valueString", s.Admin), ext(codes.PAS+"authorizationNumber", "valueString", s.Authorization),
		parts(codes.Extensions+"payer-trace", ext("number", "valueIdentifier", trace(s.PayerTrace, s.PayerOrg))),
		reviewed(&Level{RequestType: s.RequestType, Category: s.Category, Place: s.Place, Certification: s.Certification}), delivery(s.Delivery)}
}

func issued(s *Level) fhir.Object {
	return ext(codes.PAS+"itemPreAuthIssueDate", "valueDate", s.Issued)
}

func eventDates(e *Level) fhir.Object {
	if e.Start == "" {
		return fhir.Object{}
	}
	return fhir.Obj("url", codes.Extensions+"patient-event", "valuePeriod", period(e.Start, e.End))
}

// detail is what is authorised. Of what is not certified X12 repeats what was
// asked: that is kept apart, so that nobody counts it.
func detail(s *Level) fhir.Object {
	if s.Code == "" {
		return fhir.Object{}
	}
	list := []fhir.Object{fhir.Obj("url", "productOrServiceCode", "valueCodeableConcept", product(s))}
	for _, m := range s.Modifiers {
		list = append(list, fhir.Obj("url", "modifier", "valueCodeableConcept", concept(codes.HCPCS, m)))
	}
	url := codes.PAS + "itemAuthorizedDetail"
	if !certified(s.Action) {
		url = codes.Extensions + "review-requested"
	}
	return parts(url, append(list, ext("unitPrice", "valueMoney", money(s.Amount)), ext("quantity", "valueQuantity", quantity(s)))...)
}

func certified(action string) bool { return action == "A1" || action == "A2" || action == "A6" }

// adjudication carries the decision as PAS does.
func adjudication(s *Level) fhir.List {
	if s.Action == "" {
		return fhir.List{fhir.Obj("category", concept(codes.Terminology+"adjudication", "submitted"))}
	}
	action, _ := codes.Get("review_action").Find(s.Action)
	code := fhir.Obj("coding", fhir.List{fhir.Obj("system", codes.X12+"306", "code", s.Action, "display", action.Display)})
	return fhir.List{fhir.Obj("extension", fhir.List{parts(codes.PAS+"reviewAction", ext("number", "valueString", s.Number),
		ext(codes.PAS+"reviewActionCode", "valueCodeableConcept", code), ext("reasonCode", "valueCodeableConcept", x12Code("886", s.Reason)))},
		"category", concept(codes.Terminology+"adjudication", "submitted"))}
}
