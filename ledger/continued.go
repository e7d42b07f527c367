package ledger

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// ContinuedBenefits is the flag of a line, and the reason of an answer, that an
// open appeal keeps paid: services go on at the level of before the cut while the
// appeal is heard (42 CFR 438.420).
const ContinuedBenefits = "continued_benefits"

// ContinuationID is the id of the continuation of an authorization under an
// appeal: a version of an authorization of its own, with Continues and Level.
func ContinuationID(auth, appeal string) string { return auth + continued + appeal }

const continued = "/continued/"

// Continuation says whether an appeal keeps another authorization alive by this
// one.
func (a *Auth) Continuation() bool { return a.Continues.ID != "" }

// Appeal is the appeal of a continuation.
func (a *Auth) Appeal() string { return strings.TrimPrefix(a.ID, a.Continues.ID+continued) }

// authName names an authorization in a sentence.
func authName(id string) string {
	if auth, appeal, ok := strings.Cut(id, continued); ok {
		return fmt.Sprintf("authorization %s, which continues under appeal %s", auth, appeal)
	}
	return "authorization " + id
}

// continueAuths gives every continuation in force the terms of the authorization
// that it continues, as they were before the decision that is appealed. Where
// nothing is known to go on, it gives nothing.
func (s *Settler) continueAuths() {
	for i := range s.result.Uses {
		a := s.result.Uses[i].Auth
		if !a.Continuation() {
			continue
		}
		terms := *a
		terms.Units = 0
		if old := s.before(a); old != nil {
			terms.Provider, terms.Code, terms.Modifiers, terms.Unit, terms.Units = old.Provider, old.Code, old.Modifiers, old.Unit, max(old.Units, 0)
			terms.CapPeriod, terms.CapUnits, terms.Program, terms.Payer = old.CapPeriod, old.CapUnits, old.Program, old.Payer
		}
		s.result.Uses[i].Auth = &terms
	}
}

// before is the version of the continued authorization that was in force at the
// end of the day before the decision that is appealed; nil when there was none,
// or it paid for nothing. A version whose received time is not stated counts as
// older than that day.
func (s *Settler) before(c *Auth) (old *Auth) {
	for _, v := range s.versions { // in order of (id, partner, later)
		if v.Key() == c.Continues && !v.Continuation() && (v.Received == 0 || v.Received.Day(s.zoneOf(v.Payer)) <= c.Level) {
			old = v
		}
	}
	if old == nil || old.Foreign || !old.TakesPart() {
		return nil
	}
	return old
}

// bridge ties the grants of one authorization and of its continuations: together
// they never give more than the old level.
type bridge struct {
	of    AuthKey
	spent int64 // by all of them
}

// openBridges ties grants to the bridges they belong to; s.grants are in the order
// of the law already, continuations last.
func (s *Settler) openBridges() {
	s.bridges = s.bridges[:0]
	for i := range s.grants {
		if g := &s.grants[i]; g.auth.Continuation() {
			g.level, g.bridge = g.auth.Units, s.bridgeOf(g.auth.Continues)
		}
	}
	for i := range s.grants {
		g := &s.grants[i]
		if n := slices.IndexFunc(s.bridges, func(b bridge) bool { return b.of == g.auth.Key() }); n >= 0 {
			g.bridge = n + 1
		}
	}
}

// bridgeOf is the 1-based number of the bridge of an authorization.
func (s *Settler) bridgeOf(k AuthKey) int {
	n := slices.IndexFunc(s.bridges, func(b bridge) bool { return b.of == k })
	if n < 0 {
		s.bridges = append(s.bridges, bridge{of: k})
		n = len(s.bridges) - 1
	}
	return n + 1
}

// remaining is what a grant has left: of a continuation, what the old level leaves
// after all that was given under it.
func (s *Settler) remaining(g *grant) int64 {
	if g.auth.Continuation() {
		return max(g.level-s.bridges[g.bridge-1].spent, 0)
	}
	return g.left
}

// closeBridges states the units of continuations once every line is judged: what
// they gave and what they could still give.
func (s *Settler) closeBridges() {
	for i := range s.grants {
		if g := &s.grants[i]; g.auth.Continuation() {
			g.auth.Units = s.result.Uses[g.use].Used + s.remaining(g)
		}
	}
}

// capCounts says whether what an authorization gave counts against the cap of
// another: its own, and for a continuation all that was given under its bridge.
func (s *Settler) capCounts(a *Auth, gave AuthKey) bool {
	if gave == a.Key() {
		return true
	}
	if !a.Continuation() {
		return false
	}
	return gave == a.Continues || slices.ContainsFunc(s.grants, func(g grant) bool { return g.auth.Key() == gave && g.auth.Continues == a.Continues })
}

// byGivingOrder is the order in which authorizations give: (end, id, partner), and
// continuations after all others.
func byGivingOrder(a, b grant) int {
	if x, y := a.auth.Continuation(), b.auth.Continuation(); x != y {
		if x {
			return 1
		}
		return -1
	}
	return cmp.Compare(a.auth.End, b.auth.End)
}

// continuedWords say which of the authorizations that could pay an open appeal
// keeps alive; empty when none.
func (s *Settler) continuedWords() string {
	for _, i := range s.usable {
		if g := &s.grants[i]; g.auth.Continuation() && s.remaining(g) > 0 {
			return fmt.Sprintf(" Benefits of authorization %s continue at the old level under appeal %s until %s.", g.auth.Continues.ID, g.auth.Appeal(), openEnd(g.auth.End))
		}
	}
	return ""
}

// checkContinued asks the continuations of an authorization that cannot give all
// that is asked by itself, or is asked how much it could give.
func (s *Settler) checkContinued(a *Answer, of *Auth, q Question) {
	if a.ReasonCode == Matched && q.Units.Coef != 0 {
		return
	}
	switch a.ReasonCode {
	case WrongProvider, WrongModifier, InvalidLine, UnknownUnit:
		return
	}
	for i := range s.result.Uses {
		u := &s.result.Uses[i]
		c := u.Auth
		if c.Continues != of.Key() || !c.TakesPart() || q.Date < c.Start || q.Date > c.End {
			continue
		}
		with := Answer{Verdict: CheckNo, Date: q.Date, Auths: []Standing{s.standing(c, u.Remaining())}}
		s.checkUse(&with, u, q)
		a.Auths = append(a.Auths, with.Auths...)
		if with.Units > a.Units {
			a.Verdict, a.ReasonCode, a.Units, a.Needed = with.Verdict, with.ReasonCode, with.Units, with.Needed
			a.Reason += fmt.Sprintf(" Its benefits continue at the old level under appeal %s until %s: %d units could be given on %s.", c.Appeal(), openEnd(c.End), with.Units, q.Date)
		}
	}
}
