package api_test

import (
	"net/http"
	"strings"

	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/fhir/search"
	"github.com/throughline/throughline/gateway"
)

func mappingFor(k gateway.Kind, _ *gateway.Partner) (gateway.Mapping, string, bool) {
	if strings.HasPrefix(string(k), "fhir/") {
		return mapFHIR, "fhir@test", true
	}
	return nil, "", false
}

func mapFHIR(m *gateway.Message, _ *gateway.Partner) (*gateway.Mapped, error) {
	ask := m.Ask
	if ask.Interaction == gateway.AskDelete {
		return &gateway.Mapped{Changes: []gateway.Change{{Op: gateway.Delete, Type: ask.Type, ID: ask.ID, Where: ask.Where, IfMatch: ask.IfMatch}}}, nil
	}
	r, issues := fhir.Parse(m.Body, fhir.Limits{})
	if r == nil {
		return nil, &gateway.Fault{Op: "map", Code: gateway.Malformed, Issues: issues}
	}
	switch ask.Interaction {
	case gateway.AskCreate:
		return &gateway.Mapped{Changes: []gateway.Change{{Op: gateway.Create, Type: r.Type, Where: ask.Where, Resource: r}}}, nil
	case gateway.AskUpdate:
		return &gateway.Mapped{Changes: []gateway.Change{{Op: gateway.Update, Type: ask.Type, ID: ask.ID, Where: ask.Where, IfMatch: ask.IfMatch, Resource: r}}}, nil
	}
	var out gateway.Mapped
	for _, e := range r.Entries() {
		typ, id, _ := strings.Cut(e.URL, "/")
		c := gateway.Change{Type: typ, ID: id, FullURL: e.FullURL, Resource: e.Resource}
		switch e.Method {
		case http.MethodPost:
			c.Op = gateway.Create
			if e.IfNoneExist != "" {
				c.Where, _ = search.ParseIfNoneExist(typ, e.IfNoneExist)
			}
		case http.MethodPut:
			c.Op = gateway.Update
		case http.MethodDelete:
			c.Op = gateway.Delete
		}
		out.Changes = append(out.Changes, c)
	}
	return &out, nil
}
