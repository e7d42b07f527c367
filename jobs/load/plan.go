package load

import (
	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/ledger"
)

var planColumns = []column{{"plan_id", true}, {"member_id", true}, {"kind", true}, {"status", true}, {"program", false}, {"start", true}, {"end", false},
	{"item_id", true}, {"code", false}, {"modifiers", false}, {"provider_id", false}, {"organization_id", false}, {"role", false}, {"item_start", false},
	{"item_end", false}, {"received_at", false}}

var (
	planKinds    = []string{string(ledger.CarePlan), string(ledger.CareTeam)}
	planStatuses = []string{"draft", "proposed", "active", "on-hold", "suspended", "revoked", "inactive", "completed", "entered-in-error", "unknown"}
)

// planItem keeps a planned service of a plan of care, or a seat of a care team.
// Rows that stand together with the same plan, kind and received time are one
// version.
func (r *Reader) planItem(c *cells) []Issue {
	c.key("member_id")
	p := ledger.Plan{Partner: string(r.opts.Partner), ID: c.key("plan_id"), Kind: ledger.PlanKind(c.word("kind", planKinds, nil)), Status: c.word("status", planStatuses, nil),
		Program: c.id("program"), Start: c.day("start", ledger.NoDay), End: c.day("end", ledger.Forever), Received: r.received(c)}
	item := ledger.PlanItem{ID: c.id("item_id"), Code: c.id("code"), Modifiers: c.modifiers(), Provider: c.id("provider_id"), Organization: c.id("organization_id"),
		Role: c.id("role"), Start: c.day("item_start", ledger.NoDay), End: c.day("item_end", ledger.Forever)}
	if len(c.issues) > 0 {
		return c.issues
	}
	member := r.member(c)
	if r.plan == nil || r.plan.Member != member || r.plan.Plan.ID != p.ID || r.plan.Plan.Kind != p.Kind || r.plan.Plan.Received != p.Received {
		r.endPlan()
		r.plan = &gateway.PlanFact{Member: member, Plan: p}
	}
	r.plan.Plan.Items = append(r.plan.Plan.Items, item)
	return nil
}

// endPlan hands over the version whose rows have been read.
func (r *Reader) endPlan() {
	if r.plan != nil {
		r.chunk.Facts.Plans = append(r.chunk.Facts.Plans, *r.plan)
		r.plan = nil
	}
}
