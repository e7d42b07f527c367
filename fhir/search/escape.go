package search

import "strings"

// Values of a search are parted by commas, the parts of a token or quantity by
// bars; \, \| \$ and \\ stand for the characters themselves
// (http://hl7.org/fhir/R4/search.html#escaping).

var (
	escaper   = strings.NewReplacer(`\`, `\\`, `,`, `\,`, `|`, `\|`, `$`, `\$`)
	unescaper = strings.NewReplacer(`\\`, `\`, `\,`, `,`, `\|`, `|`, `\$`, `$`)
)

// Escape lets a text stand for itself in a token, string or reference value.
func Escape(s string) string {
	if !strings.ContainsAny(s, `\,|$`) {
		return s
	}
	return escaper.Replace(s)
}

func unescape(s string) string {
	if strings.IndexByte(s, '\\') < 0 {
		return s
	}
	return unescaper.Replace(s)
}

// split cuts at every mark that is not escaped; the pieces stay escaped.
func split(s string, mark byte) []string {
	if strings.IndexByte(s, mark) < 0 {
		return []string{s}
	}
	var pieces []string
	from := 0
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case mark:
			pieces = append(pieces, s[from:i])
			from = i + 1
		}
	}
	return append(pieces, s[from:])
}
