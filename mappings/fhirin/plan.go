package fhirin

import (
	"strings"

	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/ledger"
	"github.com/throughline/throughline/mappings/codes"
)

// carePlan projects what a plan of care promises: its activities, in detail or
// as ServiceRequests of the same message (http://hl7.org/fhir/R4/careplan.html).
// A crisis plan is part of another plan and promises no service.
func (v *view) carePlan(r *fhir.Resource) {
	member, ok := v.about(r, "subject")
	if !ok || len(r.Get("partOf").Items()) > 0 {
		return
	}
	plan := v.planFact(ledger.CarePlan, r)
	unseen := 0
	for _, a := range r.Get("activity").Items() {
		request := v.follow(a.Get("reference"))
		switch {
		case request != nil && request.Type == "ServiceRequest":
			plan.Items = append(plan.Items, v.promised(request))
		case a.Get("detail") != nil:
			plan.Items = append(plan.Items, detailed(a.Get("detail")))
		case a.Get("reference") != nil && request == nil:
			unseen++
		}
	}
	if unseen > 0 {
		v.issues = append(v.issues, fhir.Issue{Severity: fhir.Information, Code: "incomplete", Path: "CarePlan.activity", Found: "services that are not in this message",
			Allowed: "ServiceRequests in the same Bundle, or activity.detail", Fix: "send the plan with its services, or accept that the night does not compare them"})
		return
	}
	v.facts.Plans = append(v.facts.Plans, gateway.PlanFact{Member: member, Plan: plan})
}

func (v *view) planFact(kind ledger.PlanKind, r *fhir.Resource) ledger.Plan {
	p := ledger.Plan{Partner: string(v.partner.ID), ID: v.idOf(r), Kind: kind, Status: r.Get("status").Text(), Received: v.received,
		Program: extension(r.Root(), codes.Extensions+"program").Get("valueIdentifier", "value").Text()}
	p.Start, p.End = ends(r.Get("period"))
	return p
}

// promised reads a planned ServiceRequest.
func (v *view) promised(r *fhir.Resource) ledger.PlanItem {
	item := ledger.PlanItem{ID: v.idOf(r), Code: code(r.Get("code"))}
	item.Start, item.End = ends(r.Get("occurrencePeriod"))
	for _, m := range r.Get("orderDetail").Items() {
		if c := code(m); c != "" {
			item.Modifiers = strings.TrimSpace(item.Modifiers + " " + c)
		}
	}
	amount := r.Get("quantityQuantity")
	if ratio := r.Get("quantityRatio"); ratio != nil {
		amount, item.Per = ratio.Get("numerator"), ratio.Get("denominator", "unit").Text()
	}
	item.Units, item.Unit = amount.Get("value").Text(), amount.Get("unit").Text()
	for _, who := range r.Get("performer").Items() {
		item.Provider = v.identifier(who).Value
	}
	for _, by := range r.Get("insurance").Items() {
		item.Auth = v.identifier(by).Value
	}
	return item
}

// detailed reads CarePlan.activity.detail.
func detailed(d *fhir.Node) ledger.PlanItem {
	item := ledger.PlanItem{Code: code(d.Get("code"))}
	item.Start, item.End = ends(d.Get("scheduledPeriod"))
	item.Units, item.Unit = d.Get("quantity", "value").Text(), d.Get("quantity", "unit").Text()
	return item
}

// team projects who serves the child: members with an identifier, and whom they
// act for.
func (v *view) team(member gateway.Identifier, r *fhir.Resource) {
	team := v.planFact(ledger.CareTeam, r)
	for _, p := range r.Get("participant").Items() {
		seat := ledger.PlanItem{ID: p.Get("id").Text(), Role: teamRole(p), Provider: v.providerIn(p.Get("member")), Organization: v.identifier(p.Get("onBehalfOf")).Value}
		if o := v.organizationOf(p.Get("member")); o != nil && seat.Organization == "" {
			seat.Organization = v.identifier(o).Value
		}
		seat.Start, seat.End = ends(p.Get("period"))
		if seat.Provider != "" || seat.Organization != "" {
			team.Items = append(team.Items, seat)
		}
	}
	v.facts.Plans = append(v.facts.Plans, gateway.PlanFact{Member: member, Plan: team})
}

// providerIn is the identifier of a member that can deliver a service: the child
// and its relatives do not.
func (v *view) providerIn(who *fhir.Node) string {
	typ, _, _, _ := fhir.ParseRef(who.Get("reference").Text())
	if r := v.follow(who); r != nil {
		typ = r.Type
	}
	if typ == "" {
		typ = who.Get("type").Text()
	}
	if typ == "Patient" || typ == "RelatedPerson" {
		return ""
	}
	return v.identifier(who).Value
}

// caseManager is the NUCC taxonomy code of a case manager or care coordinator.
const caseManager = "171M00000X"

// teamRole is our code of a participant's role, else its own.
func teamRole(participant *fhir.Node) string {
	own := ""
	for _, role := range participant.Get("role").Items() {
		for _, coding := range role.Get("coding").Items() {
			c := coding.Get("code").Text()
			if c == caseManager {
				return ledger.RoleCoordinator
			}
			if known, ok := codes.Get("team_role").Find(c); ok {
				return known.Code
			}
			own = c
		}
	}
	return own
}
