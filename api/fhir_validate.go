package api

import (
	"context"
	"net/http"

	"github.com/throughline/throughline/fhir"
)

// validate is $validate: the resource, or Parameters with one, is checked and
// not stored; 200 with an OperationOutcome, whatever is found
// (http://hl7.org/fhir/R4/resource-operation-validate.html).
func (a *API) validate(_ context.Context, c *call) (*reply, error) {
	r, issues := fhir.Parse(c.body, fhir.Limits{Bytes: a.MaxBody})
	if r == nil {
		return nil, unreadableJSON(issues)
	}
	if r.Type == "Parameters" && c.typ != "Parameters" {
		inner, err := resourceParameter(r)
		if err != nil {
			return nil, err
		}
		r = inner
	}
	issues = fhir.Validate(r)
	if c.typ != "" && r.Type != c.typ {
		issues = append(issues, issue(fhir.CodeInvariant, "resourceType", r.Type, c.typ, "POST it to /fhir/"+r.Type+"/$validate"))
	}
	return &reply{status: http.StatusOK, body: fhir.Outcome(issues)}, nil
}

// resourceParameter is the parameter named resource.
func resourceParameter(p *fhir.Resource) (*fhir.Resource, error) {
	for _, n := range p.Get("parameter").Items() {
		if n.Get("name").Text() != "resource" || n.Get("resource") == nil {
			continue
		}
		r, issues := fhir.Parse(n.Get("resource").Raw(), fhir.Limits{})
		if r == nil {
			return nil, unreadableJSON(issues)
		}
		return r, nil
	}
	return nil, malformed("Parameters.parameter", "no parameter named resource", "a parameter with name resource and the resource in it",
		"add it, or send the resource itself")
}
