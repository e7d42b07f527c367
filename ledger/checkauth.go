package ledger

import (
	"cmp"
	"fmt"
)

// checkAuth answers about one authorization alone, on the date that is asked
// about: its status, its period and what is left, also of the cap's window that
// holds the date. Of several partners' with that id the first by partner.
func (s *Settler) checkAuth(c *Case, q Question, today Day) Answer {
	s.Settle(c, today)
	s.today.reset()
	s.turnTo(q.Date)
	a := Answer{Verdict: CheckNo, ReasonCode: NoAuthorization, Date: q.Date}
	use := s.useOf(q.Auth)
	if use == nil {
		a.Reason = fmt.Sprintf("No authorization %s is known on %s.", q.Auth.ID, today)
		return a
	}
	a.Auths = []Standing{s.standing(use.Auth, use.Remaining())}
	s.checkUse(&a, use, q)
	s.checkContinued(&a, use.Auth, q)
	return a
}

// checkUse says what the authorization itself gives.
func (s *Settler) checkUse(a *Answer, use *Use, q Question) {
	switch auth := use.Auth; {
	case !auth.TakesPart():
		a.Reason = fmt.Sprintf("Authorization %s is %s.", auth.ID, cmp.Or(auth.Status, "not approved"))
	case q.Date < auth.Start || q.Date > auth.End:
		a.ReasonCode = OutsidePeriod
		a.Reason = fmt.Sprintf("Authorization %s runs from %s to %s, which does not hold %s.", auth.ID, auth.Start, openEnd(auth.End), q.Date)
	case q.Provider != "" && auth.Provider != "" && q.Provider != auth.Provider:
		a.ReasonCode = WrongProvider
		a.Reason = fmt.Sprintf("Authorization %s names provider %s, not %s.", auth.ID, auth.Provider, q.Provider)
	case q.Modifiers != "" && NormalModifiers(q.Modifiers) != NormalModifiers(auth.Modifiers):
		a.ReasonCode = WrongModifier
		a.Reason = fmt.Sprintf("Authorization %s is for other modifiers than %s.", auth.ID, NormalModifiers(q.Modifiers))
	default:
		s.checkUnits(a, auth, q)
	}
}

// useOf finds the authorization that is asked about.
func (s *Settler) useOf(k AuthKey) *Use {
	for i := range s.result.Uses {
		if u := &s.result.Uses[i]; u.Auth.ID == k.ID && (k.Partner == "" || u.Auth.Partner == k.Partner) {
			return u
		}
	}
	return nil
}

// checkUnits says how many of the units asked an authorization in force could
// give on that date.
func (s *Settler) checkUnits(a *Answer, auth *Auth, q Question) {
	st := &a.Auths[0]
	could := max(min(st.CapLeft, st.Remaining), 0)
	asked, fit := s.askedOf(auth, q)
	a.Needed = asked
	switch {
	case fit == InvalidLine:
		a.ReasonCode, a.Reason = fit, fmt.Sprintf("The quantity %s is not a whole number above zero.", q.Units)
	case fit == UnknownUnit:
		a.ReasonCode, a.Reason = fit, fmt.Sprintf("Unit %s is not the unit %s of authorization %s, and no row of the unit table converts it.", q.Unit, auth.Unit, auth.ID)
	case could == 0 && st.Remaining > 0:
		a.ReasonCode, a.Reason = OverCap, fmt.Sprintf("Authorization %s has %d units left, but its cap of %d per %s is reached.", auth.ID, st.Remaining, auth.CapUnits, auth.CapPeriod)
	case could == 0:
		a.ReasonCode, a.Reason = Exhausted, fmt.Sprintf("Authorization %s has no units left.", auth.ID)
	case asked > could:
		a.Units, a.Verdict, a.ReasonCode = could, CheckPartly, Exhausted
		if st.Remaining > could {
			a.ReasonCode = OverCap
		}
		a.Reason = fmt.Sprintf("Authorization %s could give %d of %d units on %s.", auth.ID, could, asked, a.Date)
	default:
		a.Units, a.Verdict, a.ReasonCode = could, CheckYes, Matched
		a.Reason = fmt.Sprintf("Authorization %s is %s and could give %d units on %s.", auth.ID, auth.Status, could, a.Date)
	}
}

// askedOf converts the units asked into the authorization's; none asked is 0.
func (s *Settler) askedOf(auth *Auth, q Question) (int64, Verdict) {
	r := &row{line: &Line{Code: auth.Code, Date: s.today.day, Unit: q.Unit}, mods: NormalModifiers(auth.Modifiers), amount: q.Units.shortest()}
	if r.amount.Coef == 0 {
		return 0, ""
	}
	if r.amount.Coef < 0 {
		return 0, InvalidLine
	}
	s.usable = s.usable[:0]
	for i := range s.grants {
		if s.grants[i].auth == auth {
			s.usable = append(s.usable, int32(i))
		}
	}
	if _, ok := s.convert(r); ok {
		return r.need, ""
	}
	if r.amount.Scale > 0 {
		return 0, InvalidLine
	}
	return 0, UnknownUnit
}
