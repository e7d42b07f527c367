package tofhir

import (
	"time"

	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/ledger"
	"github.com/throughline/throughline/mappings/codes"
	"github.com/throughline/throughline/mappings/record"
)

// carePlan makes the plan and its parts (standards.md 1.1, US Core and eLTSS).
func (k *maker) carePlan(p *record.CarePlan) {
	key := k.key("care_plan", p.PlanID)
	plan := k.plan(p, key)
	support := fhir.List{}
	for _, s := range p.Strengths {
		support = append(support, k.strength(p, s))
	}
	plan = plan.With("addresses", each(p.Needs, func(n record.Need) any { return k.need(p, n) })).
		With("goal", each(p.Goals, func(g record.Goal) any { return k.goal(p, g) }))
	if contract := k.contract(p, key); contract.Value != "" {
		support = append(support, k.ref("Contract", contract))
	}
	k.put(gateway.Upsert, key, plan.With("supportingInfo", support).
		With("activity", each(p.Services, func(s record.PlannedService) any {
			return fhir.Obj("reference", k.planned(p, s))
		})).
		With("note", fhir.List{note("Family", p.FamilyWords), note("Youth", p.YouthWords)}))
	if p.Crisis != nil {
		k.crisis(p, key)
	}
	k.promise(p)
}

func each[T any](list []T, f func(T) any) fhir.List {
	out := make(fhir.List, len(list))
	for i, e := range list {
		out[i] = f(e)
	}
	return out
}

func (k *maker) plan(p *record.CarePlan, key gateway.Identifier) fhir.Object {
	extensions := fhir.List{
		ext("plan-version", "valueString", p.Version),
		nested(codes.Extensions+"plan-review", part("last", "valueDate", string(p.LastReview)), part("next", "valueDate", string(p.NextReview))),
	}
	for _, d := range p.Decisions {
		extensions = append(extensions, decisionExtension(d))
	}
	crisis := ""
	if p.Crisis != nil {
		crisis = "There is a crisis and safety plan."
	}
	return fhir.Obj("resourceType", "CarePlan",
		"text", narrative(p.Title, crisis),
		"extension", extensions,
		"identifier", fhir.List{identifier(key)},
		"replaces", k.replaced(p.Replaces),
		"status", p.Status,
		"intent", "plan",
		"category", fhir.List{concept("http://hl7.org/fhir/us/core/CodeSystem/careplan-category", "assess-plan")},
		"title", p.Title,
		"subject", k.subject,
		"period", period(p.Start, p.End),
		"created", string(p.Created),
		"author", k.provider("Practitioner", p.AuthorID, p.AuthorName),
		"careTeam", k.team(p.TeamID))
}

// replaced names the plan before this one, and the team, by identifier: they
// came in messages of their own.
func (k *maker) replaced(id string) fhir.List {
	if id == "" {
		return nil
	}
	return fhir.List{logical("CarePlan", k.key("care_plan", id), "")}
}

func (k *maker) team(id string) fhir.List {
	if id == "" {
		return nil
	}
	return fhir.List{logical("CareTeam", k.key("care_team", id), "")}
}

// decisionExtension holds what somebody decided on the plan, also when it is
// no (seed 001: the person or family holds the final decision).
func decisionExtension(d record.Decision) fhir.Object {
	return nested(codes.Extensions+"plan-decision",
		part("role", "valueCode", d.Role), part("decision", "valueCode", d.Decision), part("date", "valueDate", string(d.On)),
		part("person", "valueString", d.Person), part("note", "valueString", d.Note))
}

// strength becomes an Observation as eLTSS has it; it returns the reference.
func (k *maker) strength(p *record.CarePlan, s record.Strength) fhir.Object {
	key := k.key("care_plan", p.PlanID, "strength", s.ID)
	k.put(gateway.Upsert, key, fhir.Obj("resourceType", "Observation",
		"identifier", fhir.List{identifier(key)},
		"status", "final",
		"category", fhir.List{concept(codes.Terminology+"observation-category", "social-history"), coded("life_domain", s.Domain)},
		"code", concept("http://hl7.org/fhir/us/eltss/CodeSystem/eltss-observation-codes-temporary", "strength"),
		"subject", k.subject,
		"valueString", s.Text))
	return k.ref("Observation", key)
}

func (k *maker) need(p *record.CarePlan, n record.Need) fhir.Object {
	key := k.key("care_plan", p.PlanID, "need", n.ID)
	code := fhir.Obj("text", n.Text)
	if n.Diagnosis != "" {
		code = concept(codes.ICD10, n.Diagnosis).With("text", n.Text)
	}
	k.put(gateway.Upsert, key, fhir.Obj("resourceType", "Condition",
		"identifier", fhir.List{identifier(key)},
		"clinicalStatus", coded("need_status", n.Status),
		"verificationStatus", concept(codes.Terminology+"condition-ver-status", "confirmed"),
		"category", fhir.List{
			concept("http://hl7.org/fhir/us/eltss/CodeSystem/eltss-condition-category-code", "assessed-need"),
			concept(codes.Terminology+"condition-category", "problem-list-item"), coded("life_domain", n.Domain)},
		"code", code,
		"subject", k.subject,
		"recordedDate", string(n.Since)))
	return k.ref("Condition", key)
}

func (k *maker) goal(p *record.CarePlan, g record.Goal) fhir.Object {
	key := k.key("care_plan", p.PlanID, "goal", g.ID)
	target := fhir.List{}
	if g.Due != "" {
		target = fhir.List{fhir.Obj("dueDate", string(g.Due))}
	}
	k.put(gateway.Upsert, key, fhir.Obj("resourceType", "Goal",
		"identifier", fhir.List{identifier(key)},
		"lifecycleStatus", g.Status,
		"achievementStatus", coded("progress", g.Progress),
		"category", fhir.List{coded("life_domain", g.Domain)},
		"description", fhir.Obj("text", g.Text),
		"subject", k.subject,
		"startDate", string(g.Start),
		"target", target,
		"expressedBy", k.voice(g.StatedBy),
		"addresses", each(g.ForNeeds, func(id string) any { return k.ref("Condition", k.key("care_plan", p.PlanID, "need", id)) })))
	return k.ref("Goal", key)
}

// voices are the resource types of those who speak in a plan; the youth is the
// Patient.
var voices = map[string]string{
	"family": "RelatedPerson", "guardian": "RelatedPerson", "coordinator": "Practitioner", "supervisor": "Practitioner",
	"clinician": "Practitioner", "team": "PractitionerRole", "payer": "PractitionerRole",
}

func (k *maker) voice(code string) fhir.Object {
	if code == "" {
		return fhir.Object{}
	}
	if code == "youth" {
		return k.subject.With("display", "Youth")
	}
	c, _ := codes.Get("voice").Find(code)
	return fhir.Obj("type", voices[code], "display", c.Display)
}

func (k *maker) planned(p *record.CarePlan, s record.PlannedService) fhir.Object {
	key := k.key("care_plan", p.PlanID, "service", s.ID)
	extensions := each(s.ForGoals, func(id string) any {
		return fhir.Obj("url", "http://hl7.org/fhir/StructureDefinition/resource-pertainsToGoal", "valueReference", k.ref("Goal", k.key("care_plan", p.PlanID, "goal", id)))
	})
	o := fhir.Obj("resourceType", "ServiceRequest",
		"extension", extensions,
		"identifier", fhir.List{identifier(key)},
		"status", p.Status, // a planned service stands and falls with its plan
		"intent", "plan",
		"code", service(s.Code, s.Text),
		"orderDetail", modifiers(s.Modifiers))
	if s.Units.Coef != 0 {
		o = amount(o, s)
	}
	return k.ref("ServiceRequest", k.putKeyed(key, o.
		With("subject", k.subject).
		With("occurrencePeriod", period(s.Start, s.End)).
		With("performer", fhir.List{k.provider("Practitioner", s.ResponsibleID, s.ResponsibleName)}).
		With("insurance", fhir.List{logical("ClaimResponse", k.key("authorization", s.Auth), "")})))
}

func (k *maker) putKeyed(key gateway.Identifier, o fhir.Object) gateway.Identifier {
	k.put(gateway.Upsert, key, o)
	return key
}

// amount is a quantity, or a ratio when it recurs: 8 units per week.
func amount(o fhir.Object, s record.PlannedService) fhir.Object {
	if s.Per == "" || s.Per == "period" {
		return o.With("quantityQuantity", quantity(s.Units, s.Unit))
	}
	per := fhir.Obj("value", 1, "unit", s.Per, "system", codes.UCUM, "code", inFHIR("per", s.Per))
	return o.With("quantityRatio", fhir.Obj("numerator", quantity(s.Units, s.Unit), "denominator", per))
}

// signerTypes are the codes of contractsignertypecodes (eLTSS: the guardian
// consents).
var signerTypes = map[string]string{
	"youth": "PAT", "family": "CONSENTER", "guardian": "GUARD", "coordinator": "AUT", "supervisor": "VERF", "clinician": "HPROV", "team": "COVPTY", "payer": "COVPTY",
}

// contract signs the plan for those who agreed; the identity is empty when
// nobody did.
func (k *maker) contract(p *record.CarePlan, plan gateway.Identifier) gateway.Identifier {
	var signers fhir.List
	for _, d := range p.Decisions {
		if d.Decision == "agreed" {
			signers = append(signers, k.signer(d))
		}
	}
	if signers == nil {
		return gateway.Identifier{}
	}
	key := k.key("care_plan", p.PlanID, "signatures")
	k.put(gateway.Upsert, key, fhir.Obj("resourceType", "Contract",
		"identifier", fhir.List{identifier(key)},
		"status", "executed",
		"subject", fhir.List{k.subject},
		"topicReference", k.ref("CarePlan", plan),
		"signer", signers))
	return key
}

func (k *maker) signer(d record.Decision) fhir.Object {
	who := k.voice(d.Role)
	if d.Person != "" {
		who = who.With("display", d.Person)
	}
	return fhir.Obj(
		"type", fhir.Obj("system", codes.Terminology+"contractsignertypecodes", "code", signerTypes[d.Role]),
		"party", who,
		"signature", fhir.List{fhir.Obj(
			"type", fhir.List{fhir.Obj("system", "urn:iso-astm:E1762-95:2013", "code", "1.2.840.10065.1.12.1.7")},
			"when", k.midnight(d.On),
			"who", who)})
}

// midnight of a date in the partner's zone: Signature.when is an instant.
func (k *maker) midnight(d record.Date) string {
	zone := k.partner.Zone
	if zone == nil {
		zone = time.UTC
	}
	if d.Day() == ledger.NoDay {
		return ""
	}
	t := d.Day().Time()
	return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, zone).Format(time.RFC3339)
}

// crisis is a plan of its own, part of the main one. Not every receiver shows
// partOf, so the main plan's text names it.
func (k *maker) crisis(p *record.CarePlan, plan gateway.Identifier) {
	c := p.Crisis
	key := k.key("care_plan", p.PlanID, "crisis", c.ID)
	k.put(gateway.Upsert, key, fhir.Obj("resourceType", "CarePlan",
		"text", narrative(c.Title),
		"identifier", fhir.List{identifier(key)},
		"partOf", fhir.List{k.ref("CarePlan", plan)},
		"status", c.Status,
		"intent", "plan",
		"category", fhir.List{fhir.Obj("coding", fhir.List{fhir.Obj("system", codes.Local+"plan-category", "code", "crisis", "display", "Crisis and safety plan")})},
		"title", c.Title,
		"description", c.Signs,
		"subject", k.subject,
		"created", string(c.Updated),
		"activity", each(c.Steps, func(s record.CrisisStep) any {
			who := fhir.Obj("extension", fhir.List{ext("crisis-phone", "valueString", s.Phone)}, "display", s.Who)
			return fhir.Obj("detail", fhir.Obj("status", "not-started", "performer", fhir.List{who}, "description", s.Text))
		})))
}
