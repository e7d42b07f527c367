package ledger

import (
	"slices"
	"strings"
)

// NormalModifiers is the set of modifiers that the law compares: upper case,
// repeats dropped, sorted, joined by one blank. Blanks and ':' separate.
func NormalModifiers(sent string) string {
	if isNormalSingle(sent) {
		return sent
	}
	parts := splitModifiers(sent)
	slices.Sort(parts)
	return strings.Join(slices.Compact(parts), " ")
}

// modifiers is NormalModifiers with a memory: the same few texts come again and
// again, from child to child.
func (s *Settler) modifiers(sent string) string {
	if isNormalSingle(sent) {
		return sent
	}
	set, ok := s.memo[sent]
	if !ok {
		if len(s.memo) >= 1024 {
			clear(s.memo)
		}
		set = NormalModifiers(sent)
		s.memo[strings.Clone(sent)] = set
	}
	return set
}

// orderedModifiers is the same without the sorting, for payers to whom the
// order matters; of a repeat the first stays.
func orderedModifiers(sent string) string {
	if isNormalSingle(sent) {
		return sent
	}
	var kept []string
	for _, m := range splitModifiers(sent) {
		if !slices.Contains(kept, m) {
			kept = append(kept, m)
		}
	}
	return strings.Join(kept, " ")
}

func splitModifiers(sent string) []string {
	return strings.FieldsFunc(strings.ToUpper(sent), func(r rune) bool {
		return r == ':' || r == ' ' || '\t' <= r && r <= '\r'
	})
}

// isNormalSingle sees the usual case, none or one plain modifier, at a glance.
func isNormalSingle(sent string) bool {
	for i := range len(sent) {
		c := sent[i]
		plain := 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
		if !plain {
			return false
		}
	}
	return true
}
