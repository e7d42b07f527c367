// Package tofhir makes FHIR R4 resources, ledger facts and relations of a typed
// record (standards.md section 1). One file per record. It is pure, and knows no
// wire: package fromfhir is its way back, and rapid proves that the two agree.
//
// Resources name one another by urn:uuid (version 5, from partner, type and key)
// and carry the key as an identifier beside the reference, so that the way back
// needs no store.
package tofhir

import (
	"strings"

	"github.com/google/uuid"

	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/mappings/codes"
	"github.com/throughline/throughline/mappings/record"
)

// Map makes what a record means. The message is asked only for the day it came,
// where FHIR insists on a date that the record does not state.
func Map(r record.Record, m *gateway.Message, p *gateway.Partner) *gateway.Mapped {
	if d, ok := r.(*record.PayerDecision); ok {
		return decision(d)
	}
	k := &maker{message: m, partner: p, out: &gateway.Mapped{}, record: r.Name()}
	if child := r.About(); child != nil {
		k.person(child, r.Who())
	}
	k.keep(r)
	switch r := r.(type) {
	case *record.CarePlan:
		k.carePlan(r)
	case *record.CareTeam:
		k.careTeam(r)
	case *record.Referral:
		k.referral(r)
	case *record.Authorization:
		k.authorization(r)
	case *record.Enrollment:
		k.enrollment(r)
	case *record.Service:
		k.service(r)
	case *record.TreatmentUpdate:
		k.treatment(r)
	case *record.Staff:
		k.staffMember(r)
	case *record.Meeting:
		k.meeting(r)
	case *record.Contact:
		k.contactAttempt(r)
	case *record.Assessment:
		k.assessment(r)
	case *record.FlexibleFund:
		k.fund(r)
	case *record.LevelOfCare:
		k.levelOfCare(r)
	case *record.Placement:
		k.placement(r)
	case *record.WaitlistEntry:
		k.waitlist(r)
	case *record.LinkedPlan:
		k.linkedPlan(r)
	case *record.ApplicationPacket:
		k.packet(r)
	case *record.AdverseNotice:
		k.adverseNotice(r)
	case *record.Appeal:
		k.appeal(r)
	case *record.ReferralAnswer:
		k.referralAnswer(r)
	case *record.Claim:
		k.claim(r)
	case *record.Remittance:
		k.remittance(r)
	case *record.Termination:
		k.termination(r)
	}
	return k.out
}

// maker collects the changes of one record.
type maker struct {
	message *gateway.Message
	partner *gateway.Partner
	out     *gateway.Mapped
	record  string
	member  gateway.Identifier
	patient string      // FullURL of the child
	subject fhir.Object // reference to the child
}

// namespace is the fixed root of all our urn:uuid.
var namespace = uuid.NewSHA1(uuid.NameSpaceURL, []byte("http://throughline.example/fhir"))

// URL is how resources of one partner refer to the resource of a key.
func URL(partner gateway.PartnerID, typ string, key gateway.Identifier) string {
	name := strings.Join([]string{string(partner), typ, key.System, key.Value}, "\x00")
	return "urn:uuid:" + uuid.NewSHA1(namespace, []byte(name)).String()
}

// key is the identity of the record, or of a part of it.
func (k *maker) key(name string, ids ...string) gateway.Identifier {
	return gateway.Identifier{System: codes.Own(string(k.partner.ID), name), Value: strings.Join(ids, "/")}
}

// put adds a resource under its key.
func (k *maker) put(op gateway.Op, key gateway.Identifier, o fhir.Object) {
	r, issues := o.Resource()
	k.out.Issues = append(k.out.Issues, issues...)
	if r == nil {
		return
	}
	k.out.Changes = append(k.out.Changes, gateway.Change{
		Op: op, Type: r.Type, Key: key, FullURL: URL(k.partner.ID, r.Type, key), Resource: r})
}

// person makes sure of the child, and updates it when the record tells more
// than its id.
func (k *maker) person(m *record.Member, p *record.Person) {
	key := k.key("patient", m.MemberID)
	k.member = gateway.Identifier{System: MemberSystem(k.partner), Value: m.MemberID}
	k.patient = URL(k.partner.ID, "Patient", key)
	k.subject = fhir.Obj("reference", k.patient, "identifier", identifier(k.member))
	op := gateway.Ensure
	if p.Told() {
		op = gateway.Patch
	}
	ids := fhir.List{identifier(k.member).With("type", memberType(k.member.System))}
	for _, id := range p.OtherIDs {
		ids = append(ids, fhir.Obj("system", id.System, "value", id.Value))
	}
	k.put(op, key, fhir.Obj("resourceType", "Patient", "identifier", ids,
		"name", fhir.List{fhir.Obj("family", p.Family, "given", fhir.List{p.Given})},
		"gender", p.Gender, "birthDate", string(p.BirthDate)))
}

// memberType is MA when the partner's own system says Medicaid, else MB
// (http://terminology.hl7.org/CodeSystem/v2-0203).
func memberType(system string) fhir.Object {
	code := "MB"
	if strings.Contains(strings.ToLower(system), "medicaid") {
		code = "MA"
	}
	return fhir.Obj("coding", fhir.List{fhir.Obj("system", codes.Terminology+"v2-0203", "code", code)})
}

// MemberSystem is the system of a partner's member ids.
func MemberSystem(p *gateway.Partner) string {
	if p.MemberSystem != "" {
		return p.MemberSystem
	}
	return codes.Own(string(p.ID), "member")
}

// relate ties the child to a scope for a period.
func (k *maker) relate(scope, why, ref string, lo, hi record.Date) {
	k.out.Relations = append(k.out.Relations, gateway.Relation{
		Subject: k.patient, Member: k.member, Scope: scope, Why: why, Ref: ref, Lo: startDay(lo), Hi: endDay(hi)})
}

// created is the first date that is stated, else the day the message came.
func (k *maker) created(dates ...string) string {
	for _, d := range dates {
		if d != "" {
			return d
		}
	}
	at := k.message.Received
	if k.partner.Zone != nil {
		at = at.In(k.partner.Zone)
	}
	return at.Format("2006-01-02")
}
