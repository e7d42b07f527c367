package x12

import "strings"

// Segment is one segment as it was read. Elements are counted from 1, as the
// standard writes them: Elem(1) of NM1*IL*1 is "IL" (NM101).
type Segment struct {
	Pos  int    // place in its transaction, ST = 1 (the count of IK302); in ISA, GS, GE and IEA 0
	Cut  bool   // longer than the limit: the text is its beginning only
	text string // without its terminator
	tail string // the terminator and the blanks after it
	d    Delimiters
}

// Raw is the segment byte for byte, with what stood after it.
func (s Segment) Raw() string { return s.text + s.tail }

// kept is the segment with a text of its own: it does not hold on to the chunk
// that it was read in.
func (s Segment) kept() Segment {
	s.text, s.tail = strings.Clone(s.text), strings.Clone(s.tail)
	return s
}

// Delimiters are those of its interchange.
func (s Segment) Delimiters() Delimiters { return s.d }

// Zero says that there is no such segment.
func (s Segment) Zero() bool { return s.text == "" }

// ID is the name of the segment: "NM1".
func (s Segment) ID() string {
	if end := strings.IndexByte(s.text, s.d.Element); end >= 0 {
		return s.text[:end]
	}
	return s.text
}

// Is says whether the segment has that name, and, when given, one of these
// values in its first element: Is("NM1", "1P", "FA").
func (s Segment) Is(id string, first ...string) bool {
	if s.ID() != id {
		return false
	}
	if len(first) == 0 {
		return true
	}
	have := s.Elem(1)
	for _, f := range first {
		if have == f {
			return true
		}
	}
	return false
}

// Count is the number of elements.
func (s Segment) Count() int { return strings.Count(s.text, string(s.d.Element)) }

// raw is element n as it stands.
func (s Segment) raw(n int) string {
	return field(s.text, s.d.Element, n+1)
}

// Elem is element n without trailing blanks (they mean nothing), "" when absent.
func (s Segment) Elem(n int) string { return strings.TrimRight(s.raw(n), " ") }

// Comp is component c of element n: Comp(1, 2) of SV1*HC:H2021 is "H2021". An
// element with one component is that component.
func (s Segment) Comp(n, c int) string { return s.Part(s.raw(n), c) }

// Part is component c of one repetition of an element.
func (s Segment) Part(repetition string, c int) string {
	return strings.TrimRight(field(repetition, s.d.Component, c), " ")
}

// Reps are the repetitions of element n, none when it is empty.
func (s Segment) Reps(n int) []string {
	e := s.Elem(n)
	if e == "" {
		return nil
	}
	if s.d.Repetition == 0 {
		return []string{e}
	}
	return strings.Split(e, string(s.d.Repetition))
}

// Place names element n, component c of this segment (0 = the whole).
func (s Segment) Place(n, c int) Place {
	return Place{Segment: s.ID(), Position: s.Pos, Element: n, Component: c}
}

// field is part n (from 1) of a text that is cut at sep; no allocation.
func field(text string, sep byte, n int) string {
	for ; n > 1; n-- {
		at := strings.IndexByte(text, sep)
		if at < 0 {
			return ""
		}
		text = text[at+1:]
	}
	if at := strings.IndexByte(text, sep); at >= 0 {
		return text[:at]
	}
	return text
}
