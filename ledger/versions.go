package ledger

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Which row of a key is in force. A later received row of the same key replaces
// the earlier one. "Later" is a strict order of the data: a received time that
// is not stated comes before every stated one, then the order of arrival (Seq),
// then the content, so that even two rows that claim the same arrival give one
// answer in any order.
func later[T any](ra, rb Stamp, sa, sb int64, a, b *T) int {
	if n := cmp.Or(cmp.Compare(ra, rb), cmp.Compare(sa, sb)); n != 0 {
		return n
	}
	return strings.Compare(fmt.Sprint(*a), fmt.Sprint(*b))
}

// lineRef is a line with the first bytes of its id behind the prefix that all
// ids of the case share: most comparisons end there.
type lineRef struct {
	head uint64
	line *Line
}

// pickLines keeps the row in force of each line key, ordered by (id, partner).
// The as-of date has no say here: a line received later is judged like any other.
func (s *Settler) pickLines(lines []Line) {
	s.refs, s.rows = s.refs[:0], s.rows[:0]
	skip := commonPrefix(lines)
	for i := range lines {
		s.refs = append(s.refs, lineRef{head(lines[i].ID[skip:]), &lines[i]})
	}
	slices.SortFunc(s.refs, func(a, b lineRef) int {
		if a.head != b.head {
			return cmp.Compare(a.head, b.head)
		}
		return compareLines(a.line, b.line)
	})
	for i, r := range s.refs {
		if i+1 < len(s.refs) && r.head == s.refs[i+1].head && sameLineKey(r.line, s.refs[i+1].line) {
			continue
		}
		s.rows = append(s.rows, row{line: r.line})
	}
}

func compareLines(a, b *Line) int {
	if n := strings.Compare(a.ID, b.ID); n != 0 {
		return n
	}
	if n := strings.Compare(a.Partner, b.Partner); n != 0 {
		return n
	}
	return later(a.Received, b.Received, a.Seq, b.Seq, a, b)
}

func sameLineKey(a, b *Line) bool { return a.ID == b.ID && a.Partner == b.Partner }

func commonPrefix(lines []Line) int {
	if len(lines) == 0 {
		return 0
	}
	first := lines[0].ID
	n := len(first)
	for i := 1; i < len(lines) && n > 0; i++ {
		id := lines[i].ID
		n = min(n, len(id))
		for id[:n] != first[:n] {
			n--
		}
	}
	return n
}

// head is the first eight bytes, big-endian: it orders as the text does.
func head(s string) uint64 {
	if len(s) >= 8 {
		return uint64(s[7]) | uint64(s[6])<<8 | uint64(s[5])<<16 | uint64(s[4])<<24 |
			uint64(s[3])<<32 | uint64(s[2])<<40 | uint64(s[1])<<48 | uint64(s[0])<<56
	}
	var n uint64
	for i := range len(s) {
		n |= uint64(s[i]) << (56 - 8*i)
	}
	return n
}

// pickSpans keeps the span in force of each (payer, program, start), without
// the retracted ones. Spans belong to the member, whichever partner sent them.
func (s *Settler) pickSpans(spans []Span) {
	s.spans = s.spans[:0]
	for i := range spans {
		s.spans = append(s.spans, &spans[i])
	}
	if len(s.spans) > 1 {
		slices.SortFunc(s.spans, compareSpans)
	}
	kept := s.spans[:0]
	for i, sp := range s.spans {
		if i+1 < len(s.spans) && sameSpanKey(sp, s.spans[i+1]) || sp.End < sp.Start {
			continue
		}
		kept = append(kept, sp)
	}
	s.spans = kept
}

func compareSpans(a, b *Span) int {
	if n := cmp.Or(cmp.Compare(a.Start, b.Start), strings.Compare(a.Payer, b.Payer), strings.Compare(a.Program, b.Program)); n != 0 {
		return n
	}
	return later(a.Received, b.Received, a.Seq, b.Seq, a, b)
}

func sameSpanKey(a, b *Span) bool {
	return a.Start == b.Start && a.Payer == b.Payer && a.Program == b.Program
}

// pickAuths keeps of each authorization the version in force on the as-of date:
// the latest of those known by the end of that date. One of which nothing was
// known by then does not exist yet.
func (s *Settler) pickAuths(auths []Auth) {
	s.versions, s.result.Uses = s.versions[:0], s.result.Uses[:0]
	for i := range auths {
		if !s.receivedAfter(auths[i].Received, auths[i].Payer) {
			s.versions = append(s.versions, &auths[i])
		}
	}
	if len(s.versions) > 1 {
		slices.SortFunc(s.versions, compareAuths)
	}
	for i, a := range s.versions {
		if i+1 < len(s.versions) && a.ID == s.versions[i+1].ID && a.Partner == s.versions[i+1].Partner || a.Foreign {
			continue
		}
		s.result.Uses = append(s.result.Uses, Use{Auth: a, Last: NoDay})
	}
	s.continueAuths()
}

func compareAuths(a, b *Auth) int {
	if n := cmp.Or(strings.Compare(a.ID, b.ID), strings.Compare(a.Partner, b.Partner)); n != 0 {
		return n
	}
	return later(a.Received, b.Received, a.Seq, b.Seq, a, b)
}

// receivedAfter says whether an instant falls on a date after the as-of date in
// the payer's zone, or else the program's. Not stated is never after.
func (s *Settler) receivedAfter(t Stamp, payer string) bool {
	if t == 0 {
		return false
	}
	if zone := s.zoneOf(payer); zone != s.zone {
		return t.Day(zone) > s.asOf
	}
	if t < s.dusk || t >= s.dawn {
		return t >= s.dawn
	}
	return t.Day(s.zone) > s.asOf
}

// setAsOf fixes the date and the instants around its end: before dusk every
// instant is on or before it, from dawn on every instant is after it, in any
// zone of the world, so only those between need the zone's own calendar.
func (s *Settler) setAsOf(d Day) {
	midnight := Stamp((int64(d) + 1) * 86400 * 1_000_000)
	const widest = Stamp(30 * time.Hour / time.Microsecond)
	s.asOf, s.dusk, s.dawn = d, midnight-widest, midnight+widest
}

// zoneOf is the zone in which a payer's dates are read: its own on the as-of date,
// or else the program's.
func (s *Settler) zoneOf(payer string) *time.Location {
	if payer != "" && len(s.rules.Payers) > 0 {
		if p := s.rules.payer(payer, s.asOf); p != nil && p.Zone != nil {
			return p.Zone
		}
	}
	return s.zone
}
