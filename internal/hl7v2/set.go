package hl7v2

import (
	"bytes"
	"fmt"
)

// Null is the value that deletes (HL7 v2 2.5.3.1), for Set and Put.
const Null = "\x00delete"

// Set writes a text at a path, escaped; missing fields and parts before it are
// made, all else stays byte for byte. The segment must exist. Null deletes.
func (m *Message) Set(path, text string) error {
	l, err := ParsePath(path)
	if err != nil || l.Field == 0 {
		return fmt.Errorf("hl7v2: %q is no path of a field", path)
	}
	s := m.Segments.Nth(l.Segment, l.Sequence)
	if s == nil {
		return fmt.Errorf("hl7v2: no segment %s[%d] to set %q in", l.Segment, l.Sequence, path)
	}
	i := s.index(l.Field)
	if i < 1 || l.Segment == "MSH" && l.Field < 3 {
		return fmt.Errorf("hl7v2: %q holds the delimiters and cannot be set", path)
	}
	b, ok := m.value(text)
	if !ok {
		return &Error{Code: DataType, At: l, Found: "a character that " + m.charset.name + " lacks", Fix: "send UNICODE UTF-8"}
	}
	s.grow(i)
	d := m.Delimiters
	s.fields[i] = put(s.fields[i], []byte{d.Repetition, d.Component, d.Sub}, []int{l.Repetition, l.Component, l.Sub}, b)
	return nil
}

func (m *Message) value(text string) ([]byte, bool) {
	if text == Null {
		return []byte(`""`), true
	}
	return m.encode(text)
}

// grow makes fields up to index i; the fields of a parsed message share one
// slice, so a copy is made.
func (s *Segment) grow(i int) {
	for len(s.fields) <= i {
		s.fields = append(s.fields[:len(s.fields):len(s.fields)], nil)
	}
}

// put replaces one part of a value, level by level; 0 = the whole level.
func put(raw []byte, seps []byte, at []int, b []byte) []byte {
	if len(at) == 0 || at[0] == 0 {
		return b
	}
	parts := cut(nil, raw, seps[0])
	for len(parts) < at[0] {
		parts = append(parts, nil)
	}
	parts[at[0]-1] = put(parts[at[0]-1], seps[1:], at[1:], b)
	return bytes.Join(parts, seps[:1])
}

// Put sets field n to one repetition of the given components, escaped; empty
// components at the end are left out. A character that the set lacks becomes
// "?", which Lost tells. MSH-1 and MSH-2 stay as they are.
func (s *Segment) Put(n int, components ...string) *Segment {
	if i := s.index(n); i >= 1 && (i == n || n > 2) {
		s.grow(i)
		s.fields[i] = s.m.join(components)
	}
	return s
}

// Add appends one more repetition to field n, see Put.
func (s *Segment) Add(n int, components ...string) *Segment {
	i := s.index(n)
	if i < 1 || i >= len(s.fields) || len(s.fields[i]) == 0 {
		return s.Put(n, components...)
	}
	s.fields[i] = append(append(s.fields[i][:len(s.fields[i]):len(s.fields[i])], s.m.Delimiters.Repetition), s.m.join(components)...)
	return s
}

func (m *Message) join(components []string) []byte {
	for len(components) > 0 && components[len(components)-1] == "" {
		components = components[:len(components)-1]
	}
	var out []byte
	for i, c := range components {
		if i > 0 {
			out = append(out, m.Delimiters.Component)
		}
		b, ok := m.value(c)
		m.lost = m.lost || !ok
		out = append(out, b...)
	}
	return out
}
