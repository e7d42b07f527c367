package population

import (
	"math/rand/v2"
	"strconv"
)

// ContinuationHeader are the columns of continued benefits: an appeal keeps an
// authorization alive between two dates, at the level of the day before the
// decision that is appealed.
const ContinuationHeader = "authorization_id,appeal_id,member_id,start,end,status,level,received_at"

// appealed is a code that nothing but appealed cuts uses.
const appealed = "H2027"

// appeal gives some children a cut that is appealed while the services go on. Like
// compare, it has random numbers of its own.
func (g *generator) appeal(n int) {
	r := rand.New(rand.NewPCG(g.cfg.Seed+4_000_037, uint64(n)))
	if r.IntN(3) > 0 || !g.enrolledOn(g.to-70) || !g.enrolledOn(g.to-45) || !g.enrolledOn(g.to-40) {
		return
	}
	a := g.extra(appealed, NPI(91_000_000+uint64(r.IntN(900))), 20)
	if r.IntN(3) == 0 {
		a.capPeriod, a.capUnits = "week", 8
	}
	g.writeAuthorization(a)
	cut := a
	cut.status, cut.units, cut.received = "partial", 4, int64(g.to-60)*86400
	if r.IntN(3) == 0 {
		cut.status, cut.units = "denied", 0
	}
	g.writeAuthorization(cut)
	status, end := "approved", ""
	switch r.IntN(4) {
	case 0:
		status = "pended"
		g.plant("benefits asked for, not granted")
	case 1:
		end = day(g.to - 43)
		g.plant("continued benefits ended")
	}
	g.continuations.row(a.id, "AP"+a.id, g.member, day(g.to-50), end, status, day(g.to-61), instant(int64(g.to-55)*86400))
	for _, visit := range []struct{ before, units int }{{70, 4}, {45, 6}, {40, 30}} {
		l := line{id: g.lineID(), provider: a.provider, code: appealed, date: day(g.to - visit.before), units: strconv.Itoa(visit.units), unit: "UN", frequency: "1",
			source: "claim", received: int64(g.to-visit.before+5) * 86400}
		l.claim = g.claimID()
		g.writeLine(l)
		if status == "approved" && (visit.before == 45 || visit.before == 40 && end == "") {
			g.flags("continued_benefits", appealed)
		}
	}
}
