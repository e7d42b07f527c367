package ledger

import (
	"cmp"
	"math"
	"time"
)

// capLeft is what the authorization's cap still allows in the window of the
// current date: everything where it has none. A period without CapUnits is a
// cap of nothing; a loader leaves the period empty where no number came.
func (s *Settler) capLeft(g *grant) int64 {
	start, ok := s.windowStart(g.auth)
	if !ok {
		return math.MaxInt64
	}
	if g.auth.Continuation() {
		return max(g.auth.CapUnits-s.givenSince(g, start)-s.givenNow(g), 0)
	}
	if g.winStart != start {
		g.winStart, g.given = start, 0
		if s.result.Uses[g.use].Last >= start {
			g.given = s.givenSince(g, start)
		}
	}
	return max(g.auth.CapUnits-g.given, 0)
}

// givenSince counts what the grant gave to earlier lines from a date on. Windows
// follow each other, so it is needed only where a payer's week start changes, and for continuations.
func (s *Settler) givenSince(g *grant, start Day) int64 {
	var sum int64
	for p := s.pos - 1; p >= 0; p-- {
		v := &s.result.Lines[s.at(p)]
		if v.Line.Date < start {
			break
		}
		for _, sp := range v.Splits {
			if s.capCounts(g.auth, sp.Auth) {
				sum += sp.Units
			}
		}
	}
	return sum
}

// givenNow counts what the authorization that a continuation keeps alive, and its
// other continuations, have given to the current line already.
func (s *Settler) givenNow(g *grant) (sum int64) {
	for _, sp := range s.splits[s.giving:] {
		if s.capCounts(g.auth, sp.Auth) {
			sum += sp.Units
		}
	}
	return sum
}

// windowStart is the first date of the cap's window that holds the current
// date; false where the authorization has no cap.
func (s *Settler) windowStart(a *Auth) (Day, bool) {
	switch a.CapPeriod {
	case CapDay:
		return s.today.day, true
	case CapWeek:
		return s.weekStart(a), true
	case CapMonth:
		return s.monthStart(), true
	}
	return 0, false
}

// weekStart is the Monday on or before the current date, or the weekday on which
// the weeks of the authorization's payer start (of the enrollment's, where the
// authorization names none).
func (s *Settler) weekStart(a *Auth) Day {
	first := time.Monday
	if len(s.rules.Payers) > 0 {
		if rule := s.rules.payer(cmp.Or(a.Payer, s.today.payer), s.today.day); rule != nil {
			first, _ = weekday(rule.WeekStart)
		}
	}
	return s.today.day - Day(((int(s.today.day)+4-int(first))%7+7)%7) // 1970-01-01 was a Thursday
}

func (s *Settler) monthStart() Day {
	t := &s.today
	if t.month == NoDay {
		t.month = t.day - Day(t.day.Time().Day()-1)
	}
	return t.month
}
