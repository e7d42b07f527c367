package ledger

import (
	"fmt"
	"math"
	"slices"
)

// Question is what a payer asks before a service: is it covered, and how many
// units are left? With an authorization's id and no code it asks about that
// authorization alone.
type Question struct {
	Auth      AuthKey // ID alone is enough; it then comes first, as on a line that names it
	Provider  string  // empty = whoever delivers it
	Code      string
	Modifiers string
	Date      Day     // of service; zero or NoDay = today
	Units     Decimal // zero = how many could be given
	Unit      string
}

// Answer to a Question.
type Answer struct {
	Verdict    CheckVerdict
	Reason     string  // one plain sentence
	ReasonCode Verdict // the law's word behind it: matched, over_cap, exhausted, not_enrolled ...
	Date       Day     // the date of service that was asked about
	Units      int64   // units that could be given on that date, all authorizations together
	Needed     int64   // units asked for, in the authorization's unit; 0 when none were stated
	SameAs     string  // id of a known line with the same service, units and date: without an own visit id or start time a second one would be its duplicate
	Auths      []Standing
}

// CheckVerdict is the short answer.
type CheckVerdict string

// The short answers: all units asked (or any, when none were stated), some, none.
const (
	CheckYes    CheckVerdict = "yes"
	CheckPartly CheckVerdict = "partly"
	CheckNo     CheckVerdict = "no"
)

// Check settles the case as of today and asks what one more line, appended after
// every known one, would get on its date.
func (s *Settler) Check(c *Case, q Question, today Day) Answer {
	if q.Date == 0 || q.Date == NoDay {
		q.Date = today
	}
	if q.Auth.ID != "" && q.Code == "" {
		return s.checkAuth(c, q, today)
	}
	s.Settle(c, today)
	r := &row{line: &Line{Partner: q.Auth.Partner, Auth: q.Auth.ID, Provider: q.Provider, Code: q.Code, Modifiers: q.Modifiers,
		Date: q.Date, Units: q.Units, Unit: q.Unit}, anyProvider: q.Provider == ""}
	counted := q.Units.Coef != 0
	if !counted {
		r.line.Units, r.line.Unit = Whole(1), ""
	}
	v := &LineVerdict{Line: r.line, Units: r.line.Units}
	s.judgeLast(r, v, counted)
	a := s.answer(v, counted)
	a.SameAs = s.sameAs(r, counted)
	return a
}

// judgeLast is judge for a line after all others; it gives nothing away. Units
// that were not counted stand for as many as there are.
func (s *Settler) judgeLast(r *row, v *LineVerdict, counted bool) {
	s.pos = len(s.order)
	s.today.reset()
	s.turnTo(r.line.Date)
	fit := s.measure(r)
	switch {
	case fit == InvalidLine:
		v.Verdict = InvalidLine
	case fit == UnknownUnit:
		v.Verdict, v.because.auth = UnknownUnit, s.grants[s.usable[0]].auth
	case !s.today.enrolled():
		v.Verdict = NotEnrolled
	case len(s.usable) > 0:
		s.offer(r, v, counted)
	default:
		s.nearest(r, v)
	}
}

// offer is give without giving: how much could each authorization give?
func (s *Settler) offer(r *row, v *LineVerdict, counted bool) {
	need := r.need
	if !counted {
		need = math.MaxInt64
	}
	v.Needed = need
	taken := make([]int64, len(s.bridges)+1)
	for _, i := range s.usable {
		g := &s.grants[i]
		left, could := s.offerOf(g, taken)
		n := min(need, could)
		taken[g.bridge] += n
		need -= n
		v.Matched += n
		if need > 0 && left > n && v.because.auth == nil {
			v.Verdict, v.because.auth = OverCap, g.auth
		}
	}
	switch {
	case need == 0 || !counted && v.Matched > 0:
		v.Verdict = Matched
	case v.Verdict == "":
		v.Verdict, v.because.auth = Exhausted, s.grants[s.usable[len(s.usable)-1]].auth
	}
}

// offerOf is what a grant has left, and how much of it its cap lets it give on the
// date of the question; taken is what the grants before it would give of each
// bridge.
func (s *Settler) offerOf(g *grant, taken []int64) (left, could int64) {
	left = s.remaining(g)
	could = s.standing(g.auth, left).CapLeft
	if g.auth.Continuation() {
		left, could = left-taken[g.bridge], could-taken[g.bridge]
	}
	return left, max(min(left, could), 0)
}

// answer words what the line would get.
func (s *Settler) answer(v *LineVerdict, counted bool) Answer {
	a := Answer{Verdict: CheckNo, ReasonCode: v.Verdict, Date: v.Line.Date}
	switch v.Verdict {
	case Matched, OverCap, Exhausted:
		taken := make([]int64, len(s.bridges)+1)
		for _, i := range s.usable {
			g := &s.grants[i]
			_, could := s.offerOf(g, taken)
			taken[g.bridge] = addCapped(taken[g.bridge], could)
			a.Auths = append(a.Auths, s.standing(g.auth, s.remaining(g)))
			a.Units = addCapped(a.Units, could)
		}
		if counted {
			a.Needed = v.Needed
		}
		a.Verdict, a.Reason = offerWords(v, a.Units, counted)
		a.Reason += s.continuedWords()
	default:
		a.Reason = v.Reason()
		if near := v.because.auth; near != nil {
			i := slices.IndexFunc(s.grants, func(g grant) bool { return g.auth == near })
			a.Auths = append(a.Auths, s.standing(s.grants[i].auth, s.remaining(&s.grants[i])))
		}
	}
	return a
}

func offerWords(v *LineVerdict, could int64, counted bool) (CheckVerdict, string) {
	on := v.Line.Date
	short := ""
	if b := v.because.auth; b != nil && v.Verdict == OverCap {
		short = fmt.Sprintf("authorization %s has units left, but its cap of %d per %s is reached", b.ID, b.CapUnits, b.CapPeriod)
	} else if b != nil && v.Verdict == Exhausted {
		short = fmt.Sprintf("authorization %s has no more units", b.ID)
	}
	switch {
	case v.Verdict == Matched && !counted:
		return CheckYes, fmt.Sprintf("%d units could be given on %s.", could, on)
	case v.Verdict == Matched:
		return CheckYes, fmt.Sprintf("All %d units could be given on %s; %d are left there.", v.Needed, on, could)
	case v.Matched > 0:
		return CheckPartly, fmt.Sprintf("%d of %d units could be given on %s: %s.", v.Matched, v.Needed, on, short)
	}
	return CheckNo, fmt.Sprintf("No unit could be given on %s: %s.", on, short)
}

// sameAs finds a known line that the asked one would repeat.
func (s *Settler) sameAs(r *row, counted bool) string {
	if !counted || r.line.Provider == "" {
		return ""
	}
	for pos := range s.order {
		k := &s.rows[s.at(pos)]
		if k.line.Date == r.line.Date && k.amount == r.amount && k.line.Code == r.line.Code && k.line.Provider == r.line.Provider && k.mods == r.mods {
			return k.line.ID
		}
	}
	return ""
}
