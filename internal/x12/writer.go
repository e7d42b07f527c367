package x12

import (
	"bytes"
	"strconv"
	"strings"
)

// Signs by which Comp and Rep mark what they joined until a Writer puts the
// delimiters of its interchange there. They are control characters, which no
// data may hold.
const (
	compSign = "\x1f"
	repSign  = "\x1e"
)

// Comp joins components to one element: Comp("HC", "H2021", "HA"). Trailing
// empty ones are dropped.
func Comp(parts ...string) string { return joined(compSign, parts) }

// Rep joins repetitions to one element.
func Rep(parts ...string) string { return joined(repSign, parts) }

func joined(sign string, parts []string) string {
	for len(parts) > 0 && parts[len(parts)-1] == "" {
		parts = parts[:len(parts)-1]
	}
	return strings.Join(parts, sign)
}

// Writer writes segments canonically: trailing empty elements dropped, and a
// delimiter or control character inside data replaced by a blank.
type Writer struct {
	D       Delimiters
	Altered []Place // elements in which a sign was replaced
	out     bytes.Buffer
	count   int
}

// NewWriter writes with the usual delimiters.
func NewWriter() *Writer { return &Writer{D: Usual()} }

// Segment writes one segment; its elements from 1.
func (w *Writer) Segment(id string, elements ...string) {
	for len(elements) > 0 && elements[len(elements)-1] == "" {
		elements = elements[:len(elements)-1]
	}
	w.count++
	w.out.WriteString(id)
	for i, e := range elements {
		w.out.WriteByte(w.D.Element)
		clean := w.clean(e)
		if len(clean) != len(e) || strings.Count(clean, " ") != strings.Count(e, " ") {
			w.Altered = append(w.Altered, Place{Segment: id, Position: w.count, Element: i + 1})
		}
		w.out.WriteString(clean)
	}
	w.out.WriteByte(w.D.Segment)
	w.out.WriteByte('\n')
}

// clean puts delimiters where Comp and Rep joined, and blanks for those that
// the data itself holds.
func (w *Writer) clean(e string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case string(r) == compSign:
			return rune(w.D.Component)
		case string(r) == repSign && w.D.Repetition != 0:
			return rune(w.D.Repetition)
		case r < ' ', r == 0x7f, r == rune(w.D.Element), r == rune(w.D.Component), r == rune(w.D.Segment), r == rune(w.D.Repetition):
			return ' '
		}
		return r
	}, e)
}

// Count is how many segments were written.
func (w *Writer) Count() int { return w.count }

// Bytes is what was written.
func (w *Writer) Bytes() []byte { return w.out.Bytes() }

// Set writes a whole transaction: ST, what body writes, and SE with its count.
// control is ST02, version ST03 ("005010X217").
func (w *Writer) Set(id, control, version string, body func(*Writer)) {
	before := w.count
	w.Segment("ST", id, control, version)
	body(w)
	w.Segment("SE", strconv.Itoa(w.count-before+1), control)
}
