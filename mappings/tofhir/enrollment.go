package tofhir

import (
	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/ledger"
	"github.com/throughline/throughline/mappings/codes"
	"github.com/throughline/throughline/mappings/record"
)

// enrollment makes the coverage, the episode of care when there is a program
// (standards.md 1.5), the ledger's span, and the relations by which payer and
// program oversight may see the child.
func (k *maker) enrollment(e *record.Enrollment) {
	key := k.key("enrollment", e.ID())
	k.put(gateway.Upsert, key, k.coverage(e, key))
	if e.Program != "" {
		k.put(gateway.Upsert, key, k.episode(e, key))
	}
	k.spanFact(e)
	ref := e.Payer + "|" + e.Program + "|" + string(e.Start)
	if e.Payer != "" {
		k.relate(gateway.ScopePayer(e.Payer), "enrollment", ref, e.Start, e.End)
	}
	if e.Program != "" {
		k.relate(gateway.ScopeProgram(e.Program), "enrollment", ref, e.Start, programEnd(e))
	}
}

func (k *maker) spanFact(e *record.Enrollment) {
	span := ledger.Span{Partner: string(k.partner.ID), Payer: e.Payer, Program: e.Program, Start: startDay(e.Start), End: endDay(e.End), County: e.County, Received: e.Received.Stamp()}
	k.out.Facts.Spans = append(k.out.Facts.Spans, gateway.SpanFact{Member: k.member, Span: span})
}

// termination ends what is known of the member's coverage: the ledger finds the
// spans, a Coverage says that it was sent.
func (k *maker) termination(e *record.Termination) {
	key := k.key("enrollment", e.ID())
	k.put(gateway.Upsert, key, k.coverage(&record.Enrollment{Member: e.Member, End: e.End, Payer: e.Payer, Program: e.Program, Received: e.Received}, key).
		With("status", "cancelled").With("period", period("", e.End)))
	k.endFact(e)
}

func (k *maker) endFact(e *record.Termination) {
	span := ledger.Span{Partner: string(k.partner.ID), Payer: e.Payer, Program: e.Program, Start: ledger.NoDay, End: e.End.Day(), Received: e.Received.Stamp()}
	k.out.Facts.Spans = append(k.out.Facts.Spans, gateway.SpanFact{Member: k.member, Span: span})
}

func (k *maker) coverage(e *record.Enrollment, key gateway.Identifier) fhir.Object {
	status := "active"
	if e.Retracted() {
		status = "entered-in-error"
	}
	class := fhir.List{}
	if e.Program != "" {
		class = fhir.List{fhir.Obj("type", concept(codes.Terminology+"coverage-class", "plan"), "value", e.Program)}
	}
	return fhir.Obj("resourceType", "Coverage",
		"extension", spanExtensions(e),
		"identifier", fhir.List{identifier(key)},
		"status", status,
		"type", concept(codes.Terminology+"v3-ActCode", "PUBLICPOL"),
		"subscriberId", e.MemberID,
		"beneficiary", k.subject,
		"relationship", concept(codes.Terminology+"subscriber-relationship", "self"),
		"period", spanPeriod(e),
		"payor", fhir.List{orAny(logical("Organization", gateway.Identifier{System: codes.Payer, Value: e.Payer}, ""), "any payer")},
		"class", class)
}

func (k *maker) episode(e *record.Enrollment, key gateway.Identifier) fhir.Object {
	status := "active"
	switch {
	case e.Retracted():
		status = "entered-in-error"
	case e.End != "" && string(e.End) < k.created():
		status = "finished"
	}
	return fhir.Obj("resourceType", "EpisodeOfCare",
		"extension", spanExtensions(e),
		"identifier", fhir.List{identifier(key)},
		"status", status,
		"type", fhir.List{fhir.Obj("text", e.Program)},
		"patient", k.subject,
		"managingOrganization", logical("Organization", gateway.Identifier{System: codes.Program, Value: e.Program}, ""),
		"period", spanPeriod(e),
		"careManager", k.provider("Practitioner", e.Coordinator, ""))
}

// spanPeriod leaves the end of a retracted span out: FHIR refuses an end before
// the start (per-1).
func spanPeriod(e *record.Enrollment) fhir.Object {
	if e.Retracted() {
		return period(e.Start, "")
	}
	return period(e.Start, e.End)
}

func spanExtensions(e *record.Enrollment) fhir.List {
	retracted := ""
	if e.Retracted() {
		retracted = string(e.End)
	}
	return fhir.List{ext("retracted-end", "valueDate", retracted), ext("county", "valueString", e.County), ext("received-at", "valueDateTime", string(e.Received))}
}

// programEnd leaves program oversight open: a state reconciles spans that have
// ended. Only a retracted span withdraws it.
func programEnd(e *record.Enrollment) record.Date {
	if e.Retracted() {
		return e.End
	}
	return ""
}
