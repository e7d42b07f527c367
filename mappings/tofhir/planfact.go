package tofhir

import (
	"cmp"

	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/ledger"
	"github.com/throughline/throughline/mappings/record"
)

// promise adds the plan as the ledger compares it: what it promises, until when.
func (k *maker) promise(p *record.CarePlan) {
	plan := k.planFact(ledger.CarePlan, p.PlanID, p.Status, p.Start, p.End)
	for _, s := range p.Services {
		item := ledger.PlanItem{ID: s.ID, Code: s.Code, Modifiers: s.Modifiers.String(), Auth: s.Auth, Unit: s.Unit, Per: s.Per,
			Provider: s.ResponsibleID, Start: startDay(s.Start), End: endDay(s.End)}
		if s.Units.Coef != 0 {
			item.Units = s.Units.String()
		}
		plan.Items = append(plan.Items, item)
	}
	k.out.Facts.Plans = append(k.out.Facts.Plans, gateway.PlanFact{Member: k.member, Plan: plan})
}

// staff adds the team as the ledger compares it: who serves the child, for whom.
// Family and natural supports deliver nothing that is billed.
func (k *maker) staff(t *record.CareTeam) {
	team := k.planFact(ledger.CareTeam, t.TeamID, t.Status, t.Start, t.End)
	team.Program = t.Program
	for _, m := range t.Members {
		if m.Related() || m.Kind == "youth" {
			continue
		}
		team.Items = append(team.Items, ledger.PlanItem{ID: m.ID, Role: m.Role, Provider: cmp.Or(m.NPI, m.OwnID), Organization: m.OrgNPI,
			Start: startDay(m.Start), End: endDay(m.End)})
	}
	k.out.Facts.Plans = append(k.out.Facts.Plans, gateway.PlanFact{Member: k.member, Plan: team})
}

// planFact is a version that came with the message.
func (k *maker) planFact(kind ledger.PlanKind, id, status string, start, end record.Date) ledger.Plan {
	return ledger.Plan{Partner: string(k.partner.ID), ID: id, Kind: kind, Status: status, Start: startDay(start), End: endDay(end),
		Received: ledger.StampOf(k.message.Received)}
}
