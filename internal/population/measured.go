package population

import (
	"math/rand/v2"
	"strconv"
	"strings"
)

// UnitHeader are the columns of a unit table, AdviceHeader those of the payer's
// words on claims (X12 835): on a line by its control number, on a service, or on
// the whole claim; an empty reason takes a denial back.
const (
	UnitHeader   = "payer,code,modifiers,from,to,line_unit,auth_unit,num,den,round,daily_max"
	AdviceHeader = "claim_id,line_id,member_id,code,modifiers,date,reason,received_at"
)

// Codes that nothing but what is planted here uses.
const (
	timed  = "H0004" // reported in minutes and hours, authorized in units
	denied = "H0039" // the payer has said something about it
)

// UnitTable is the unit table that a population is measured by: minutes of any
// payer with a daily maximum, one payer with another, hours until the middle of
// the year, and two usual services in minutes.
func UnitTable(cfg Config) string {
	middle := cfg.From.AddDate(0, 0, int(cfg.To.Sub(cfg.From).Hours()/48)).Format("2006-01-02")
	return strings.Join([]string{UnitHeader,
		"," + timed + ",,,,MJ,UN,1,15,nearest,8",
		payers[1] + "," + timed + ",,,,MJ,UN,1,15,up,6",
		"," + timed + ",,," + middle + ",HR,UN,4,1,exact,0",
		",H2021,HA,,,MJ,UN,1,2,down,3",
		",T1017,,,,MJ,UN,1,1,exact,0",
		",T1017,,,,UN,UN,1,1,exact,5",
		""}, "\n")
}

// measure gives some children services that only the unit table can measure, and
// some of them more in a day than it allows. Like compare, it has random numbers of
// its own.
func (g *generator) measure(n int) {
	r := rand.New(rand.NewPCG(g.cfg.Seed+2_000_003, uint64(n)))
	if r.IntN(3) > 0 || !g.enrolledOn(g.to-40) {
		return
	}
	a := g.extra(timed, NPI(93_000_000+uint64(r.IntN(900))), 60)
	g.writeAuthorization(a)
	report := func(unit string, quantity int) {
		l := line{id: g.lineID(), provider: a.provider, code: timed, date: day(g.to - 40), units: strconv.Itoa(quantity), unit: unit, frequency: "1",
			source: "claim", received: int64(g.to-30) * 86400}
		l.claim = g.claimID()
		g.writeLine(l)
	}
	report("MJ", 50)
	g.plant("measured in minutes")
	if r.IntN(2) == 0 {
		report("MJ", 90)
		g.plant("flags over_daily_maximum " + timed)
	}
	if r.IntN(4) == 0 {
		report("HR", 1) // the row has ended
		g.plant("verdict unknown_unit " + timed)
	}
}

// say is the payer's word on one line.
func (g *generator) say(l line, reason string, received int64) {
	g.advices.row(l.claim, l.id, g.member, "", "", "", reason, instant(received))
}

// advise gives some children claims on which the payer has said something, and
// now and then speaks of what was sent anyhow.
func (g *generator) advise(n int) {
	r := rand.New(rand.NewPCG(g.cfg.Seed+3_000_017, uint64(n)))
	for _, l := range g.sent {
		if r.IntN(30) == 0 {
			g.plant("advice on a usual line")
			at := max(l.received, int64(g.from)*86400) + int64(r.IntN(9)-2)*86400
			g.adviseSomehow(r, l, at)
		}
	}
	if r.IntN(3) > 0 || !g.enrolledOn(g.to-50) {
		return
	}
	a := g.extra(denied, NPI(92_000_000+uint64(r.IntN(900))), 60)
	g.writeAuthorization(a)
	report := func(units string, received int) line {
		l := line{id: g.lineID(), provider: a.provider, code: denied, date: day(g.to - 50), units: units, unit: "UN", frequency: "1", source: "claim", received: int64(g.to-received) * 86400}
		l.claim = g.claimID()
		g.writeLine(l)
		return l
	}
	at := func(before int) int64 { return int64(g.to-before) * 86400 }
	one := report("1", 45)
	g.say(one, "CO-197", at(40))
	g.plant("verdict denied " + denied)
	switch two := report("2", 45); r.IntN(4) {
	case 0:
		g.plant("denial taken back")
		g.say(two, "CO-16", at(40))
		g.say(two, "", at(35))
		g.plant("verdict matched " + denied)
	case 1:
		g.plant("advice older than the row")
		g.say(two, "CO-16", at(46))
		g.plant("verdict matched " + denied)
	case 2:
		g.plant("whole claim denied")
		g.advices.row(two.claim, "", g.member, "", "", "", "CO-29", instant(at(40)))
		g.plant("verdict denied " + denied)
	default:
		g.plant("service denied, another date paid")
		g.advices.row(two.claim, "", g.member, denied, "", two.date, "CO-29", instant(at(40)))
		g.advices.row(two.claim, "", g.member, denied, "", day(g.to-51), "", instant(at(39)))
		g.plant("verdict denied " + denied)
	}
}

// adviseSomehow says something about a usual line, its claim or its service.
func (g *generator) adviseSomehow(r *rand.Rand, l line, at int64) {
	reason := []string{"CO-197", "CO-50", ""}[r.IntN(3)]
	switch r.IntN(4) {
	case 0:
		g.advices.row(l.claim, "", g.member, "", "", "", reason, instant(at))
	case 1:
		g.advices.row(l.claim, "", g.member, l.code, l.mods, "", reason, instant(at))
	default:
		g.say(l, reason, at)
	}
}
