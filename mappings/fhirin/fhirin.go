// Package fhirin takes native FHIR in: it turns an interaction, a transaction
// or a collection into changes, and projects what the ledger and the compartment
// of a child need to know out of the resources: authorizations, spans, service
// lines, relations. The resources themselves stay as they were sent. It is pure;
// references are resolved by the store.
package fhirin

import (
	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/ledger"
)

// Interaction maps create, update and delete of one resource.
func Interaction(m *gateway.Message, p *gateway.Partner) (*gateway.Mapped, error) {
	ask := m.Ask
	if ask == nil {
		ask = &gateway.Ask{Interaction: gateway.AskCreate}
	}
	c := gateway.Change{Op: ops[ask.Interaction], Type: ask.Type, ID: ask.ID, Where: ask.Where, IfMatch: ask.IfMatch}
	if c.Op == gateway.Delete {
		return &gateway.Mapped{Changes: []gateway.Change{c}}, nil
	}
	r, issues := fhir.Parse(m.Body, fhir.Limits{})
	if r == nil {
		return &gateway.Mapped{Issues: issues}, nil
	}
	if c.Type == "" {
		c.Type = r.Type
	}
	c.Resource = r
	if issue := wrongTarget(c); issue != nil {
		return &gateway.Mapped{Issues: fhir.Issues{*issue}}, nil
	}
	if r.ID != "" {
		c.FullURL = r.Type + "/" + r.ID
	}
	return project(m, p, []gateway.Change{c}, issues), nil
}

// ops are the changes that interactions ask for.
var ops = map[gateway.Interaction]gateway.Op{
	gateway.AskCreate: gateway.Create, gateway.AskUpdate: gateway.Update, gateway.AskDelete: gateway.Delete,
}

// wrongTarget refuses a body that is not what the URL says
// (http://hl7.org/fhir/R4/http.html#update).
func wrongTarget(c gateway.Change) *fhir.Issue {
	r := c.Resource
	if r.Type != c.Type {
		return &fhir.Issue{Severity: fhir.Error, Code: fhir.CodeValue, Path: r.Type, Found: "a " + r.Type, Allowed: "a " + c.Type + ", as the URL says", Fix: "send it to the URL of its type"}
	}
	if c.Op == gateway.Update && c.ID != "" && r.ID != c.ID {
		return &fhir.Issue{Severity: fhir.Error, Code: fhir.CodeValue, Path: r.Type + ".id", Found: "another id than the URL has, or none", Allowed: "the id of the URL", Fix: "set the id of the URL"}
	}
	return nil
}

// project reads facts and relations out of the changed resources.
func project(m *gateway.Message, p *gateway.Partner, changes []gateway.Change, issues fhir.Issues) *gateway.Mapped {
	v := newView(p, changes)
	v.received = ledger.StampOf(m.Received)
	for i := range changes {
		v.read(&changes[i])
	}
	return &gateway.Mapped{Changes: changes, Facts: v.facts, Relations: v.relations, Issues: append(issues, v.issues...)}
}
