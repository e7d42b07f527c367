package hl7v2

import (
	"fmt"
	"strconv"
	"strings"
)

// ParsePath reads "PID-3", "PID-3[2].1", "OBX[2]-5", "PV1-3.4.2": segment and
// which one of it, field, repetition, component, sub-component.
func ParsePath(path string) (Location, error) {
	bad := fmt.Errorf("hl7v2: %q is no path; write PID-3[2].1", path)
	seg, rest, _ := strings.Cut(path, "-")
	l := Location{Sequence: 1}
	var ok bool
	if l.Segment, l.Sequence, ok = indexed(seg); !ok || len(l.Segment) != 3 {
		return l, bad
	}
	if rest == "" {
		return l, nil
	}
	parts := strings.Split(rest, ".")
	if len(parts) > 3 {
		return l, bad
	}
	name, rep, ok := indexed(parts[0])
	if !ok {
		return l, bad
	}
	l.Repetition = rep
	nums := append([]string{name}, parts[1:]...)
	for i, to := range []*int{&l.Field, &l.Component, &l.Sub} {
		if i >= len(nums) {
			break
		}
		n, err := strconv.Atoi(nums[i])
		if err != nil || n < 1 || n > 999 {
			return l, bad
		}
		*to = n
	}
	return l, nil
}

// indexed reads "PID" or "PID[2]".
func indexed(s string) (string, int, bool) {
	name, rest, found := strings.Cut(s, "[")
	if !found {
		return name, 1, true
	}
	n, err := strconv.Atoi(strings.TrimSuffix(rest, "]"))
	return name, n, err == nil && n > 0 && n <= 9999 && strings.HasSuffix(rest, "]")
}

// Get reads a value by its path, see ParsePath; Empty when it is absent or the
// path is none.
func (m *Message) Get(path string) Value {
	l, err := ParsePath(path)
	if err != nil || l.Field == 0 {
		return Value{}
	}
	s := m.Segments.Nth(l.Segment, l.Sequence)
	if s == nil {
		return Value{}
	}
	return s.at(l)
}

func (s *Segment) at(l Location) Value {
	v := s.Field(l.Field)
	if l.Component == 0 && l.Repetition == 1 || v.level == literal {
		return v
	}
	if v = v.Rep(l.Repetition); l.Component == 0 {
		return v
	}
	if v = v.Comp(l.Component); l.Sub == 0 {
		return v
	}
	return v.Sub(l.Sub)
}
