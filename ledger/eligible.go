package ledger

import (
	"cmp"
	"slices"
)

// grant is an approved authorization while its units are given away.
type grant struct {
	auth *Auth
	mods string
	code uint64 // first bytes of the code: most comparisons end there
	left int64
	use  int32 // its place in result.Uses

	winStart Day   // the cap's window that given belongs to
	given    int64 // what it gave in that window

	bridge int   // 1-based number of the bridge it belongs to; 0 = none
	level  int64 // of a continuation: units of the old level
}

// openGrants puts the authorizations that take part in the order of the law:
// (end, id, partner), continuations last. Uses are in order of (id, partner) already.
func (s *Settler) openGrants() {
	s.grants = s.grants[:0]
	continued := false
	for i := range s.result.Uses {
		a := s.result.Uses[i].Auth
		if a.TakesPart() {
			continued = continued || a.Continuation()
			s.grants = append(s.grants, grant{auth: a, mods: s.modifiers(a.Modifiers), code: head(a.Code), left: max(a.Units, 0), use: int32(i), winStart: NoDay})
		}
	}
	if len(s.grants) > 1 {
		slices.SortStableFunc(s.grants, byGivingOrder)
	}
	if continued {
		s.openBridges()
	} else {
		s.bridges = s.bridges[:0]
	}
}

// eligible lists in s.usable the grants that rule 3 lets pay for the row: same
// code and modifiers, provider equal or any, period holding the date, payer of a
// span holding the date. The one that the line names comes first.
func (s *Settler) eligible(r *row) {
	l := r.line
	for i := range s.grants {
		g := &s.grants[i]
		if g.sameCode(r) && g.holds(l.Date) && g.takes(r) && s.sameModifiers(g, r) && s.fitsPayer(g) {
			s.usable = append(s.usable, int32(i))
		}
	}
	if l.Auth != "" && len(s.usable) > 1 {
		s.putNamedFirst(l)
	}
}

// putNamedFirst moves the authorization that the line names to the front; of
// several with that id the one sent by the line's own partner, else the first.
func (s *Settler) putNamedFirst(l *Line) {
	named := -1
	for at, i := range s.usable {
		a := s.grants[i].auth
		if a.ID == l.Auth && (named < 0 || a.Partner == l.Partner) {
			named = at
		}
	}
	if named > 0 {
		i := s.usable[named]
		copy(s.usable[1:named+1], s.usable[:named])
		s.usable[0] = i
	}
}

// holds says whether the period holds the date, both ends inclusive.
func (g *grant) holds(d Day) bool { return g.auth.Start <= d && d <= g.auth.End }

// sameCode compares codes as sent.
func (g *grant) sameCode(r *row) bool {
	return g.code == r.code && (len(r.line.Code) <= 8 && len(g.auth.Code) == len(r.line.Code) || g.auth.Code == r.line.Code)
}

// takes says whether the provider is the authorization's, which may be any.
func (g *grant) takes(r *row) bool {
	return g.auth.Provider == "" || g.auth.Provider == r.line.Provider || r.anyProvider
}

// sameModifiers compares sets, or sequences where the payer wants the order.
func (s *Settler) sameModifiers(g *grant, r *row) bool {
	if g.mods != r.mods || len(s.rules.Payers) == 0 || r.mods == "" {
		return g.mods == r.mods
	}
	rule := s.rules.payer(cmp.Or(g.auth.Payer, s.today.payer), r.line.Date)
	return rule == nil || !rule.OrderedModifiers || orderedModifiers(g.auth.Modifiers) == orderedModifiers(r.line.Modifiers)
}

// fitsPayer says whether the authorization's payer is one of a span that holds
// the date; an empty payer on either side fits any, and a transition-of-care
// window may keep the old payer's authorizations.
func (s *Settler) fitsPayer(g *grant) bool {
	payer, t := g.auth.Payer, &s.today
	if payer == "" || t.anyPayer || slices.Contains(t.payers, payer) {
		return true
	}
	for i := range s.rules.Transitions {
		w := &s.rules.Transitions[i]
		if w.Old == payer && holds(w.From, w.Until, t.day) && (w.New == "" || slices.Contains(t.payers, w.New)) {
			return true
		}
	}
	return false
}
