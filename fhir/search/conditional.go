package search

import (
	"net/url"
	"slices"
	"strings"

	"github.com/throughline/throughline/fhir"
)

// ParseIfNoneExist reads the criteria of a conditional create, update or delete:
// what stands after the "?", with or without "Type?" before it
// (http://hl7.org/fhir/R4/http.html#ccreate). It is strict, takes no parameter
// that shapes an answer, and wants at least one criterion that names a value
// (not :missing, :not, ne or _lastUpdated alone), as a condition everything
// meets would act on a stranger's record.
func ParseIfNoneExist(resourceType, query string) (*Query, fhir.Issues) {
	p := parser{}
	query = strings.TrimPrefix(strings.TrimPrefix(query, resourceType), "?")
	values, err := url.ParseQuery(query)
	if err != nil {
		p.fail(fhir.CodeValue, "", "criteria that are not URL-encoded", "name=value&name=value", "URL-encode the criteria")
		return nil, p.issues
	}
	for name := range resultParams {
		if values.Has(name) {
			p.fail(codeNotSupported, name, "a parameter that shapes an answer", "criteria only", "leave it out")
		}
	}
	q, issues := Parse(resourceType, values, Options{Strict: true})
	if issues = append(p.issues, issues...); issues.Errors() {
		return nil, issues
	}
	for i := range q.Clauses {
		if q.Clauses[i].names() {
			return q, nil
		}
	}
	p.fail(fhir.CodeRequired, "", "no criterion", "at least one parameter with a value, such as identifier=system|value", "add the identifier")
	return nil, p.issues
}

// names says whether a clause asks for a value, and not for its absence.
func (c *Clause) names() bool {
	if c.Chain != nil {
		return c.Chain.names()
	}
	wide := func(v Value) bool { return v.Prefix == NotEqual }
	return c.Modifier != Not && c.Modifier != Missing && c.Param.Column() != "last_updated" && !slices.ContainsFunc(c.Values, wide)
}
