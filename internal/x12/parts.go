package x12

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// definition is a segment of the tables as it is looked up.
type definition struct {
	elements []part // none: the segment is checked for its signs only
	dated    int    // element that describes the date behind it (X12 1250); 0 = none
}

// part is one element or component of a segment.
type part struct {
	ref       string
	must      bool
	element   element
	composite []part
	codes     []string // none = any
}

func (j *judge) definition(id string) *definition {
	d, ok := j.defs[id]
	if !ok {
		d = &definition{elements: j.parts(id, strings.Fields(segments[id]), 0), dated: map[string]int{"DTP": 2, "DMG": 1}[id]}
		j.defs[strings.Clone(id)] = d
	}
	return d
}

// parts reads the elements of a segment, or the components of its element n.
func (j *judge) parts(id string, refs []string, n int) []part {
	out := make([]part, len(refs))
	for i, ref := range refs {
		p := &out[i]
		p.ref, p.must = strings.CutSuffix(ref, "!")
		p.element = elements[p.ref]
		key := fmt.Sprintf("%s %s%02d", j.id, id, i+1)
		if n > 0 {
			key = fmt.Sprintf("%s %s%02d-%d", j.id, id, n, i+1)
		}
		p.codes = strings.Fields(codes[key])
		if n == 0 {
			p.composite = j.parts(id, strings.Fields(composites[p.ref]), i+1)
		}
	}
	return out
}

// elements checks each element against its segment's table.
func (j *judge) elements(s Segment, id string) {
	d := j.definition(id)
	rest, more := s.text[len(id):], len(s.text) > len(id)
	n := 0
	for ; more; n++ {
		var raw string
		raw, rest, more = next(rest[1:], s.d.Element)
		switch {
		case n < len(d.elements):
			j.element(s, n+1, &d.elements[n], raw)
		case j.signs(s, n+1, raw) && n == len(d.elements) && n > 0:
			j.add(Issue{Place: s.Place(n+1, 0), Code: ElementTooMany, Found: "an element more", Allowed: strconv.Itoa(len(d.elements)) + " at most", Fix: "leave the rest out"})
		}
	}
	for ; n < len(d.elements); n++ {
		if d.elements[n].must {
			j.element(s, n+1, &d.elements[n], "")
		}
	}
	if d.dated > 0 {
		j.date(s, d.dated)
	}
}

// next cuts the next part off; rest begins with the separator where there is more.
func next(text string, sep byte) (part, rest string, more bool) {
	if at := strings.IndexByte(text, sep); at >= 0 {
		return text[:at], text[at:], true
	}
	return text, "", false
}

func (j *judge) element(s Segment, n int, p *part, raw string) {
	if raw == "" {
		if p.must {
			j.add(Issue{Place: s.Place(n, 0), Code: ElementMissing, Found: "nothing", Allowed: "element " + p.ref, Fix: "fill it"})
		}
		return
	}
	if !j.signs(s, n, raw) {
		return
	}
	for more := true; more; {
		one := raw
		if more = false; s.d.Repetition != 0 {
			one, raw, more = next(raw, s.d.Repetition)
		}
		if len(p.composite) > 0 {
			j.composite(s, n, p.composite, one)
		} else if p.ref[0] != 'C' {
			j.value(s, n, 0, p, one)
		}
		raw = strings.TrimPrefix(raw, string(s.d.Repetition))
	}
}

func (j *judge) composite(s Segment, n int, def []part, raw string) {
	c := 0
	for more := true; more; c++ {
		var one string
		if one, raw, more = next(raw, s.d.Component); more {
			raw = raw[1:]
		}
		switch {
		case c >= len(def):
			j.add(Issue{Place: s.Place(n, c+1), Code: ElementTooMany, Found: "a component more", Allowed: strconv.Itoa(len(def)) + " at most", Fix: "leave the rest out"})
			return
		case one != "":
			j.value(s, n, c+1, &def[c], one)
		case def[c].must:
			j.absent(s, n, c+1, &def[c])
		}
	}
	for ; c < len(def); c++ {
		if def[c].must {
			j.absent(s, n, c+1, &def[c])
		}
	}
}

func (j *judge) absent(s Segment, n, c int, p *part) {
	j.add(Issue{Place: s.Place(n, c), Code: ElementMissing, Found: "nothing", Allowed: "element " + p.ref, Fix: "fill it"})
}

// signs refuses control characters and elements beyond the limit.
func (j *judge) signs(s Segment, n int, raw string) bool {
	if len(raw) > j.limits.Element {
		j.add(Issue{Place: s.Place(n, 0), Code: ElementLong, Found: strconv.Itoa(len(raw)) + " bytes", Allowed: "at most " + strconv.Itoa(j.limits.Element), Fix: "look for a missing delimiter"})
		return false
	}
	for i := 0; i < len(raw); i++ {
		if raw[i] < ' ' || raw[i] == 0x7f {
			j.add(Issue{Place: s.Place(n, 0), Code: ElementCharacter, Found: "a control character", Allowed: "printable characters", Fix: "take it out"})
			return false
		}
	}
	return true
}

// value checks type, length and code of one value.
func (j *judge) value(s Segment, n, c int, p *part, raw string) {
	v := strings.TrimRight(raw, " ")
	e := &p.element
	if e.kind == "" || v == "" {
		return
	}
	size := len(v)
	if e.kind == "R" || e.kind == "N0" {
		size = len(v) - strings.Count(v, ".") - strings.Count(v, "-")
	}
	var code, allowed, fix string
	switch {
	case size < e.least:
		code, allowed, fix = ElementShort, strconv.Itoa(e.least)+" characters or more", "write it whole"
	case size > e.most && len(strings.TrimLeft(v, "0")) > e.most:
		code, allowed, fix = ElementLong, strconv.Itoa(e.most)+" characters or fewer", "shorten it"
	case !fits(e.kind, v):
		code, allowed, fix = faults[e.kind], typeWords[e.kind], "write it so"
	case len(p.codes) > 0 && !slices.Contains(p.codes, v):
		code, allowed, fix = ElementCode, strings.Join(p.codes, " "), "use one of these codes"
	default:
		return
	}
	i := Issue{Place: s.Place(n, c), Code: code, Found: word(v, 20), Bad: v, Allowed: allowed, Fix: fix}
	switch {
	case e.kind == "AN", code == ElementLong: // what is too long for a code may be what stood beside it
		i.Found, i.Bad = "text of "+strconv.Itoa(len(v))+" bytes", ""
	case i.Found[0] != '"':
		i.Bad = ""
	}
	j.add(i)
}

// faults and typeWords say what is wrong with a value of a type.
var (
	faults    = map[string]string{"DT": ElementDate, "TM": ElementTime, "R": ElementCharacter, "N0": ElementCharacter, "ID": ElementCharacter}
	typeWords = map[string]string{"DT": "CCYYMMDD", "TM": "HHMM, HHMMSS or HHMMSSDD", "R": "a decimal number", "N0": "a whole number", "ID": "letters and digits"}
)

func fits(kind, v string) bool {
	switch kind {
	case "DT":
		_, ok := Day(v)
		return ok
	case "TM":
		_, ok := Clock(v)
		return ok
	case "R":
		_, ok := Decimal(v)
		return ok
	case "N0":
		return digits(strings.TrimPrefix(v, "-"))
	case "ID":
		for i := 0; i < len(v); i++ {
			if !isLetterOrDigit(v[i]) {
				return false
			}
		}
	}
	return true
}

// date checks the date that the qualifier in element n describes (X12 1250 and 1251).
func (j *judge) date(s Segment, n int) {
	if q := s.Elem(n); q != "D8" && q != "RD8" || s.Elem(n+1) == "" {
		return
	}
	if _, _, ok := s.Period(n); !ok {
		j.add(Issue{Place: s.Place(n+1, 0), Code: ElementDate, Found: "no " + s.Elem(n), Allowed: "D8: CCYYMMDD; RD8: CCYYMMDD-CCYYMMDD, the earlier day first", Fix: "write the date so"})
	}
}
