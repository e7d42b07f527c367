package ledger

// nearest is rule 4: no authorization is eligible, the nearest miss names the
// verdict. Of several authorizations that miss in the same way the first in the
// order of the law is named. "Same provider" is equal or any, "other" is named
// and different.
func (s *Settler) nearest(r *row, v *LineVerdict) {
	v.Verdict = NoAuthorization
	closest := len(misses)
	for i := range s.grants {
		g := &s.grants[i]
		for n := range closest {
			if misses[n].fits(s, g, r) {
				closest = n
				v.Verdict, v.Nearest, v.because.auth = misses[n].verdict, g.auth.Key(), g.auth
				break
			}
		}
	}
}

// misses in the order in which they are asked.
var misses = [...]struct {
	verdict Verdict
	fits    func(s *Settler, g *grant, r *row) bool
}{
	{WrongPayer, func(s *Settler, g *grant, r *row) bool {
		return g.sameCode(r) && s.sameModifiers(g, r) && g.takes(r) && g.holds(r.line.Date) && !s.fitsPayer(g)
	}},
	{WrongProvider, func(s *Settler, g *grant, r *row) bool {
		return g.sameCode(r) && s.sameModifiers(g, r) && !g.takes(r) && g.holds(r.line.Date)
	}},
	{OutsidePeriod, func(s *Settler, g *grant, r *row) bool {
		return g.sameCode(r) && s.sameModifiers(g, r) && g.takes(r) && !g.holds(r.line.Date)
	}},
	{WrongModifier, func(s *Settler, g *grant, r *row) bool {
		return g.sameCode(r) && !s.sameModifiers(g, r) && g.takes(r) && g.holds(r.line.Date)
	}},
	{WrongCode, func(s *Settler, g *grant, r *row) bool {
		return !g.sameCode(r) && g.auth.Provider != "" && g.auth.Provider == r.line.Provider && g.holds(r.line.Date)
	}},
}
