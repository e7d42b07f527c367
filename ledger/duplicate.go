package ledger

import (
	"cmp"
	"strings"
)

// Rule 1 has two sentences.
//
// The first compares a line with the earlier ones of its date. Two lines that
// both carry a visit id never meet here: different ids are excused by the rule,
// and for equal ones the second sentence decides.
//
// The second makes the lines of one visit id one service, whatever their dates,
// partners and verdicts: the source first in the precedence of the payer on the
// line's date counts, among equal sources the earlier line, and the others are
// duplicates even where their ids are smaller. A visit id is that of the member:
// the claim and the visit log of one service come from different partners.

// defaultSources is the precedence where the payer has none of its own.
var defaultSources = []string{"claim", "encounter", "visit log"}

// duplicate says whether rule 1 fits, and remembers of which line.
func (s *Settler) duplicate(r *row, v *LineVerdict) bool {
	if r.rival != nil {
		v.because = because{line: r.rival, visit: true}
		return true
	}
	for p := s.dayPos; p < s.pos; p++ {
		if twin := &s.rows[s.at(p)]; sameService(twin, r) && s.sameOrder(twin, r) {
			v.because.line = twin.line
			return true
		}
	}
	return false
}

// sameService is the first sentence, for two lines of one date.
func sameService(a, b *row) bool {
	x, y := a.line, b.line
	return a.amount == b.amount && x.Code == y.Code && x.Provider == y.Provider && a.mods == b.mods &&
		(x.VisitID == "" || y.VisitID == "") && (x.StartTime == "" || y.StartTime == "" || x.StartTime == y.StartTime)
}

// sameOrder compares modifiers as sequences where the payer wants the order.
func (s *Settler) sameOrder(a, b *row) bool {
	if len(s.rules.Payers) == 0 || a.mods == "" {
		return true
	}
	rule := s.rules.payer(s.today.payer, s.today.day)
	return rule == nil || !rule.OrderedModifiers || orderedModifiers(a.line.Modifiers) == orderedModifiers(b.line.Modifiers)
}

// pickVisits finds for every visit the line that counts and points the others
// to it.
func (s *Settler) pickVisits() {
	clear(s.visits)
	shared := false
	s.today.reset()
	for s.pos = range s.order {
		i := s.at(s.pos)
		visit := s.rows[i].line.VisitID
		if visit == "" {
			continue
		}
		best, seen := s.visits[visit]
		shared = shared || seen
		if !seen || s.precedence(i) < s.precedence(int(best)) {
			s.visits[visit] = int32(i)
		}
	}
	for pos := 0; shared && pos < len(s.order); pos++ {
		r := &s.rows[s.at(pos)]
		if r.line.VisitID == "" {
			continue
		}
		if best := s.rows[s.visits[r.line.VisitID]].line; best != r.line {
			r.rival = best
		}
	}
}

// precedence is the place of the line's source with the payer on its date;
// sources that the payer does not name come last.
func (s *Settler) precedence(i int) int {
	l := s.rows[i].line
	sources := defaultSources
	if len(s.rules.Payers) > 0 {
		s.turnTo(l.Date)
		if rule := s.rules.payer(s.today.payer, l.Date); rule != nil && len(rule.Sources) > 0 {
			sources = rule.Sources
		}
	}
	for n, name := range sources {
		if sameSource(name, cmp.Or(l.Source, "claim")) {
			return n
		}
	}
	return len(sources)
}

// sameSource compares source words: case, '_' and '-' do not matter.
func sameSource(a, b string) bool {
	return a == b || strings.EqualFold(sourceWords.Replace(a), sourceWords.Replace(b))
}

var sourceWords = strings.NewReplacer("_", " ", "-", " ")
