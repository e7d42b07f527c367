package x12

import (
	"strconv"
	"strings"
)

// Version999 is the implementation of the 999 that we write.
const Version999 = "005010X231A1"

// Ack is what a 999 says of one functional group (AK1, AK9).
type Ack struct {
	Functional, Control, Version string // AK101, AK102 = GS06, AK103 = GS08
	Code                         string // AK901: A, E, P, R
	Included, Received, Accepted int    // AK902 to AK904
	Codes                        []string
	Sets                         []SetAck
}

// SetAck is what a 999 says of one transaction (AK2, IK5).
type SetAck struct {
	ID, Control, Version string
	Code                 string   // IK501: A, E, R and others
	Codes                []string // IK502
	Issues               Issues
}

// Accepted says whether the transaction went in: A, or E (accepted, errors noted).
func (s SetAck) Accepted() bool { return s.Code == "A" || s.Code == "E" }

// Ack is our answer to a group after its units were settled: a transaction is
// rejected when it is broken or none of its units went in, and accepted with
// errors when some did not.
func (g *Group) Ack() Ack {
	a := Ack{Functional: g.Functional, Control: g.Control, Version: g.Version, Codes: g.Codes, Included: len(g.Sets), Received: len(g.Sets)}
	partly := false
	for _, s := range g.Sets {
		sa := SetAck{ID: s.ID, Control: s.Control, Version: s.Version, Code: "A", Codes: s.Codes, Issues: s.Issues}
		switch {
		case g.Refused(), s.Broken() && s.Given == 0, s.Refused > 0 && s.Refused == s.Given:
			sa.Code = "R"
		case s.Broken(), s.Refused > 0:
			sa.Code, partly = "E", true
		}
		if len(s.Issues) > 0 {
			sa.Codes = append(append([]string(nil), s.Codes...), SetSegments)
		}
		if sa.Accepted() {
			a.Accepted++
		}
		a.Sets = append(a.Sets, sa)
	}
	switch {
	case g.Refused() || a.Accepted == 0:
		a.Code = "R"
	case a.Accepted < len(g.Sets):
		a.Code = "P"
	case partly:
		a.Code = "E"
	default:
		a.Code = "A"
	}
	return a
}

// Write writes the 999 as ST..SE with control number st02.
func (a Ack) Write(st02 string) []byte {
	w := NewWriter()
	w.Set("999", st02, Version999, func(w *Writer) {
		w.Segment("AK1", a.Functional, a.Control, a.Version)
		for _, s := range a.Sets {
			s.write(w)
		}
		w.Segment("AK9", append([]string{a.Code, strconv.Itoa(a.Included), strconv.Itoa(a.Received), strconv.Itoa(a.Accepted)}, a.Codes[:min(len(a.Codes), 5)]...)...)
	})
	return w.Bytes()
}

func (s SetAck) write(w *Writer) {
	w.Segment("AK2", s.ID, s.Control, s.Version)
	last := ""
	for _, i := range s.Issues {
		p := i.Place
		head := strconv.Itoa(p.Position) + p.Segment
		code := i.Code
		if i.Level == AtElement {
			code = SegmentElements
		}
		if head != last || i.Level == AtSegment {
			w.Segment("IK3", p.Segment, strconv.Itoa(p.Position), p.Loop, code)
		}
		last = head
		if i.Level == AtElement {
			component := ""
			if p.Component > 0 {
				component = strconv.Itoa(p.Component)
			}
			w.Segment("IK4", Comp(strconv.Itoa(max(p.Element, 1)), component), elementNumber(p), i.Code, i.Bad)
		}
	}
	w.Segment("IK5", append([]string{s.Code}, s.Codes[:min(len(s.Codes), 5)]...)...)
}

// elementNumber is IK402: the data element's own number, when our table has it.
func elementNumber(p Place) string {
	def := strings.Fields(segments[p.Segment])
	if p.Element < 1 || p.Element > len(def) {
		return ""
	}
	ref := strings.TrimSuffix(def[p.Element-1], "!")
	if parts := strings.Fields(composites[ref]); p.Component > 0 && p.Component <= len(parts) {
		ref = strings.TrimSuffix(parts[p.Component-1], "!")
	}
	if ref[0] == 'C' {
		return ""
	}
	return ref
}

// Ack999 reads a 999.
func (t *Transaction) Ack999() (*Ack, Issues) {
	if t.ID() != "999" {
		return nil, Issues{{Level: AtTransaction, Code: SetUnknown, Place: t.Segments[0].Place(1, 0), Found: word(t.ID(), 3), Allowed: "999", Fix: "send a 999"}}
	}
	a := &Ack{}
	for _, s := range t.Body() {
		a.read(s)
	}
	if a.Control == "" || a.Code == "" {
		return nil, Issues{{Level: AtSegment, Code: SegmentMissing, Place: Place{Segment: "AK9", Position: len(t.Segments)}, Found: "no whole AK1 and AK9", Allowed: "one of each", Fix: "send the 999 whole"}}
	}
	return a, nil
}

func (a *Ack) read(s Segment) {
	var set *SetAck
	if len(a.Sets) > 0 {
		set = &a.Sets[len(a.Sets)-1]
	}
	switch id := s.ID(); {
	case id == "AK1":
		a.Functional, a.Control, a.Version = s.Elem(1), s.Elem(2), s.Elem(3)
	case id == "AK2":
		a.Sets = append(a.Sets, SetAck{ID: s.Elem(1), Control: s.Elem(2), Version: s.Elem(3)})
	case id == "AK9":
		a.Code, a.Included, a.Received, a.Accepted = s.Elem(1), number(s.Elem(2)), number(s.Elem(3)), number(s.Elem(4))
		a.Codes = filled(s, 5)
	case set == nil:
	case id == "IK3":
		set.Issues = append(set.Issues, Issue{Level: AtSegment, Code: s.Elem(4), Place: Place{Segment: s.Elem(1), Position: number(s.Elem(2)), Loop: s.Elem(3)}})
	case id == "IK4" && len(set.Issues) > 0:
		p := set.Issues[len(set.Issues)-1].Place
		p.Element, p.Component = number(s.Comp(1, 1)), number(s.Comp(1, 2))
		i := Issue{Level: AtElement, Code: s.Elem(3), Bad: s.Elem(4), Place: p}
		if last := &set.Issues[len(set.Issues)-1]; last.Level == AtSegment && last.Code == SegmentElements {
			*last = i
			return
		}
		set.Issues = append(set.Issues, i)
	case id == "IK5":
		set.Code, set.Codes = s.Elem(1), filled(s, 2)
	}
}

func filled(s Segment, from int) []string {
	var out []string
	for n := from; n <= s.Count(); n++ {
		if v := s.Elem(n); v != "" {
			out = append(out, v)
		}
	}
	return out
}

func number(s string) int {
	n, err := strconv.Atoi(s)
	if err != nil {
		return 0
	}
	return n
}
