package population

import (
	"math/rand/v2"
	"strconv"
)

// PlanHeader are the columns of the plan table: one row for each planned service
// of a plan of care, or each seat of a care team; rows of one version stand
// together.
const PlanHeader = "plan_id,member_id,kind,status,program,start,end,item_id,code,modifiers,provider_id,organization_id,role,item_start,item_end,received_at"

// Codes that nothing but a planted discrepancy uses, so that what a comparison
// says about them can be counted.
const (
	neverDelivered  = "H2030" // authorized, and no line ever reports it
	deliveredOnce   = "H2031" // authorized and delivered once, long ago
	neverAuthorized = "S9484" // planned, and no authorization names it
)

// IndependentProgram is the program whose coordinators are planted as delivering
// themselves.
const IndependentProgram = "wraparound"

// finds counts a finding that the comparison must come to, and flags a flag that
// a line of a code must have, as of the last day.
func (g *generator) finds(kind, code string) { g.plant("finds " + kind + " " + code) }
func (g *generator) flags(flag, code string) { g.plant("flags " + flag + " " + code) }

// care is the child's plan of care and care team as they stand on the last day.
type care struct {
	*rand.Rand
	planned, staffed       bool   // in force on the last day
	wasPlanned, wasStaffed bool   // and sixty days before
	own                    string // the coordinator's agency, sixty days before
}

// compare gives the child a plan of care, a care team, and what the three sides
// do not agree on. It has random numbers of its own: the rest of the child stays
// as it would be without.
func (g *generator) compare(n int) {
	c := &care{Rand: rand.New(rand.NewPCG(g.cfg.Seed+1_000_003, uint64(n)))}
	if c.IntN(10) < 6 {
		c.planned, c.wasPlanned = g.plan(c)
	}
	if c.IntN(10) < 6 {
		c.staffed, c.wasStaffed = g.team(c)
	}
	switch {
	case c.planned && !c.staffed:
		g.finds("no_team", "")
	case c.staffed && !c.planned:
		g.finds("no_plan", "")
	}
	if c.IntN(4) == 0 {
		g.undelivered(c)
	}
	if c.IntN(4) == 0 && g.enrolledOn(g.to-60) {
		g.gap(c)
	}
	g.before = g.member
}

// version is one version of a plan or a team.
type version struct {
	id, kind, status string
	end              int // 0 = open
	received         int // day
	items            [][]string
}

func (g *generator) writeVersion(member string, v version) {
	end := ""
	if v.end != 0 {
		end = day(v.end)
	}
	for i, item := range v.items {
		row := append([]string{v.id, member, v.kind, v.status, g.spans[0].program, day(g.from), end, strconv.Itoa(i + 1)}, item...)
		g.plans.row(append(row, instant(int64(v.received)*86400))...)
	}
}

// versions writes a plan or team as it came in: once, or amended, taken back,
// ended, or amended after the last day; it says whether it stands on the last day,
// and stood sixty days before.
func (g *generator) versions(c *care, v version) (stands, stood bool) {
	v.status, v.received = "active", g.from+1
	if g.before != "" && c.IntN(20) == 0 {
		g.plant("plan first sent for another child")
		g.writeVersion(g.before, v)
		v.received++
	}
	g.writeVersion(g.member, v)
	again := v
	again.received = g.to - 20
	switch c.IntN(12) {
	case 0:
		g.plant("plan taken back")
		again.status = "revoked"
	case 1:
		g.plant("plan ended")
		again.status, again.end = "completed", g.to-10
	case 2:
		g.plant("plan taken back tomorrow")
		again.status, again.received = "revoked", g.to+1
		g.writeVersion(g.member, again)
		return true, true
	default:
		return true, true
	}
	g.writeVersion(g.member, again)
	return false, again.status == "completed"
}

// plan promises what some of the authorizations allow, and sometimes what none
// does.
func (g *generator) plan(c *care) (stands, stood bool) {
	v := version{id: g.cfg.Prefix + "P" + g.member, kind: "plan"}
	item := func(code, mods string) { v.items = append(v.items, []string{code, mods, "", "", "", "", ""}) }
	for _, a := range g.auths {
		switch c.IntN(4) {
		case 0, 1:
			item(a.service.code, "")
		case 2:
			item(a.service.code, a.service.mods)
		}
	}
	if c.IntN(8) == 0 {
		v.items = append(v.items, []string{"H0031", "", "", "", "", "", day(g.to - 200)}) // no longer promised
	}
	never := c.IntN(4) == 0
	if never || len(v.items) == 0 {
		item(neverAuthorized, "")
		never = true
	}
	stands, stood = g.versions(c, v)
	if stands && never {
		g.finds("planned_not_authorized", neverAuthorized)
		g.finds("planned_not_delivered", neverAuthorized)
	}
	return stands, stood
}

// team names a coordinator with its agency and some of the providers.
func (g *generator) team(c *care) (stands, stood bool) {
	v := version{id: g.cfg.Prefix + "T" + g.member, kind: "team"}
	agency := NPI(97_000_000 + uint64(c.IntN(50)))
	if c.IntN(3) == 0 && g.auths[0].provider != "" {
		agency = g.auths[0].provider
	}
	v.items = append(v.items, []string{"", "", NPI(96_000_000 + uint64(c.IntN(500))), agency, "care-coordinator", "", ""})
	for _, a := range g.auths {
		if c.IntN(2) == 0 {
			v.items = append(v.items, []string{"", "", a.provider, "", "provider", "", ""})
		}
	}
	if stands, stood = g.versions(c, v); stood {
		c.own = agency
	}
	return stands, stood
}

// extra is an authorization beside the usual ones, in force on the last day.
func (g *generator) extra(code, provider string, units int) authorization {
	return authorization{id: g.authID(), provider: provider, status: "approved", program: g.spans[0].program, service: service{code: code, unit: "UN"},
		start: g.to - 90, end: g.to + 60, units: units, received: int64(g.to-95) * 86400}
}

// undelivered is an authorization that nobody uses, sometimes with the payer's
// own count of what was.
func (g *generator) undelivered(c *care) {
	a := g.extra(neverDelivered, NPI(95_000_000), 20)
	g.finds("authorized_not_delivered", neverDelivered)
	if c.planned {
		g.finds("authorized_not_planned", neverDelivered)
	}
	switch c.IntN(3) {
	case 0:
		a.counted, a.countedTo = "5", day(g.to-1)
		g.finds("count_differs", neverDelivered)
	case 1:
		a.counted, a.countedTo = "0", day(g.to-1)
	}
	g.writeAuthorization(a)
}

// gap is a service that was delivered once, sixty days before the last day, by
// somebody who is on no team, or by the coordinator's own agency.
func (g *generator) gap(c *care) {
	provider := NPI(94_000_000 + uint64(c.IntN(900)))
	own := c.own != "" && c.IntN(2) == 0
	if own {
		provider = c.own
	}
	a := g.extra(deliveredOnce, provider, 40)
	a.counted, a.countedTo = "4", day(g.to-60)
	if c.IntN(3) == 0 {
		a.countedTo = day(g.to - 61) // before the line: the payer counts more than we do
		g.finds("count_differs", deliveredOnce)
	}
	g.writeAuthorization(a)
	l := line{id: g.lineID(), provider: provider, code: deliveredOnce, date: day(g.to - 60), units: "4", unit: "UN", frequency: "1", source: "claim", received: int64(g.to-50) * 86400}
	l.claim = g.claimID()
	g.writeLine(l)
	g.finds("service_gap", deliveredOnce)
	if c.planned {
		g.finds("authorized_not_planned", deliveredOnce)
	}
	if c.wasPlanned {
		g.flags("not_in_plan", deliveredOnce)
	}
	if c.wasStaffed && !own {
		g.flags("provider_not_on_team", deliveredOnce)
	}
	if own && g.spans[0].program == IndependentProgram {
		g.flags("not_independent", deliveredOnce)
	}
}

// enrolledOn says whether a span that stands holds the day.
func (g *generator) enrolledOn(n int) bool {
	for _, s := range g.spans {
		if s.start <= n && (s.open || n <= s.end) {
			return true
		}
	}
	return false
}
