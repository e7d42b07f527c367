package ledger

// give is rule 3: each eligible authorization in turn gives the smallest of what
// is still needed, what it has left and what its cap leaves on that date.
func (s *Settler) give(r *row, v *LineVerdict) {
	need, from := r.need, len(s.splits)
	s.giving = from
	var capped *Auth
	flags := r.flags
	for _, i := range s.usable {
		g := &s.grants[i]
		if n := min(need, s.remaining(g), s.capLeft(g)); n > 0 {
			s.pay(g, n)
			need -= n
			if g.auth.Continuation() {
				flags |= flagContinued
			}
		}
		if need == 0 {
			break
		}
		if s.remaining(g) > 0 && capped == nil {
			capped = g.auth
		}
	}
	if to := len(s.splits); to > from {
		v.Splits = s.splits[from:to:to]
	}
	v.Needed, v.Matched = r.need, r.need-need
	if s.overDaily(r) {
		flags |= flagDaily
	}
	v.Flags = flagLists[flags]
	switch {
	case need == 0:
		v.Verdict = Matched
	case capped != nil:
		v.Verdict, v.because.auth = OverCap, capped
	default:
		v.Verdict, v.because.auth = Exhausted, s.grants[s.usable[len(s.usable)-1]].auth
	}
}

// pay takes n units from the grant for a service on the current date.
func (s *Settler) pay(g *grant, n int64) {
	g.left -= n
	g.given += n
	if g.bridge > 0 {
		s.bridges[g.bridge-1].spent += n
	}
	u := &s.result.Uses[g.use]
	u.Used += n
	u.Last = s.today.day
	s.splits = append(s.splits, Split{g.auth.Key(), n})
}
