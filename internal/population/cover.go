package population

// enroll gives the child its spans of coverage.
func (g *generator) enroll() {
	payer, program := payers[g.rand.IntN(len(payers))], programs[g.rand.IntN(len(programs))]
	first := span{start: g.from - g.rand.IntN(200), end: g.to + 30, open: true, payer: payer, program: program}
	first.received = g.receivedAfter(first.start, 20)
	g.spans = append(g.spans[:0], first)
	switch s := &g.spans[0]; g.first(12, 12, 15, 15) {
	case 0:
		g.plant("enrollment gap")
		s.open, s.end = false, g.within(g.from+20, g.to-40)
		again := span{start: s.end + 5 + g.rand.IntN(25), open: true, payer: payer, program: program}
		again.received = g.receivedAfter(again.start, 20)
		g.spans = append(g.spans, again)
	case 1:
		g.plant("change of payer")
		s.open, s.end = false, g.within(g.from+20, g.to-20)
		g.spans = append(g.spans, span{start: s.end + 1, open: true, payer: g.otherPayer(payer), program: program, received: s.received})
	case 2:
		g.plant("several payers")
		g.spans = append(g.spans, span{start: s.start + 10, end: g.to, payer: g.otherPayer(payer), program: program, received: s.received})
	case 3:
		g.plant("enrollment ends")
		s.open, s.end = false, g.within(g.from+30, g.to)
	}
	for _, s := range g.spans {
		g.writeSpan(s)
	}
	g.amendSpans()
}

// amendSpans sends a span again: shortened, or retracted altogether.
func (g *generator) amendSpans() {
	s := g.spans[0]
	switch {
	case g.chance(30):
		g.plant("span sent again")
		s.open, s.end = false, g.within(g.from+30, g.to)
		s.received += 40 * 86400
		g.writeSpan(s)
		g.spans[0] = s
	case g.chance(40):
		g.plant("span retracted")
		wrong := span{start: g.from - 7, end: g.to, payer: g.otherPayer(s.payer), program: s.program, received: g.receivedAfter(g.from, 5)}
		g.writeSpan(wrong)
		wrong.end, wrong.received = wrong.start-1, wrong.received+10*86400
		g.writeSpan(wrong)
	}
}

func (g *generator) otherPayer(payer string) string {
	for {
		if p := payers[g.rand.IntN(len(payers))]; p != payer {
			return p
		}
	}
}

// authorize gives the child two to five authorizations, some of them twice.
func (g *generator) authorize() {
	g.auths = g.auths[:0]
	for range 2 + g.rand.IntN(3) {
		a := g.decide()
		g.issue(a)
		if g.chance(4) {
			g.plant("overlapping authorizations")
			second := a
			second.id, second.start, second.end = g.authID(), a.start+10+g.rand.IntN(40), a.end+g.rand.IntN(60)
			second.units, second.capPeriod, second.open = a.units/2+1, "", false
			g.issue(second)
		}
	}
}

// decide makes up one decision.
func (g *generator) decide() authorization {
	kind := services[g.rand.IntN(len(services))]
	start := g.within(g.from-20, g.to-60)
	a := authorization{id: g.authID(), provider: provider(g.rand), status: "approved", payer: g.spans[0].payer, program: g.spans[0].program,
		service: kind, start: start, end: start + 60 + g.rand.IntN(125), units: kind.visit * (4 + g.rand.IntN(30))}
	a.received = g.receivedAfter(start-25, 20)
	g.vary(&a)
	return a
}

// vary makes the decision a less usual one.
func (g *generator) vary(a *authorization) {
	if g.chance(5) {
		g.plant("any provider")
		a.provider = ""
	}
	if g.chance(6) {
		g.plant("any payer")
		a.payer = ""
	} else if g.chance(20) {
		g.plant("payer not enrolled with")
		a.payer = g.otherPayer(a.payer)
	}
	if g.chance(3) {
		period := []string{"day", "week", "month"}[g.rand.IntN(3)]
		g.plant("cap " + period)
		a.capPeriod = period
		a.capUnits = a.service.visit * map[string]int{"day": 1, "week": 2, "month": 5}[period]
	}
	switch n := g.rand.IntN(40); {
	case n < 4:
		a.status = []string{"pended", "denied", "cancelled", "partial"}[n]
		g.plant("status " + a.status)
	case n == 4:
		g.plant("open-ended authorization")
		a.open = true
	case n == 5:
		g.plant("authorization of nothing")
		a.units = 0
	case n < 9:
		g.plant("decision after the fact")
		a.received = g.receivedAfter(a.start+30, 30)
	}
	if g.chance(7) {
		a.service.unit = ""
	}
}

// issue writes a decision and sometimes a later version of it.
func (g *generator) issue(a authorization) {
	g.auths = append(g.auths, a)
	g.writeAuthorization(a)
	if a.received == 0 || !g.chance(14) {
		return
	}
	g.plant("later version of an authorization")
	a.received += int64(20+g.rand.IntN(90)) * 86400
	switch g.rand.IntN(4) {
	case 0:
		g.plant("authorization cut")
		a.units /= 3
	case 1:
		a.status = "cancelled"
	case 2:
		a.units += a.service.visit * 6
	default:
		a.end -= 20
	}
	g.writeAuthorization(a)
}
