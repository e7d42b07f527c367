package api

import (
	"strings"

	"github.com/throughline/throughline/fhir"
)

// target is what a path below /fhir names.
type target struct {
	pattern string // as in the route table: "/fhir/:type/:id"
	typ     string
	id      string
	version string
}

// aim reads a path below /fhir, given without its leading "/fhir". Words that
// begin with one of _ $ . and "metadata" stand for themselves; of the others the
// first is a type, the second an id, and the one after _history a version. Gin
// cannot have both :id and $operation at one place, so it is done here.
func aim(path string) target {
	t := target{pattern: "/fhir"}
	path = strings.TrimSuffix(strings.TrimPrefix(path, "/"), "/")
	if path == "" {
		return t
	}
	var pattern strings.Builder
	pattern.WriteString(t.pattern)
	last := ""
	for word := range strings.SplitSeq(path, "/") {
		pattern.WriteByte('/')
		switch {
		case word == "": // names nothing: no route has it
		case last == "_history":
			t.version = word
			pattern.WriteString(":version")
		case literal(word), last == ".well-known", word == "metadata" && t.typ == "":
			pattern.WriteString(word)
		case t.typ == "":
			t.typ = word
			pattern.WriteString(":type")
		case t.id == "":
			t.id = word
			pattern.WriteString(":id")
		default:
			pattern.WriteString(word)
		}
		last = word
	}
	t.pattern = pattern.String()
	return t
}

// literal says whether a word of a path can be neither a type nor an id.
func literal(word string) bool {
	return word != "" && (word[0] == '_' || word[0] == '$' || word[0] == '.')
}

// check says what is wrong with the names in the path, nil if nothing.
func (t target) check() error {
	if t.typ != "" && !fhir.IsType(t.typ) {
		return unknownType(t.typ)
	}
	if t.id != "" && !isID(t.id) || t.version != "" && !isID(t.version) {
		return notFound()
	}
	return nil
}

// isID checks the form of a FHIR id, [A-Za-z0-9\-\.]{1,64}
// (http://hl7.org/fhir/R4/datatypes.html#id).
func isID(s string) bool {
	return len(s) <= 64 && s != "" && strings.Trim(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-.") == ""
}
