package fhirin

import (
	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/ledger"
)

// careTeam relates every member that has an identifier, and the organisation
// it acts for, for the time of its membership.
func (v *view) careTeam(r *fhir.Resource) {
	member, ok := v.about(r, "subject")
	if !ok {
		return
	}
	v.team(member, r)
	teamLo, teamHi := ends(r.Get("period"))
	for _, p := range r.Get("participant").Items() {
		lo, hi := ends(p.Get("period"))
		if lo == ledger.NoDay {
			lo = teamLo
		}
		hi = min(hi, teamHi)
		if s := r.Get("status").Text(); s != "active" && s != "suspended" {
			lo, hi = 1, 0
		}
		for _, who := range []*fhir.Node{p.Get("member"), p.Get("onBehalfOf"), v.organizationOf(p.Get("member"))} {
			v.serves(member, who, "team", v.idOf(r), lo, hi)
		}
	}
}

// organizationOf is the organisation of a PractitionerRole in the message.
func (v *view) organizationOf(reference *fhir.Node) *fhir.Node {
	role := v.follow(reference)
	if role == nil || role.Type != "PractitionerRole" {
		return nil
	}
	return role.Get("organization")
}

// serves relates whoever a Reference names: by its identifier, or as an
// organisation the store knows. The child and its relatives are no partners.
func (v *view) serves(member gateway.Identifier, who *fhir.Node, why, ref string, lo, hi ledger.Day) {
	if who == nil {
		return
	}
	typ, id, _, _ := fhir.ParseRef(who.Get("reference").Text())
	if r := v.follow(who); r != nil {
		typ = r.Type
	}
	if t := who.Get("type").Text(); typ == "" {
		typ = t
	}
	if typ == "Patient" || typ == "RelatedPerson" {
		return
	}
	if found := v.identifier(who); found.Value != "" {
		v.relate(member, gateway.ScopeIdentifier(found), why, ref, lo, hi)
		return
	}
	if typ == "Organization" && id != "" {
		v.relate(member, "", why, ref, lo, hi)
		v.relations[len(v.relations)-1].Organization = typ + "/" + id
	}
}

// task relates the owner of a referral that was accepted
// (SDOH Clinical Care: the target sets accepted and what follows).
func (v *view) task(r *fhir.Resource) {
	member, ok := v.about(r, "for")
	if !ok {
		return
	}
	lo, hi := ledger.Day(1), ledger.Day(0)
	switch r.Get("status").Text() {
	case "accepted", "ready", "in-progress", "on-hold", "completed", "failed":
		lo, hi = ledger.NoDay, ledger.Forever
	}
	v.serves(member, r.Get("owner"), "referral", v.idOf(r), lo, hi)
}

// serviceRequest relates the performer of an active service of a plan; a
// referral's receiver is related by its Task, once it has accepted.
func (v *view) serviceRequest(r *fhir.Resource) {
	if r.Get("intent").Text() != "plan" || r.Get("status").Text() != "active" {
		return
	}
	member, ok := v.about(r, "subject")
	if !ok {
		return
	}
	lo, hi := ends(r.Get("occurrencePeriod"))
	for _, who := range r.Get("performer").Items() {
		v.serves(member, who, "plan", v.idOf(r), lo, hi)
	}
}
