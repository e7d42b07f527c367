package x12

import (
	"errors"
	"io"
	"strconv"
)

// Transaction is one ST..SE with the ISA and GS it came in: a text of its own
// that can be mapped without the file around it.
type Transaction struct {
	ISA, GS  Segment
	Segments []Segment // ST to SE
}

// Parse reads the text of one transaction: ISA, GS, ST..SE; a GE and IEA after
// it may be there or not. Issues say why the text is none.
func Parse(text []byte) (*Transaction, Issues) {
	s := &Scanner{limits: Limits{}.filled(), text: string(text), eof: true}
	t := &Transaction{}
	for {
		seg, err := s.Next()
		if errors.Is(err, io.EOF) {
			return t.whole()
		}
		if err != nil {
			return nil, Issues{{Level: AtGroup, Code: GroupControl, Place: Place{Segment: "ISA"}, Found: err.Error(), Allowed: "ISA, GS, ST to SE", Fix: "send a whole interchange"}}
		}
		if issue := t.add(seg); issue != nil {
			return nil, Issues{*issue}
		}
	}
}

// add takes the next segment where it belongs.
func (t *Transaction) add(seg Segment) *Issue {
	open := len(t.Segments) > 0 && !t.last().Is("SE")
	switch id := seg.ID(); {
	case seg.Cut:
		return &Issue{Level: AtSegment, Code: SegmentElements, Place: seg.Place(0, 0), Found: "a segment that is too long", Allowed: "segments of at most 64 KB", Fix: "look for a missing terminator"}
	case id == "ISA" && t.ISA.Zero():
		t.ISA = seg
	case id == "GS" && t.GS.Zero() && !t.ISA.Zero():
		t.GS = seg
	case id == "ST" && len(t.Segments) == 0 && !t.GS.Zero(), open && id != "ISA" && id != "GS" && id != "ST":
		t.Segments = append(t.Segments, seg)
	case (id == "GE" || id == "IEA") && !open && len(t.Segments) > 0:
	default:
		return &Issue{Level: AtTransaction, Code: SetTrailer, Place: seg.Place(0, 0), Found: "a " + word(id, 3) + " where none belongs", Allowed: "one ISA, one GS, one transaction from ST to SE", Fix: "send each transaction as a message of its own"}
	}
	return nil
}

// whole checks what the trailer says.
func (t *Transaction) whole() (*Transaction, Issues) {
	if len(t.Segments) == 0 || !t.last().Is("SE") {
		return nil, Issues{{Level: AtTransaction, Code: SetTrailer, Place: Place{Segment: "SE", Position: len(t.Segments) + 1}, Found: "no whole transaction", Allowed: "ISA, GS, ST to SE", Fix: "send it whole"}}
	}
	if issues := trailer(t.Segments[0].Elem(2), t.last(), len(t.Segments)); issues != nil {
		return nil, issues
	}
	return t, nil
}

// trailer compares an SE with the control number of its ST and the count of segments.
func trailer(st02 string, se Segment, count int) Issues {
	var issues Issues
	if n, err := strconv.Atoi(se.Elem(1)); err != nil || n != count {
		issues = append(issues, Issue{Level: AtTransaction, Code: SetCount, Place: se.Place(1, 0), Found: "a count of " + word(se.Elem(1), 10), Allowed: strconv.Itoa(count) + ", as many segments as there are from ST to SE", Fix: "count again, or look for lost segments"})
	}
	if se.Elem(2) != st02 {
		issues = append(issues, Issue{Level: AtTransaction, Code: SetControl, Place: se.Place(2, 0), Found: "the control number " + word(se.Elem(2), 9), Allowed: "that of ST02", Fix: "write the number of the ST"})
	}
	return issues
}

func (t *Transaction) last() Segment { return t.Segments[len(t.Segments)-1] }

// ID is ST01: "278".
func (t *Transaction) ID() string { return t.Segments[0].Elem(1) }

// Version is ST03, or GS08 when that is empty.
func (t *Transaction) Version() string {
	if v := t.Segments[0].Elem(3); v != "" {
		return v
	}
	return t.GS.Elem(8)
}

// Text is the transaction byte for byte, with its ISA and GS before it.
func (t *Transaction) Text() []byte {
	return textOf(t.ISA, t.GS, t.Segments)
}

func textOf(isa, gs Segment, segments []Segment) []byte {
	n := len(isa.text) + len(isa.tail) + len(gs.text) + len(gs.tail)
	for _, s := range segments {
		n += len(s.text) + len(s.tail)
	}
	out := make([]byte, 0, n)
	for _, s := range []Segment{isa, gs} {
		out = append(append(out, s.text...), s.tail...)
	}
	for _, s := range segments {
		out = append(append(out, s.text...), s.tail...)
	}
	return out
}

// Body are the segments between ST and SE.
func (t *Transaction) Body() []Segment { return t.Segments[1 : len(t.Segments)-1] }

// Header are the segments before the first HL.
func (t *Transaction) Header() []Segment {
	for i, s := range t.Body() {
		if s.Is("HL") {
			return t.Body()[:i]
		}
	}
	return t.Body()
}

// Loop is one HL with what follows it up to the next.
type Loop struct {
	HL       Segment
	Level    string    // HL03: 20, 21, 22, 23, EV, SS
	Segments []Segment // without the HL
	Children []*Loop
}

// Loops are the outermost HL loops, each with its children. An HL whose parent
// is not there is an issue.
func (t *Transaction) Loops() ([]*Loop, Issues) {
	var roots []*Loop
	var now *Loop
	var issues Issues
	byID := map[string]*Loop{}
	for _, s := range t.Body() {
		if !s.Is("HL") {
			if now != nil {
				now.Segments = append(now.Segments, s)
			}
			continue
		}
		now = &Loop{HL: s, Level: s.Elem(3)}
		parent := byID[s.Elem(2)]
		switch {
		case byID[s.Elem(1)] != nil, s.Elem(2) != "" && parent == nil:
			issues = append(issues, wrongHL(s))
		case parent == nil:
			roots = append(roots, now)
		default:
			parent.Children = append(parent.Children, now)
		}
		byID[s.Elem(1)] = now
	}
	return roots, issues
}

func wrongHL(s Segment) Issue {
	return Issue{Place: s.Place(2, 0), Level: AtElement, Code: ElementCode, Bad: word(s.Elem(2), 12), Found: "the HL " + word(s.Elem(1), 12) + " under " + word(s.Elem(2), 12),
		Allowed: "numbers that rise by one, under an HL that is open", Fix: "number the HL segments from 1 in their order"}
}

// First is the first segment of the loop with that name and, when given, one of
// these values in its first element; the zero Segment when there is none.
func (l *Loop) First(id string, first ...string) Segment {
	return First(l.Segments, id, first...)
}

// First finds a segment in a list, as Loop.First does.
func First(segments []Segment, id string, first ...string) Segment {
	for _, s := range segments {
		if s.Is(id, first...) {
			return s
		}
	}
	return Segment{}
}

// Runs cuts segments into runs that each begin with the named segment; what
// stands before the first is head. Runs(loop, "NM1") are its 2010 loops.
func Runs(segments []Segment, start string) (head []Segment, runs [][]Segment) {
	at := -1
	for i, s := range segments {
		if !s.Is(start) {
			continue
		}
		if at >= 0 {
			runs = append(runs, segments[at:i])
		} else {
			head = segments[:i]
		}
		at = i
	}
	if at < 0 {
		return segments, nil
	}
	return head, append(runs, segments[at:])
}

// word shows a short code as it is and describes anything else.
func word(s string, longest int) string {
	if s == "" {
		return "nothing"
	}
	for i := 0; i < len(s); i++ {
		if !isLetterOrDigit(s[i]) && s[i] != '.' && s[i] != '-' {
			longest = 0
		}
	}
	if len(s) > longest {
		return "text of " + strconv.Itoa(len(s)) + " bytes"
	}
	return strconv.Quote(s)
}
