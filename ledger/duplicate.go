package ledger

import (
	"cmp"
	"hash/maphash"
	"slices"
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
// to it. Lines are sorted by a hash of the visit id; within one hash the ids
// themselves are compared.
func (s *Settler) pickVisits() {
	s.visits = s.visits[:0]
	for pos := range s.order {
		if visit := s.rows[s.at(pos)].line.VisitID; visit != "" {
			s.visits = append(s.visits, maphash.String(visitSeed, visit)<<placeBits|uint64(pos))
		}
	}
	slices.Sort(s.visits)
	s.today.reset()
	for from := 0; from < len(s.visits); {
		to := from + 1
		for to < len(s.visits) && s.visits[to]>>placeBits == s.visits[from]>>placeBits {
			to++
		}
		s.settleVisits(s.visits[from:to])
		from = to
	}
}

// The low bits of a visit's key hold the place of its line in the order; a child
// has fewer lines than that.
const placeBits = 28

var visitSeed = maphash.MakeSeed()

// settleVisits takes the lines of one hash, nearly always one visit, in order.
func (s *Settler) settleVisits(run []uint64) {
	row := func(key uint64) int { return s.at(int(key & (1<<placeBits - 1))) }
	for len(run) > 1 {
		visit, best := s.rows[row(run[0])].line.VisitID, -1
		for _, k := range run {
			if i := row(k); s.rows[i].line.VisitID == visit && (best < 0 || s.precedence(i) < s.precedence(best)) {
				best = i
			}
		}
		rest := run[:0]
		for _, k := range run {
			if i := row(k); s.rows[i].line.VisitID != visit {
				rest = append(rest, k)
			} else if i != best {
				s.rows[i].rival = s.rows[best].line
			}
		}
		run = rest
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
