package hl7v2

import (
	"bytes"
	"cmp"
)

// Message is one message: its delimiters and its segments in order, Z-segments
// among them.
type Message struct {
	Delimiters Delimiters
	Segments   Group
	charset    charset
	lead       []byte // BOM and blank lines before MSH
	lost       bool   // a text was written with characters that the set lacks
}

// Segment is one line. Fields are counted as the standard counts them: MSH-1
// is the separator itself.
type Segment struct {
	m      *Message
	fields [][]byte // the name, then the fields as received
	end    []byte   // line end and blank lines after it, as received
}

// Group is a run of segments.
type Group []*Segment

// New is an empty message with the standard delimiters in a character set of
// table 0211 (empty = UTF-8): MSH with MSH-1, MSH-2 and MSH-18 set.
func New(charset string) (*Message, error) {
	m := &Message{Delimiters: Standard}
	m.header(cmp.Or(charset, utf8Set.name))
	var err error
	m.charset, err = m.findCharset(nil, "")
	return m, err
}

// Lost says that Put or Add wrote "?" for a character that the set lacks.
func (m *Message) Lost() bool { return m.lost }

// header appends MSH with its delimiters and character set.
func (m *Message) header(set string) {
	s := m.Append("MSH")
	s.fields = append(s.fields, m.Delimiters.encoding())
	if set != "" {
		s.Put(18, set)
	}
}

// Append adds a segment to the end of the message.
func (m *Message) Append(id string) *Segment {
	s := &Segment{m: m, fields: [][]byte{[]byte(id)}, end: []byte{'\r'}}
	if n := len(m.Segments); n > 0 && len(m.Segments[n-1].end) == 0 {
		m.Segments[n-1].end = s.end
	}
	m.Segments = append(m.Segments, s)
	return s
}

// Encode writes the message: untouched parts byte for byte as received.
func (m *Message) Encode() []byte {
	n := len(m.lead)
	for _, s := range m.Segments {
		n += len(s.fields) + len(s.end)
		for _, f := range s.fields {
			n += len(f)
		}
	}
	out := append(make([]byte, 0, n), m.lead...)
	for _, s := range m.Segments {
		out = append(out, bytes.Join(s.fields, []byte{m.Delimiters.Field})...)
		out = append(out, s.end...)
	}
	return out
}

// ID is the segment's name; empty for a nil segment.
func (s *Segment) ID() string {
	if s == nil {
		return ""
	}
	return string(s.fields[0])
}

// is compares the name without a copy.
func (s *Segment) is(id string) bool { return string(s.fields[0]) == id }

// index is where field n (1-based, as the standard counts) stands in fields;
// header segments count their separator.
func (s *Segment) index(n int) int {
	if s.is("MSH") || s.is("FHS") || s.is("BHS") {
		return n - 1
	}
	return n
}

// Field is field n, 1-based; absent fields and fields of a nil segment are
// Empty.
func (s *Segment) Field(n int) Value {
	if s == nil {
		return Value{}
	}
	i := s.index(n)
	if i == 0 && n == 1 {
		return Value{raw: []byte{s.m.Delimiters.Field}, m: s.m, level: literal}
	}
	if i < 1 || i >= len(s.fields) {
		return Value{}
	}
	v := Value{raw: s.fields[i], m: s.m, level: field}
	if i != n && n == 2 {
		v.level = literal
	}
	return v
}

// Len is the number of the last field.
func (s *Segment) Len() int {
	n := len(s.fields) - 1
	return n + n - s.index(n)
}

// First is the first segment of the name, nil when there is none.
func (g Group) First(id string) *Segment { return g.Nth(id, 1) }

// Nth is the nth segment of the name, 1-based; nil when there is none.
func (g Group) Nth(id string, n int) *Segment {
	for _, s := range g {
		if s.is(id) {
			if n--; n == 0 {
				return s
			}
		}
	}
	return nil
}

// All are the segments of the name.
func (g Group) All(id string) Group {
	var out Group
	for _, s := range g {
		if s.is(id) {
			out = append(out, s)
		}
	}
	return out
}

// Groups cuts the run: each segment of one of the names begins a group that
// reaches to the next of them. What stands before the first is left out.
func (g Group) Groups(starts ...string) []Group {
	var out []Group
	from := -1
	for i, s := range g {
		if !s.oneOf(starts) {
			continue
		}
		if from >= 0 {
			out = append(out, g[from:i])
		}
		from = i
	}
	if from >= 0 {
		out = append(out, g[from:])
	}
	return out
}

// Until is the run up to the first segment of one of the names.
func (g Group) Until(stops ...string) Group {
	for i, s := range g {
		if s.oneOf(stops) {
			return g[:i]
		}
	}
	return g
}

func (s *Segment) oneOf(ids []string) bool {
	for _, id := range ids {
		if s.is(id) {
			return true
		}
	}
	return false
}

// Groups of the whole message, see Group.Groups.
func (m *Message) Groups(starts ...string) []Group { return m.Segments.Groups(starts...) }

// First segment of the name in the whole message.
func (m *Message) First(id string) *Segment { return m.Segments.First(id) }

// All segments of the name in the whole message.
func (m *Message) All(id string) Group { return m.Segments.All(id) }
