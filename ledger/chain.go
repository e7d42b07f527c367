package ledger

import (
	"cmp"
	"slices"
	"strings"
)

// The final state of a claim line. Rows of one partner joined by Replaces are
// one chain and its last row by (received time, id) decides: a void leaves none,
// anything else alone goes through the law. Replaces names a line id, or where
// no line has that id, a claim id and so all its lines.
//
// A row whose original is unknown (nothing has that id, or it names only itself,
// or it is a replacement or void that names nothing) is unknown_original
// whatever else its chain holds, because it will be judged again when the
// original comes; it still counts in its chain's order, so that the arrival of
// the original changes the verdict of no other row.

// resolveChains gives the verdicts of step 1, then drops the rows of others.
func (s *Settler) resolveChains() {
	chained, foreign := false, false
	for i := range s.rows {
		l := s.rows[i].line
		chained = chained || l.Replaces != "" || l.Frequency == 7 || l.Frequency == 8
		foreign = foreign || l.Foreign
	}
	if chained {
		s.joinChains()
		s.decideChains()
	}
	if foreign {
		s.rows = slices.DeleteFunc(s.rows, func(r row) bool { return r.line.Foreign })
	}
}

// joinChains is union-find over the rows: parent[i] leads to the chain's root.
func (s *Settler) joinChains() {
	s.parent, s.claims = s.parent[:0], s.claims[:0]
	for i := range s.rows {
		s.parent = append(s.parent, int32(i))
	}
	for i := range s.rows {
		l := s.rows[i].line
		if l.Replaces == "" {
			s.rows[i].orphan = l.Frequency == 7 || l.Frequency == 8
			continue
		}
		s.rows[i].orphan = !s.joinOriginals(int32(i))
	}
}

// sortClaims orders the rows by claim, when first a row names one.
func (s *Settler) sortClaims() {
	for i := range s.rows {
		s.claims = append(s.claims, int32(i))
	}
	slices.SortFunc(s.claims, func(a, b int32) int {
		return cmp.Or(compareClaim(s.rows[a].line, s.rows[b].line.Partner, s.rows[b].line.ClaimID), cmp.Compare(a, b))
	})
}

// joinOriginals joins row i to what it names; false when that is no other row.
func (s *Settler) joinOriginals(i int32) bool {
	l := s.rows[i].line
	at, found := slices.BinarySearchFunc(s.rows, l, func(r row, l *Line) int {
		return cmp.Or(strings.Compare(r.line.ID, l.Replaces), strings.Compare(r.line.Partner, l.Partner))
	})
	if found {
		return s.join(i, int32(at))
	}
	if len(s.claims) == 0 {
		s.sortClaims()
	}
	at, _ = slices.BinarySearchFunc(s.claims, l, func(c int32, l *Line) int {
		return compareClaim(s.rows[c].line, l.Partner, l.Replaces)
	})
	known := false
	for ; at < len(s.claims) && compareClaim(s.rows[s.claims[at]].line, l.Partner, l.Replaces) == 0; at++ {
		known = s.join(i, s.claims[at]) || known
	}
	return known
}

func compareClaim(l *Line, partner, claim string) int {
	if n := strings.Compare(l.ClaimID, claim); n != 0 {
		return n
	}
	return strings.Compare(l.Partner, partner)
}

// join makes one chain of two; false when both are the same row.
func (s *Settler) join(i, j int32) bool {
	if i == j {
		return false
	}
	s.parent[s.root(i)] = s.root(j)
	return true
}

func (s *Settler) root(i int32) int32 {
	for s.parent[i] != i {
		s.parent[i] = s.parent[s.parent[i]]
		i = s.parent[i]
	}
	return i
}

// decideChains finds the last row of each chain and lets it decide.
func (s *Settler) decideChains() {
	s.last = s.last[:0]
	for range s.rows {
		s.last = append(s.last, -1)
	}
	for i := range s.rows {
		root := s.root(int32(i))
		if d := s.last[root]; d < 0 || s.decidesOver(int32(i), d) {
			s.last[root] = int32(i)
		}
	}
	for i := range s.rows {
		s.decideRow(int32(i), s.last[s.root(int32(i))])
	}
}

// decidesOver orders two rows of one chain: rows are in order of id already.
func (s *Settler) decidesOver(i, j int32) bool {
	ri, rj := s.rows[i].line.Received, s.rows[j].line.Received
	return ri > rj || ri == rj && i > j
}

func (s *Settler) decideRow(i, decider int32) {
	r, last := &s.rows[i], s.rows[decider].line
	r.because.line = last
	switch {
	case r.orphan:
		r.verdict = UnknownOriginal
	case r.line.Frequency == 8:
		r.verdict = Void
	case i == decider:
		r.because.line = nil
	case last.Frequency == 8:
		r.verdict = Voided
	default:
		r.verdict = Replaced
	}
}
