package tofhir

import (
	"strconv"

	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/ledger"
	"github.com/throughline/throughline/mappings/codes"
	"github.com/throughline/throughline/mappings/record"
)

// service makes a claim, or an encounter when the line comes from an encounter
// record or a visit log (standards.md 1.6), and the ledger's line.
func (k *maker) service(s *record.Service) {
	key := k.key("service", s.LineID)
	if s.Visit() {
		k.put(gateway.Upsert, key, k.encounterOf(s, key))
	} else {
		k.put(gateway.Upsert, key, k.claimOf(s, key))
	}
	k.serviceFact(s)
}

func (k *maker) serviceFact(s *record.Service) {
	k.out.Facts.Lines = append(k.out.Facts.Lines, gateway.LineFact{Member: k.member, Line: k.line(s)})
}

func (k *maker) line(s *record.Service) ledger.Line {
	frequency, _ := strconv.Atoi(s.Frequency) // the code table holds 1, 7 and 8
	return ledger.Line{
		Partner: string(k.partner.ID), ID: s.LineID, ClaimID: s.ClaimID, Provider: s.Provider, Code: s.Code, Modifiers: s.Modifiers.String(),
		Date: s.Date.Day(), DateText: string(s.Date), Units: s.Units, Unit: s.Unit, Frequency: frequency, Replaces: s.Replaces, Source: s.Source,
		Auth: s.Auth, VisitID: s.VisitID, StartTime: s.StartTime, Received: s.Received.Stamp(),
	}
}

func (k *maker) claimOf(s *record.Service, key gateway.Identifier) fhir.Object {
	served := realDate(s.Date)
	return fhir.Obj("resourceType", "Claim",
		"extension", fhir.List{k.lineExtension(s), ext("received-at", "valueDateTime", string(s.Received))},
		"identifier", k.lineIDs(s, key),
		"status", "active",
		"type", concept(codes.Terminology+"claim-type", "professional"),
		"use", "claim",
		"patient", k.subject,
		"created", k.created(served, string(s.Received)),
		"provider", orAny(k.provider("Organization", s.Provider, ""), "provider not stated"),
		"priority", concept(codes.Terminology+"processpriority", "normal"),
		"related", k.related(s),
		"insurance", fhir.List{fhir.Obj("sequence", 1, "focal", true, "coverage", k.anyCoverage(), "preAuthRef", fhir.List{s.Auth})},
		"item", fhir.List{fhir.Obj("sequence", 1,
			"productOrService", serviceOrNone(s.Code),
			"modifier", modifiers(s.Modifiers),
			"servicedDate", served,
			"quantity", quantity(s.Units, s.Unit))})
}

func (k *maker) encounterOf(s *record.Service, key gateway.Identifier) fhir.Object {
	return fhir.Obj("resourceType", "Encounter",
		"extension", fhir.List{k.lineExtension(s), ext("received-at", "valueDateTime", string(s.Received))},
		"identifier", k.lineIDs(s, key),
		"status", "finished",
		"class", fhir.Obj("system", codes.Terminology+"v3-ActCode", "code", "AMB"),
		"type", fhir.List{serviceOrNone(s.Code)},
		"subject", k.subject,
		"period", fhir.Obj("start", realDate(s.Date), "end", realDate(s.Date)),
		"serviceProvider", k.provider("Organization", s.Provider, ""))
}

// lineIDs are the line's identity and the claim it stands on.
func (k *maker) lineIDs(s *record.Service, key gateway.Identifier) fhir.List {
	list := fhir.List{identifier(key)}
	if s.ClaimID != "" {
		list = append(list, identifier(k.key("claim", s.ClaimID)))
	}
	return list
}

// lineExtension holds what R4 has no element for: the frequency of 837
// CLM05-3, what the line replaces, its visit and its source; for an encounter
// also the units.
func (k *maker) lineExtension(s *record.Service) fhir.Object {
	parts := []fhir.Object{
		part("frequency", "valueCode", s.Frequency), part("replaces", "valueString", s.Replaces), part("visit", "valueString", s.VisitID),
		part("start", "valueString", s.StartTime), part("source", "valueString", s.Source),
	}
	if realDate(s.Date) == "" {
		parts = append(parts, part("date-as-sent", "valueString", string(s.Date)))
	}
	if s.Visit() {
		parts = append(parts, part("modifiers", "valueString", s.Modifiers.String()), part("authorization", "valueString", s.Auth),
			fhir.Obj("url", "units", "valueQuantity", quantity(s.Units, s.Unit)))
	}
	return nested(codes.Extensions+"service-line", parts...)
}

// related points to the line or claim that this one replaces or voids.
func (k *maker) related(s *record.Service) fhir.List {
	if s.Replaces == "" {
		return nil
	}
	return fhir.List{fhir.Obj("claim", logical("Claim", k.key("service", s.Replaces), ""),
		"relationship", concept(codes.Terminology+"ex-relatedclaimrelationship", "prior"))}
}

// anyCoverage names the child's coverage where a claim must have one and the
// record does not say which.
func (k *maker) anyCoverage() fhir.Object {
	return fhir.Obj("type", "Coverage", "identifier", identifier(k.member))
}

func serviceOrNone(code string) fhir.Object {
	if code == "" {
		return fhir.Obj("text", "no code sent")
	}
	return service(code, "")
}

// realDate is the date when it is one; FHIR cannot hold another.
func realDate(d record.AnyDate) string {
	if d.Day() == ledger.NoDay {
		return ""
	}
	return string(d)
}

// orAny fills a reference that FHIR requires.
func orAny(reference fhir.Object, display string) fhir.Object {
	if string(reference.JSON()) == "{}" {
		return fhir.Obj("display", display)
	}
	return reference
}
