package search

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/throughline/throughline/fhir"
)

// codeNotSupported is the issue-type of what FHIR has and we have not.
const codeNotSupported = "not-supported"

// hidden stands for a value that names or finds a person.
const hidden = "a value that is not repeated here because it may be personal"

// maxShown is how much of a value an issue repeats.
const maxShown = 64

// fail reports an error: it refuses the search in every mode, as leaving the
// criterion out would widen the answer.
func (p *parser) fail(code, path, found, allowed, fix string) {
	p.report(fhir.Error, code, path, found, allowed, fix)
}

// ignore reports what a lenient search leaves out, and refuses a strict one
// (Prefer: handling, http://hl7.org/fhir/R4/search.html#errors).
func (p *parser) ignore(path, found, allowed, fix string) {
	severity := fhir.Warning
	if p.opt.Strict {
		severity = fhir.Error
	}
	p.report(severity, codeNotSupported, path, found, allowed, fix)
}

func (p *parser) report(severity fhir.Severity, code, path, found, allowed, fix string) {
	p.issues = append(p.issues, fhir.Issue{Severity: severity, Code: code, Path: printable(path),
		Found: found, Allowed: allowed, Fix: fix})
}

// bad reports a value the parameter cannot have.
func (p *parser) bad(c *criterion, value, allowed, fix string) {
	p.fail(fhir.CodeValue, c.path, c.show(value), allowed, fix)
}

// show repeats a value, unless it may be personal: a caller who puts a name or a
// member id where an id or a reference belongs must not find it in our logs.
func (c *criterion) show(value string) string {
	if c.param.Personal || c.param.Type == Reference || c.param.Column() == "id" {
		return hidden
	}
	return shown(value)
}

func shown(s string) string {
	if len(s) > maxShown {
		s = cut(s, maxShown) + "..."
	}
	return strconv.Quote(s)
}

// printable keeps a parameter name as it was sent if it looks like one: a caller
// may have put anything before the equals sign.
func printable(name string) string {
	if len(name) > 2*maxShown || strings.ContainsFunc(name, func(r rune) bool { return !isNameRune(r) }) {
		return ""
	}
	return name
}

func isNameRune(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("_-:.", r)
}

// unknown reports a parameter the type does not have, the nearest names first.
func (p *parser) unknown(path, resourceType, name string) {
	names := namesOf(resourceType)
	nearest := byDistance(names, name)
	fix := "use a parameter of " + resourceType + ", or leave it out"
	if distance(nearest[0], name) <= 2 {
		fix = "use " + strconv.Quote(nearest[0])
	}
	found := "a parameter " + resourceType + " does not have"
	p.ignore(path, found, strings.Join(nearest, ", "), fix)
}

func namesOf(resourceType string) []string {
	list := For(resourceType)
	names := make([]string, len(list))
	for i := range list {
		names[i] = list[i].Name
	}
	return names
}

// byDistance sorts names by how near they are to what was sent.
func byDistance(names []string, sent string) []string {
	sent = strings.ToLower(cut(sent, maxShown))
	far := make(map[string]int, len(names))
	for _, name := range names {
		far[name] = distance(name, sent)
	}
	slices.SortStableFunc(names, func(a, b string) int { return cmp.Compare(far[a], far[b]) })
	return names
}

// distance is the Levenshtein distance of two short words.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost = 1 + min(diagonal, row[j], row[j+1])
			}
			diagonal, row[j+1] = row[j+1], cost
		}
	}
	return row[len(b)]
}
