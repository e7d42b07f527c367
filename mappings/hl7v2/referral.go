package hl7v2

import (
	"cmp"
	"net/url"
	"strings"

	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/fhir/search"
	"github.com/throughline/throughline/gateway"
	er7 "github.com/throughline/throughline/internal/hl7v2"
	"github.com/throughline/throughline/mappings/codes"
	"github.com/throughline/throughline/mappings/tofhir"
)

// Namespace is RF1-6.2 of referrals that we send: RF1-6.1 is then the id of our
// Task, and answers find it.
const Namespace = "THROUGHLINE"

// refer is REF: I12 new, I13 changed, I14 cancelled.
func refer(k *maker) {
	rf := k.er.First("RF1")
	id := strings.TrimSpace(rf.Field(6).Comp(1).Text())
	if id == "" {
		k.refuse("RF1-6", fhir.CodeRequired, "no originating referral identifier", "the number of the referral with the sender", "send RF1-6")
		return
	}
	k.family()
	k.coverage()
	visit := k.visited()
	reasons := k.diagnoses(k.er.Segments, visit)
	k.team(k.er.Segments)
	key := k.key("referral", id)
	k.patch(key, k.request(key, rf, reasons))
	k.patch(key, k.task(key, rf))
	k.authorizations()
	k.results()
	if npi := k.doctor("RT"); npi.Value != "" {
		rel := k.relate(npi, "referral", id)
		if status := k.status(rf); status != "accepted" {
			rel.Lo, rel.Hi = 1, 0 // the receiver may see the child once it has accepted
		}
	}
}

// status is the state of the Task that RF1-1 and the event mean.
func (k *maker) status(rf *er7.Segment) string {
	if k.header.Event == "I14" {
		return "cancelled"
	}
	return referralStates.find(rf.Field(1).Text(), "requested")
}

// request is the ServiceRequest: RF1-2 priority, 3 type, 4 disposition, 5
// category, 7 effective, 8 expiry, 9 process date, 10 reason; DG1; PRD; NTE.
func (k *maker) request(key gateway.Identifier, rf *er7.Segment, reasons fhir.List) *part {
	p := start("ServiceRequest", key)
	switch k.status(rf) {
	case "cancelled", "rejected", "failed":
		p.add("status", "revoked")
	default:
		p.initial("status", "active")
	}
	p.initial("intent", "order")
	if rf.Field(5).Has() {
		p.add("category", fhir.List{k.concept(rf.Field(5))})
	}
	p.set("priority", rf.Field(2), k.priority(rf))
	p.set("code", rf.Field(3), k.wanted(rf))
	if rf.Field(4).Has() {
		p.add("orderDetail", k.concepts(rf.Field(4)))
	}
	p.add("subject", k.subject)
	p.set("occurrencePeriod", rf.Field(7), k.period(rf, "RF1", 0, 7, 8))
	p.set("authoredOn", rf.Field(9), k.dateTime(rf.Field(9), "RF1-9"))
	p.add("requester", k.who("RP"))
	p.add("performer", fhir.List{k.who("RT")})
	p.set("reasonCode", rf.Field(10), k.concepts(rf.Field(10)))
	p.add("reasonReference", reasons)
	p.add("note", notes(k.er.Segments))
	return p
}

func (k *maker) priority(rf *er7.Segment) string {
	if !rf.Field(2).Has() {
		return ""
	}
	code := priorities.find(rf.Field(2).Text(), "")
	if code == "" {
		k.warn("RF1-2", "a code that is not in table 0280", "R, S, A", "send one of them; it was left out")
	}
	return code
}

// wanted is RF1-3; a bare code without a name says nothing to a person, so it is
// text too.
func (k *maker) wanted(rf *er7.Segment) fhir.Object {
	v := rf.Field(3)
	if !v.Has() {
		return fhir.Object{}
	}
	o := k.concept(v)
	if o.Get("text") == "" {
		o = o.With("text", words(v))
	}
	return o
}

// task tracks the referral (standards.md 1.3).
func (k *maker) task(key gateway.Identifier, rf *er7.Segment) *part {
	p := start("Task", key)
	if status := k.status(rf); status == "requested" {
		p.initial("status", status) // what the receiver said since stays
	} else {
		p.add("status", status)
	}
	event := fhir.Obj("coding", fhir.List{fhir.Obj("system", codes.Terminology+"v2-0003", "code", k.header.Event)})
	p.add("groupIdentifier", identifier(k.messageKey()).With("type", event)) // the answer names this message, and is of its event
	p.initial("intent", "order")
	p.set("priority", rf.Field(2), priorities.find(rf.Field(2).Text(), ""))
	p.add("code", fhir.Obj("coding", fhir.List{fhir.Obj("system", "http://hl7.org/fhir/CodeSystem/task-code", "code", "fulfill")}))
	p.add("focus", fhir.Obj("reference", tofhir.URL(k.partner.ID, "ServiceRequest", key)))
	p.add("for", k.subject)
	p.set("authoredOn", rf.Field(9), k.dateTime(rf.Field(9), "RF1-9"))
	p.add("lastModified", k.received())
	p.add("requester", k.who("RP"))
	p.add("owner", k.who("RT"))
	if until := k.dateTime(rf.Field(8), "RF1-8"); until != "" {
		p.add("restriction", fhir.Obj("period", fhir.Obj("end", until)))
	}
	return p
}

// prd is the first PRD with a role: RP referring, RT referred to.
func (k *maker) prd(role string) *er7.Segment {
	for _, s := range k.er.All("PRD") {
		for _, r := range s.Field(1).Reps() {
			if strings.EqualFold(r.Text(), role) {
				return s
			}
		}
	}
	return nil
}

// doctor is the id of the provider of a role (PRD-7, before v2.3.1 PRD-7 was
// the same): an NPI when its type says so or it has ten digits.
func (k *maker) doctor(role string) gateway.Identifier {
	id := k.prd(role).Field(7).Rep(1)
	if id.Comp(1).Text() == "" {
		return gateway.Identifier{}
	}
	return k.providerID(id.Comp(1).Text(), er7.Value{}, id.Comp(2).Text())
}

// who refers to the provider of a role: its identifier and its name, of the
// person (PRD-2) and the organization (PRD-4).
func (k *maker) who(role string) fhir.Object {
	s := k.prd(role)
	id := k.doctor(role)
	person := display(s.Field(2), 1)
	org := strings.TrimSpace(cmp.Or(s.Field(4).Comp(9).Text(), s.Field(4).Comp(4).Text(), s.Field(4).Comp(1).Text()))
	if person == "" && org == "" && id.Value == "" {
		return fhir.Object{}
	}
	typ := "Organization"
	if person != "" {
		typ = "Practitioner"
	}
	o := fhir.Obj("type", typ)
	if id.Value != "" {
		o = o.With("identifier", identifier(id))
	}
	return o.With("display", strings.Trim(person+", "+org, ", "))
}

// authorizations makes a ClaimResponse (use preauthorization) of each AUT: 2 and
// 3 payer, 4 and 5 period, 6 number, 8 and 9 treatments. It gives no units to the
// ledger: AUT names no service.
func (k *maker) authorizations() {
	for i, s := range k.er.All("AUT") {
		number := strings.TrimSpace(s.Field(6).Comp(1).Text())
		if number == "" {
			continue
		}
		key := k.single("ClaimResponse", k.key("authorization", number))
		p := start("ClaimResponse", key)
		p.initial("status", "active")
		p.add("type", fhir.Obj("coding", fhir.List{fhir.Obj("system", codes.Terminology+"claim-type", "code", "professional")}))
		p.add("use", "preauthorization")
		p.add("patient", k.subject)
		p.initial("created", cmp.Or(k.day(s.Field(4), at("AUT", i, 4)), k.received()))
		p.add("insurer", k.payer(s.Field(2).Text(), cmp.Or(s.Field(3).Text(), words(s.Field(1)), "payer not stated")))
		p.initial("outcome", "complete")
		p.add("preAuthRef", number)
		p.add("preAuthPeriod", k.period(s, "AUT", i, 4, 5))
		if n := s.Field(9).Text(); n != "" && strings.Trim(n, "0123456789") == "" {
			p.initial("item", fhir.List{fhir.Obj("extension", fhir.List{fhir.Obj("url", codes.PAS+"itemAuthorizedDetail", "extension",
				fhir.List{fhir.Obj("url", "quantity", "valueQuantity", fhir.Obj("value", fhir.Number(strings.TrimLeft(n, "0")+""), "unit", "treatments"))})},
				"itemSequence", 1, "adjudication", fhir.List{fhir.Obj("category", fhir.Obj("coding", fhir.List{fhir.Obj("system", codes.Terminology+"adjudication", "code", "submitted")}))})})
		}
		k.patch(key, p)
	}
}

// answer is RRI: the receiver of a referral says what became of it. It changes
// the Task, which must be there: the one of RF1-6 when it is a number of ours,
// else one that carries the number.
func answer(k *maker) {
	rf := k.er.First("RF1")
	id := strings.TrimSpace(rf.Field(6).Comp(1).Text())
	if id == "" {
		k.refuse("RF1-6", fhir.CodeRequired, "no originating referral identifier", "the number of the referral that is answered", "send RF1-6 as it was in the REF")
		return
	}
	k.out.Changes = nil // who answers need not tell us about the child
	status := referralStates.find(rf.Field(1).Text(), "")
	if k.header.Event == "I14" {
		status = "cancelled"
	}
	p := &part{Object: fhir.Obj("resourceType", "Task")}
	if status == "" || status == "requested" {
		p.initial("status", "requested")
	} else {
		p.add("status", status)
	}
	p.initial("intent", "order")
	p.add("lastModified", k.received())
	text := note(k.er.Segments)
	switch {
	case text == "":
	case status == "rejected" || status == "failed" || status == "cancelled":
		p.add("statusReason", fhir.Obj("text", text))
	default:
		p.add("businessStatus", fhir.Obj("text", text))
	}
	k.change(gateway.Patch, gateway.Identifier{}, p)
	if len(k.out.Changes) == 0 {
		return
	}
	c := &k.out.Changes[0]
	c.FullURL = tofhir.URL(k.partner.ID, "Task", k.key("answer", k.header.Control))
	if rf.Field(6).Comp(2).Text() == Namespace {
		c.ID = id
		return
	}
	where, issues := search.ParseIfNoneExist("Task", "identifier="+url.QueryEscape(search.Escape(id)))
	k.out.Issues = append(k.out.Issues, issues...)
	c.Where = where
}
