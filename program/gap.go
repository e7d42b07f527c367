package program

import (
	"fmt"
	"slices"
	"strings"
)

// gap is one thing that a record lacks. Item names the part it is about (a role,
// a service, a paper), empty for the record as a whole; it holds no date and no
// figure, so that the same gap is known again on another day.
type gap struct {
	item   string
	reason string
}

// heading is what every kind of record says of itself.
type heading struct {
	id, person    string
	draft         bool
	circumstances []string
}

// each collects what check says about every record that the rule applies to.
func each[T any, P interface {
	*T
	heading() heading
}](r *Rule, records []T, check func(P) []gap) []breach {
	var out []breach
	for i := range records {
		p := P(&records[i])
		h := p.heading()
		if !r.Applies.to(h.circumstances) {
			continue
		}
		for _, g := range check(p) {
			out = append(out, breach{subject: h.id, person: h.person, item: g.item, reason: g.reason, draft: h.draft})
		}
	}
	return out
}

// whole is a gap of the record as a whole.
func whole(format string, args ...any) []gap { return []gap{{reason: fmt.Sprintf(format, args...)}} }

// missing is a gap for everything wanted that is not there.
func missing(want, have []string, format string) []gap {
	var out []gap
	for _, w := range want {
		if !slices.Contains(have, w) {
			out = append(out, gap{w, fmt.Sprintf(format, word(w))})
		}
	}
	return out
}

func overlap(a, b []string) bool {
	return slices.ContainsFunc(a, func(s string) bool { return slices.Contains(b, s) })
}

// word turns a code into words: "day_treatment" reads "day treatment".
func word(code string) string { return strings.ReplaceAll(code, "_", " ") }

func words(codes []string) string { return word(strings.Join(codes, ", ")) }
