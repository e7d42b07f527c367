package tofhir

import (
	"strconv"

	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/ledger"
	"github.com/throughline/throughline/mappings/codes"
	"github.com/throughline/throughline/mappings/record"
)

// authorization makes the request (Claim, use preauthorization) and the
// decision (ClaimResponse) with one entry per item (standards.md 3), and the
// ledger's authorizations.
func (k *maker) authorization(a *record.Authorization) {
	key := k.key("authorization", a.AuthID)
	k.put(gateway.Upsert, key, k.preauthorization(a, key))
	k.put(gateway.Upsert, key, k.decision(a, key))
	k.authFacts(a)
	if a.Provider != "" {
		lo, hi := a.Items[0].Start, a.Items[0].End
		for _, item := range a.Items[1:] {
			lo, hi = min(lo, item.Start), later(hi, item.End)
		}
		k.relate(gateway.ScopeIdentifier(k.providerID(a.Provider)), "authorization", a.AuthID, lo, hi)
	}
}

func (k *maker) authFacts(a *record.Authorization) {
	for i := range a.Items {
		k.out.Facts.Auths = append(k.out.Facts.Auths, gateway.AuthFact{Member: k.member, Auth: k.authFact(a, i)})
	}
}

// later is the later end of two periods; an empty end is open.
func later(a, b record.Date) record.Date {
	if a == "" || b == "" {
		return ""
	}
	return max(a, b)
}

func (k *maker) authFact(a *record.Authorization, i int) ledger.Auth {
	item := a.Items[i]
	return ledger.Auth{
		Partner: string(k.partner.ID), ID: a.FactID(i), Provider: a.Provider, Code: item.Code, Modifiers: item.Modifiers.String(),
		Start: startDay(item.Start), End: endDay(item.End), Units: item.Units, Unit: item.Unit, Status: ledger.Status(item.Status),
		CapPeriod: ledger.CapPeriod(item.CapPeriod), CapUnits: item.CapUnits, Program: a.Program, Payer: a.Payer, Received: a.Received.Stamp(),
		Counted: item.PayerUsed, CountedTo: countedTo(item.PayerUsedTo),
	}
}

// countedTo is 0 where the payer has not counted.
func countedTo(d record.Date) ledger.Day {
	if d == "" {
		return 0
	}
	return d.Day()
}

// money are the elements that Claim and ClaimResponse share.
func (k *maker) money(typ string, a *record.Authorization, key gateway.Identifier) fhir.Object {
	return fhir.Obj("resourceType", typ,
		"extension", fhir.List{
			ext("program", "valueIdentifier", programID(a.Program)),
			ext("received-at", "valueDateTime", string(a.Received))},
		"identifier", fhir.List{identifier(key)},
		"status", "active",
		"type", concept(codes.Terminology+"claim-type", "professional"),
		"use", "preauthorization",
		"patient", k.subject)
}

func programID(program string) fhir.Object {
	if program == "" {
		return fhir.Object{}
	}
	return fhir.Obj("system", codes.Program, "value", program)
}

func (k *maker) insurer(payer string) fhir.Object {
	return logical("Organization", gateway.Identifier{System: codes.Payer, Value: payer}, "")
}

// preauthorization is the request. What the record does not date is dated by
// the start of its first item, and marked as assumed.
func (k *maker) preauthorization(a *record.Authorization, key gateway.Identifier) fhir.Object {
	var items, diagnoses fhir.List
	for i, d := range a.Diagnosis {
		diagnoses = append(diagnoses, fhir.Obj("sequence", i+1, "diagnosisCodeableConcept", concept(codes.ICD10, d)))
	}
	for i, item := range a.Items {
		o := fhir.Obj("sequence", i+1, "productOrService", serviceOrNone(item.Code), "modifier", modifiers(item.Modifiers),
			"servicedPeriod", authPeriod(item))
		if item.RequestedUnits != 0 {
			o = o.With("quantity", quantity(ledger.Whole(item.RequestedUnits), item.Unit))
		}
		items = append(items, o)
	}
	created, mark := assumed(string(a.Requested), string(a.Items[0].Start))
	return k.money("Claim", a, key).
		With("created", created).With("_created", mark).
		With("insurer", k.insurer(a.Payer)).
		With("provider", orAny(k.provider("Organization", a.Provider, ""), "any provider")).
		With("priority", coded("auth_priority", a.Priority)).
		With("diagnosis", diagnoses).
		With("insurance", fhir.List{fhir.Obj("sequence", 1, "focal", true, "coverage", k.anyCoverage())}).
		With("item", items)
}

// assumed is a date FHIR requires: the stated one, or another that is marked
// as assumed by an extension.
func assumed(stated, instead string) (date string, mark fhir.Object) {
	if stated != "" {
		return stated, fhir.Object{}
	}
	return instead, fhir.Obj("extension", fhir.List{ext("assumed", "valueBoolean", true)})
}

// decision is the payer's answer. Its outcome is complete even while an item is
// pended (A4); what was authorised stands in itemAuthorizedDetail (PAS 2.0.1),
// and in addItem when it differs from the request (A6, PAS 2.2.1).
func (k *maker) decision(a *record.Authorization, key gateway.Identifier) fhir.Object {
	var items, added, notes fhir.List
	for i, item := range a.Items {
		o := fhir.Obj("extension", decided(item), "itemSequence", i+1, "adjudication", adjudication(item.Action, a.FactID(i)))
		if item.Reason != "" {
			notes = append(notes, fhir.Obj("number", i+1, "type", "display", "text", item.Reason))
			o = o.With("noteNumber", fhir.List{i + 1})
		}
		items = append(items, o)
		if item.Status == "partial" {
			added = append(added, fhir.Obj("itemSequence", fhir.List{i + 1}, "productOrService", serviceOrNone(item.Code), "modifier", modifiers(item.Modifiers),
				"servicedPeriod", authPeriod(item), "quantity", quantity(ledger.Whole(item.Units), item.Unit), "adjudication", adjudication("A1", a.FactID(i))))
		}
	}
	created, mark := assumed(string(a.Decided), string(a.Items[0].Start))
	return k.money("ClaimResponse", a, key).
		With("created", created).With("_created", mark).
		With("insurer", orAny(k.insurer(a.Payer), "payer not stated")).
		With("requestor", k.provider("Organization", a.Provider, "")).
		With("request", k.ref("Claim", key)).
		With("outcome", "complete").
		With("item", items).With("addItem", added).With("processNote", notes)
}

func decided(item record.AuthItem) fhir.List {
	limit := fhir.Object{}
	if item.CapUnits != 0 {
		limit = nested(codes.Extensions+"authorization-cap", part("period", "valueCode", item.CapPeriod),
			fhir.Obj("url", "units", "valueInteger", fhir.Number(strconv.FormatInt(item.CapUnits, 10))))
	}
	count := fhir.Object{}
	if item.PayerUsedTo != "" {
		count = nested(codes.Extensions+"authorization-count", part("to", "valueDate", string(item.PayerUsedTo)),
			fhir.Obj("url", "units", "valueInteger", fhir.Number(strconv.FormatInt(item.PayerUsed, 10))))
	}
	number := fhir.Object{}
	if item.ItemID != "" {
		number = fhir.Obj("url", codes.PAS+"authorizationNumber", "valueString", item.ItemID)
	}
	return fhir.List{
		fhir.Obj("url", codes.PAS+"itemPreAuthPeriod", "valuePeriod", authPeriod(item)),
		number,
		nested(codes.PAS+"itemAuthorizedDetail",
			fhir.Obj("url", "productOrServiceCode", "valueCodeableConcept", serviceOrNone(item.Code)),
			fhir.Obj("url", "quantity", "valueQuantity", quantity(ledger.Whole(item.Units), item.Unit))),
		limit,
		count,
		retractedEnd(item),
	}
}

// authPeriod leaves the end of a retracted item out (per-1).
func authPeriod(item record.AuthItem) fhir.Object {
	if item.Retracted() {
		return period(item.Start, "")
	}
	return period(item.Start, item.End)
}

func retractedEnd(item record.AuthItem) fhir.Object {
	if item.Retracted() {
		return ext("retracted-end", "valueDate", string(item.End))
	}
	return fhir.Object{}
}

// adjudication carries the decision as PAS does: category submitted, with the
// review action and the authorization number beside it.
func adjudication(action, number string) fhir.List {
	return fhir.List{fhir.Obj(
		"extension", fhir.List{nested(codes.PAS+"reviewAction",
			part("number", "valueString", number),
			fhir.Obj("url", codes.PAS+"reviewActionCode", "valueCodeableConcept", coded("review_action", action)))},
		"category", concept(codes.Terminology+"adjudication", "submitted"))}
}
