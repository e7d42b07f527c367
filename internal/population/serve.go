package population

import (
	"fmt"
	"strconv"
)

// serve writes the child's service lines until its quota is reached.
func (g *generator) serve(quota int) {
	until := g.service.rows + int64(quota)
	for g.service.rows < until {
		a := &g.auths[g.rand.IntN(len(g.auths))]
		l := g.visit(a)
		if g.chance(8) {
			g.miss(a, &l)
		}
		g.writeLine(l)
		if g.chance(7) {
			g.follow(l)
		}
		g.neighbour = l.id
	}
}

// visit is an ordinary service under an authorization.
func (g *generator) visit(a *authorization) line {
	date := g.within(max(a.start, g.from), min(a.end, g.to))
	units := max(a.service.visit+g.rand.IntN(5)-2, 1)
	l := line{id: g.lineID(), provider: a.provider, code: a.service.code, mods: untidy(g.rand, a.service.mods), date: day(date),
		units: strconv.Itoa(units), unit: a.service.unit, frequency: "1", source: "claim", received: g.receivedAfter(date+1, 21)}
	l.claim = g.claimID()
	if l.provider == "" {
		l.provider = provider(g.rand)
	}
	if g.chance(3) {
		l.frequency, l.source = "", ""
	}
	if g.chance(2) {
		l.visit = "V" + l.id
	}
	if g.chance(3) {
		l.start = fmt.Sprintf("%02d:%02d", 8+g.rand.IntN(10), 15*g.rand.IntN(4))
	}
	if g.chance(10) {
		g.plant("authorization named")
		l.auth = a.id
	}
	return l
}

// miss turns the line into one that the law cannot or will not pay.
func (g *generator) miss(a *authorization, l *line) {
	type change struct {
		name string
		do   func()
	}
	changes := []change{
		{"wrong provider", func() { l.provider = NPI(99_000_000 + uint64(g.rand.IntN(1000))) }},
		{"outside period", func() { l.date = day(g.within(a.end+1, a.end+60)) }},
		{"wrong modifiers", func() { l.mods = "GT U9" }},
		{"wrong code", func() { l.code = "H0031" }},
		{"no authorization", func() { l.code, l.provider = stray, NPI(98_000_000) }},
		{"before enrollment", func() { l.date = day(g.from - 400 + g.rand.IntN(50)) }},
		{"zero units", func() { l.units = "0" }},
		{"negative units", func() { l.units = "-" + l.units }},
		{"fraction of a unit", func() { l.units += ".5" }},
		{"whole number with decimals", func() { l.units += ".00" }},
		{"no code", func() { l.code = "" }},
		{"impossible date", func() { l.date = l.date[:5] + "02-30" }},
		{"unknown unit", func() { l.unit = "MJ" }},
		{"very many units", func() { l.units += "00" }},
		{"unknown original", func() { l.frequency, l.replaces = []string{"7", "8"}[g.rand.IntN(2)], "LOST"+l.id }},
		{"replacement that names nothing", func() { l.frequency, l.replaces = "7", "" }},
		{"names only itself", func() { l.frequency, l.replaces = "7", l.id }},
	}
	c := changes[g.rand.IntN(len(changes))]
	g.plant(c.name)
	c.do()
}

// follow sends one or more further rows about a line.
func (g *generator) follow(l line) {
	switch g.rand.IntN(10) {
	case 0, 1:
		g.plant("duplicate")
		g.again(l, func(n *line) { n.visit = "" })
	case 2:
		g.visitFromOtherSource(l)
	case 3:
		g.plant("second visit of the day")
		l.visit, l.start = "VA"+l.id, "09:00"
		g.again(l, func(n *line) { n.visit, n.start = "VB"+l.id, "15:30" })
	case 4:
		g.plant("sent again")
		l.units, l.received = "3", l.received+9*86400
		g.writeLine(l)
	case 5:
		g.plant("replaced by line id")
		g.again(l, func(n *line) { n.frequency, n.replaces, n.units = "7", l.id, "2" })
	case 6:
		g.plant("voided by claim id")
		g.again(l, func(n *line) { n.frequency, n.replaces = "8", l.claim })
	case 7:
		g.longChain(l)
	case 8:
		g.wholeClaim(l)
	case 9:
		if g.neighbour != "" && g.chance(4) {
			g.plant("chain across members")
			g.again(l, func(n *line) { n.frequency, n.replaces = "7", g.neighbour })
		}
	}
}

// again writes another row like l, received later, and returns it.
func (g *generator) again(l line, change func(*line)) line {
	l.id = g.lineID()
	l.claim = g.claimID()
	if l.received != 0 {
		l.received += int64(1+g.rand.IntN(20)) * 86400
	}
	change(&l)
	g.writeLine(l)
	return l
}

// visitFromOtherSource reports one visit from two sources; sometimes the one that
// counts has the greater id.
func (g *generator) visitFromOtherSource(l line) {
	g.plant("visit from two sources")
	first, second := 0, 1+g.rand.IntN(2)
	if g.chance(2) {
		first, second = second, first
	}
	visit := "VS" + l.id
	g.again(l, func(n *line) { n.visit, n.source = visit, sources[first] })
	g.again(l, func(n *line) { n.visit, n.source = visit, sources[second] })
}

// longChain replaces a line twice or three times, sometimes after a void.
func (g *generator) longChain(l line) {
	g.plant("chain of several steps")
	frequency := "7"
	for step := range 2 + g.rand.IntN(2) {
		if g.chance(4) {
			g.plant("void inside a chain")
			frequency = "8"
		}
		l = g.again(l, func(n *line) { n.frequency, n.replaces, n.units = frequency, l.id, strconv.Itoa(2+step) })
		frequency = "7"
	}
}

// wholeClaim sends a second line of the same claim and replaces the claim.
func (g *generator) wholeClaim(l line) {
	g.plant("claim of two lines replaced")
	g.again(l, func(n *line) { n.claim, n.units, n.start = l.claim, "1", "18:00" })
	g.again(l, func(n *line) { n.frequency, n.replaces, n.units = "7", l.claim, "5" })
}
