package tofhir

import (
	"slices"

	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/mappings/codes"
	"github.com/throughline/throughline/mappings/record"
)

// claim makes one Claim of all its lines (standards.md 1.6, 6.3), the providers
// and the coverage it names where they are not there yet, and the ledger's lines.
func (k *maker) claim(c *record.Claim) {
	k.party("Organization", c.Billing)
	k.party(typeOf(c.Rendering), c.Rendering)
	for i := range c.Lines {
		k.party(typeOf(c.Lines[i].Rendering), c.Lines[i].Rendering)
	}
	cover := k.key("coverage", c.Payer.ID, c.MemberID)
	k.put(gateway.Ensure, cover, k.coverageOf(c, cover))
	k.put(gateway.Upsert, k.key("claim", c.ID()), k.professional(c, cover))
	for i := range c.Lines {
		k.serviceFact(&c.Lines[i].Service)
	}
}

func typeOf(p record.Party) string {
	if p.Person {
		return "Practitioner"
	}
	return "Organization"
}

// party makes sure that a provider is there; what is known of it already stays.
func (k *maker) party(typ string, p record.Party) {
	if p.ID == "" {
		return
	}
	id := k.providerID(p.ID)
	key := k.key("provider", p.ID)
	if slices.ContainsFunc(k.out.Changes, func(c gateway.Change) bool { return c.FullURL == URL(k.partner.ID, typ, key) }) {
		return
	}
	o := fhir.Obj("resourceType", typ, "identifier", fhir.List{identifier(id)}, "active", true)
	if typ == "Practitioner" {
		o = o.With("name", fhir.List{fhir.Obj("family", p.Name, "given", fhir.List{p.Given})})
	} else {
		o = o.With("name", orText(p.Name, p.ID))
	}
	k.put(gateway.Ensure, key, o)
}

func orText(s, instead string) string {
	if s == "" {
		return instead
	}
	return s
}

func (k *maker) coverageOf(c *record.Claim, key gateway.Identifier) fhir.Object {
	return fhir.Obj("resourceType", "Coverage",
		"identifier", fhir.List{identifier(key)},
		"status", "active",
		"type", concept(codes.Terminology+"v3-ActCode", "PUBLICPOL"),
		"subscriberId", c.MemberID,
		"beneficiary", k.subject,
		"relationship", concept(codes.Terminology+"subscriber-relationship", "self"),
		"payor", fhir.List{k.payer(c.Payer)})
}

func (k *maker) payer(p record.Party) fhir.Object {
	return orAny(logical("Organization", gateway.Identifier{System: codes.Payer, Value: p.ID}, p.Name), "payer not stated")
}

// team numbers the persons and organizations of a claim that rendered services.
type team []record.Party

// add gives the number of a party, from 1; 0 = nobody.
func (t *team) add(p record.Party) int {
	if p.ID == "" {
		return 0
	}
	if i := slices.IndexFunc(*t, func(q record.Party) bool { return q.ID == p.ID }); i >= 0 {
		return i + 1
	}
	*t = append(*t, p)
	return len(*t)
}

func (k *maker) professional(c *record.Claim, cover gateway.Identifier) fhir.Object {
	var diagnoses, items, members fhir.List
	for i, d := range c.Diagnoses {
		diagnoses = append(diagnoses, fhir.Obj("sequence", i+1, "diagnosisCodeableConcept", concept(icd(d), d.Code)))
	}
	var who team
	who.add(c.Rendering)
	for i := range c.Lines {
		items = append(items, claimItem(&c.Lines[i], i+1, who.add(c.Lines[i].Rendering)))
	}
	for i, p := range who {
		members = append(members, fhir.Obj("sequence", i+1, "provider", k.provider(typeOf(p), p.ID, p.Name), "role", concept(codes.Terminology+"claimcareteamrole", "primary"),
			"qualification", coding(taxonomy, p.Field)))
	}
	first, last := served(c)
	return fhir.Obj("resourceType", "Claim",
		"extension", fhir.List{nested(codes.Extensions+"service-line", part("frequency", "valueCode", c.Frequency), part("source", "valueString", c.Source)),
			ext("received-at", "valueDateTime", string(c.Created))},
		"identifier", fhir.List{identifier(k.key("claim", c.ID()))},
		"status", "active",
		"type", concept(codes.Terminology+"claim-type", "professional"),
		"use", "claim",
		"patient", k.subject,
		"billablePeriod", period(first, last),
		"created", k.created(string(c.Created), first),
		"insurer", k.payer(c.Payer),
		"provider", orAny(k.provider("Organization", c.Billing.ID, c.Billing.Name), "provider not stated"),
		"priority", concept(codes.Terminology+"processpriority", "normal"),
		"related", k.priorClaim(c),
		"careTeam", members,
		"diagnosis", diagnoses,
		"insurance", fhir.List{fhir.Obj("sequence", 1, "focal", true, "coverage", k.ref("Coverage", cover), "preAuthRef", authsOf(c))},
		"item", items,
		"total", dollars(c.Total))
}

func icd(d record.Diagnosis) string {
	if d.ICD9 {
		return "http://hl7.org/fhir/sid/icd-9-cm"
	}
	return codes.ICD10
}

// taxonomy is the system of what providers do (PRV03).
const taxonomy = "http://nucc.org/provider-taxonomy"

// served are the first and last day of all lines.
func served(c *record.Claim) (first, last string) {
	for i := range c.Lines {
		from := realDate(c.Lines[i].Date)
		to := orText(string(c.Lines[i].End), from)
		if first == "" || from != "" && from < first {
			first = from
		}
		last = max(last, to)
	}
	return first, last
}

// priorClaim names the claim that this one replaces or voids, by its own number
// and by the payer's.
func (k *maker) priorClaim(c *record.Claim) fhir.List {
	if c.Frequency == "1" {
		return nil
	}
	return fhir.List{fhir.Obj("claim", logical("Claim", k.key("claim", c.ClaimID), ""),
		"relationship", concept(codes.Terminology+"ex-relatedclaimrelationship", "prior"),
		"reference", fhir.Obj("system", codes.Payer+":claim", "value", c.Control))}
}

func claimItem(l *record.ClaimLine, sequence, member int) fhir.Object {
	o := fhir.Obj("extension", fhir.List{nested(codes.Extensions+"service-line", part("line", "valueString", l.LineID), part("replaces", "valueString", l.Replaces),
		part("authorization", "valueString", l.Auth))},
		"sequence", sequence,
		"careTeamSequence", numbers(member),
		"diagnosisSequence", numbers(l.Pointers...),
		"productOrService", serviceOrNone(l.Code),
		"modifier", modifiers(l.Modifiers))
	if l.EPSDT {
		o = o.With("programCode", fhir.List{concept(codes.Local+"service-program", "epsdt")})
	}
	if l.End != "" {
		o = o.With("servicedPeriod", period(realDate(l.Date), string(l.End)))
	} else {
		o = o.With("servicedDate", realDate(l.Date))
	}
	return o.With("locationCodeableConcept", coding(codes.Place, l.Place)).
		With("quantity", quantity(l.Units, l.Unit)).
		With("net", dollars(l.Charge))
}

// numbers are the sequences that are there.
func numbers(ns ...int) fhir.List {
	var out fhir.List
	for _, n := range ns {
		if n > 0 {
			out = append(out, n)
		}
	}
	return out
}

// authsOf are the authorizations that the claim and its lines name, each once.
func authsOf(c *record.Claim) fhir.List {
	var out fhir.List
	add := func(auth string) {
		if auth != "" && !slices.Contains(out, any(auth)) {
			out = append(out, auth)
		}
	}
	add(c.Auth)
	for i := range c.Lines {
		add(c.Lines[i].Auth)
	}
	return out
}

// coding is a concept of one code; empty without it.
func coding(system, code string) fhir.Object {
	if code == "" {
		return fhir.Object{}
	}
	return concept(system, code)
}

func dollars(amount string) fhir.Object {
	if amount == "" {
		return fhir.Object{}
	}
	return fhir.Obj("value", fhir.Number(amount), "currency", "USD")
}
