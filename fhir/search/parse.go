package search

import (
	"cmp"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/throughline/throughline/fhir"
)

// What one search may hold, so that it stays a statement a database can plan.
const (
	maxParams = 64
	maxValues = 1000
	maxCount  = 1000
)

// Parse reads the parameters of a search on one resource type. The query is nil
// when the issues refuse it (Issues.Errors); else the issues are warnings that
// belong into the answer as an OperationOutcome. Issues come in the order of the
// parameter names, show no personal value, and say what is allowed.
//
// A parameter R4 has and we have not is left out with a warning, or refused when
// opt.Strict. A value or modifier that cannot be understood is always refused.
func Parse(resourceType string, q url.Values, opt Options) (*Query, fhir.Issues) {
	if opt.MaxCount <= 0 {
		opt.MaxCount = maxCount
	}
	p := parser{opt: opt, query: &Query{Type: resourceType, Count: min(DefaultCount, opt.MaxCount)}}
	if len(For(resourceType)) == 0 {
		p.fail(codeNotSupported, "", shown(printable(resourceType)), "the name of an R4 resource type", "search one type: /Patient?...")
		return nil, p.issues
	}
	if n := size(q); n > maxParams {
		p.fail(fhir.CodeTooCostly, "", strconv.Itoa(n)+" parameters", "at most "+strconv.Itoa(maxParams), "search with fewer")
		return nil, p.issues
	}
	for _, name := range slices.Sorted(maps.Keys(q)) {
		p.parameter(name, q[name])
	}
	if p.issues.Errors() {
		return nil, p.issues
	}
	slices.SortStableFunc(p.query.Clauses, func(a, b Clause) int { return cmp.Compare(a.key(), b.key()) })
	return p.query, p.issues
}

// size counts the parameters, repeats too.
func size(q url.Values) int {
	n := 0
	for _, values := range q {
		n += len(values)
	}
	return n
}

type parser struct {
	opt    Options
	query  *Query
	issues fhir.Issues
}

// parameter reads one name with all its values.
func (p *parser) parameter(name string, values []string) {
	if read, ok := resultParams[name]; ok {
		read(p, name, values)
		return
	}
	base, _, _ := strings.Cut(name, ":")
	switch base {
	case "_include", "_revinclude":
		p.ignore(name, "a modifier of "+base, base+" without modifier", "send one "+base+" for each step you need")
	case "_has":
		p.has(name, values)
	default:
		for _, value := range values {
			if c, ok := p.clause(criterion{path: name, on: p.query.Type}, name, value); ok {
				p.query.Clauses = append(p.query.Clauses, c)
			}
		}
	}
}

// has reads _has:Observation:patient:code=1234-5, one level deep
// (http://hl7.org/fhir/R4/search.html#has).
func (p *parser) has(name string, values []string) {
	parts := strings.SplitN(name, ":", 4)
	const form = "_has:Type:reference-parameter:parameter"
	if len(parts) < 4 || parts[0] != "_has" || parts[3] == "_has" || strings.HasPrefix(parts[3], "_has:") {
		p.fail(codeNotSupported, name, "another form of _has", form+", one level", "write "+form+"=value")
		return
	}
	back, ok := Find(parts[1], parts[2])
	if !ok || back.Type != Reference || !back.targets(p.query.Type) {
		p.fail(codeNotSupported, name, shown(printable(parts[1]+":"+parts[2])), "a reference from another type to "+p.query.Type,
			"use one of: "+strings.Join(Supported(p.query.Type).RevIncludes, ", "))
		return
	}
	for _, value := range values {
		if inner, ok := p.clause(criterion{path: name, on: parts[1], inner: true}, parts[3], value); ok {
			p.query.Clauses = append(p.query.Clauses, Clause{Param: back, Has: parts[1], Chain: &inner})
		}
	}
}

// targets says whether a reference parameter may name a type.
func (p Param) targets(resourceType string) bool {
	return len(p.Targets) == 0 || slices.Contains(p.Targets, resourceType)
}
