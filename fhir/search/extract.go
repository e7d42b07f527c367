package search

import (
	"slices"
	"strings"

	"github.com/throughline/throughline/fhir"
)

// Extract reads the search rows of a resource. It takes what it understands:
// a value of the wrong shape, which fhir.Validate reports, leaves no row.
func Extract(r *fhir.Resource) Rows {
	x := extraction{rows: Rows{Type: r.Type, ID: r.ID,
		Tokens: make([]TokenRow, 0, usualRows), Refs: make([]RefRow, 0, usualRows)}}
	if updated, _, ok := parseMoment(r.Get("meta", "lastUpdated").Text()); ok {
		x.rows.Updated = updated
	}
	x.walk(r.Root(), pathsOf(r.Type))
	if r.Type == "Patient" {
		x.token("deceased", "", isDeceased(r))
	}
	x.rows.tidy()
	return x.rows
}

// usualRows is room for the tokens, and the references, of most resources.
const usualRows = 12

type extraction struct{ rows Rows }

// take adds the rows one element gives one parameter.
func (x *extraction) take(p *Param, n *fhir.Node) {
	switch p.Type {
	case Token:
		x.takeToken(p, n)
	case String:
		x.takeString(p, n)
	case Date:
		x.takeDate(p, n)
	case Reference:
		x.takeReference(p, n)
	case URI:
		x.uri(p.Name, n.Text())
	case Number, Quantity:
		x.takeQuantity(p, n)
	}
}

// takeToken reads a code, boolean, Coding, CodeableConcept, Identifier or
// ContactPoint, told apart by their members
// (http://hl7.org/fhir/R4/search.html#token).
func (x *extraction) takeToken(p *Param, n *fhir.Node) {
	if n.Kind() != fhir.KindObject {
		x.token(p.Name, "", n.Text())
		return
	}
	if value := n.Get("value"); value != nil {
		text := value.Text()
		if p.contact {
			text = foldContact(text)
		}
		x.token(p.Name, n.Get("system").Text(), text)
		return
	}
	x.text(p.Name, n.Get("text"))
	if codings := n.Get("coding"); codings != nil {
		for _, c := range codings.Items() {
			x.coding(p.Name, c)
		}
		return
	}
	x.coding(p.Name, n)
}

func (x *extraction) coding(param string, n *fhir.Node) {
	x.token(param, n.Get("system").Text(), n.Get("code").Text())
	x.text(param, n.Get("display"))
}

func (x *extraction) token(param, system, value string) {
	if value != "" {
		x.rows.Tokens = append(x.rows.Tokens, TokenRow{Param: param, System: key(system), Value: key(value)})
	}
}

// uri keeps a canonical twice when it names a version, as in meta.profile, so
// that it is found with and without.
func (x *extraction) uri(param, value string) {
	x.token(param, "", value)
	if bare, _, versioned := strings.Cut(value, "|"); versioned {
		x.token(param, "", bare)
	}
}

// nameParts and addressParts are the searched texts of a HumanName and an
// Address (http://hl7.org/fhir/R4/search.html#string).
var (
	nameParts    = []string{"text", "family", "given", "prefix", "suffix"}
	addressParts = []string{"text", "line", "city", "district", "state", "postalCode", "country"}
)

// takeString reads a string, HumanName, Address or CodeableConcept. A HumanName
// without text is also found by its full name, given names first.
func (x *extraction) takeString(p *Param, n *fhir.Node) {
	if n.Kind() != fhir.KindObject {
		x.text(p.Name, n)
		return
	}
	if n.Get("family") != nil || n.Get("given") != nil {
		x.parts(p.Name, n, nameParts)
		if n.Get("text") == nil {
			x.fullName(p.Name, n)
		}
		return
	}
	x.parts(p.Name, n, addressParts)
}

func (x *extraction) parts(param string, n *fhir.Node, names []string) {
	for _, name := range names {
		for _, part := range n.Get(name).Items() {
			x.text(param, part)
		}
	}
}

func (x *extraction) fullName(param string, n *fhir.Node) {
	var words []string
	for _, given := range n.Get("given").Items() {
		words = append(words, word(given))
	}
	words = append(words, word(n.Get("family")))
	x.words(param, strings.Join(slices.DeleteFunc(words, func(w string) bool { return w == "" }), " "))
}

func (x *extraction) text(param string, n *fhir.Node) { x.words(param, word(n)) }

func (x *extraction) words(param, text string) {
	if folded := Fold(text); folded != "" {
		x.rows.Strings = append(x.rows.Strings, StringRow{Param: param, Value: cut(folded, maxKey), Exact: cut(text, maxKey)})
	}
}

// word is the text of a string; empty for anything else.
func word(n *fhir.Node) string {
	if n.Kind() != fhir.KindString {
		return ""
	}
	return n.Text()
}

// isDeceased is the Patient's parameter: deceased.exists() and deceased != false.
func isDeceased(r *fhir.Resource) string {
	if r.Get("deceasedDateTime") != nil || r.Get("deceasedBoolean").Text() == "true" {
		return "true"
	}
	return "false"
}
