package api

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/throughline/throughline/api/access"
	"github.com/throughline/throughline/gateway"
)

// A route without a rule would be open by mistake: it fails here.
func TestEveryRouteHasARule(t *testing.T) {
	a := New(Deps{})
	for key, r := range a.table {
		method, path, ok := strings.Cut(key, " ")
		if !ok || !strings.HasPrefix(path, "/fhir") && !strings.HasPrefix(path, "/v1/") {
			t.Errorf("%q is no route", key)
		}
		if !r.Rule.Set() {
			t.Errorf("%s: nobody thought about who may use it", key)
		}
		if r.Name == "" || r.Do == nil {
			t.Errorf("%s: no name or no handler", key)
		}
		if r.Rule.Open && method != http.MethodGet {
			t.Errorf("%s: open routes only read", key)
		}
	}
}

// Every pattern of the table is what its own path is read as: else it could
// never be reached.
func TestEveryFHIRPatternCanBeReached(t *testing.T) {
	for key := range New(Deps{}).table {
		_, path, _ := strings.Cut(key, " ")
		below, ok := strings.CutPrefix(path, "/fhir")
		if !ok {
			continue
		}
		real := strings.NewReplacer(":type", "CarePlan", ":id", "1", ":version", "2").Replace(below)
		if got := aim(real).pattern; got != path {
			t.Errorf("%s is read as %s", real, got)
		}
	}
}

func TestAim(t *testing.T) {
	for path, want := range map[string]target{
		"":                           {pattern: "/fhir"},
		"/":                          {pattern: "/fhir"},
		"/metadata":                  {pattern: "/fhir/metadata"},
		"/Patient/":                  {pattern: "/fhir/:type", typ: "Patient"},
		"/Patient/metadata":          {pattern: "/fhir/:type/:id", typ: "Patient", id: "metadata"},
		"/Patient/1/_history/3":      {pattern: "/fhir/:type/:id/_history/:version", typ: "Patient", id: "1", version: "3"},
		"/Patient/$validate":         {pattern: "/fhir/:type/$validate", typ: "Patient"},
		"/Patient/1/$everything":     {pattern: "/fhir/:type/:id/$everything", typ: "Patient", id: "1"},
		"/Patient/1/CarePlan/2":      {pattern: "/fhir/:type/:id/CarePlan/2", typ: "Patient", id: "1"},
		"/Patient//1":                {pattern: "/fhir/:type//:id", typ: "Patient", id: "1"},
		"/Patient//":                 {pattern: "/fhir/:type/", typ: "Patient"},
		"/_history":                  {pattern: "/fhir/_history"},
		"/.well-known/openid":        {pattern: "/fhir/.well-known/openid"},
		"/Patient/1/_history/3/more": {pattern: "/fhir/:type/:id/_history/:version/more", typ: "Patient", id: "1", version: "3"},
	} {
		if got := aim(path); got != want {
			t.Errorf("%q: %+v, want %+v", path, got, want)
		}
	}
}

func TestHasIdentifier(t *testing.T) {
	for body, want := range map[string]bool{
		`{"resourceType":"Patient","identifier":[{"value":"1"}]}`:                    true,
		`{"identifier":{"system":"value","value":"1"},"resourceType":"Bundle"}`:      true,
		`{"resourceType":"Patient","identifier":[{"system":"s"},{"value":"2"}]}`:     true,
		`{"resourceType":"Patient","identifier":[{"system":"s"}]}`:                   false,
		`{"resourceType":"Patient","identifier":[{"value":""}]}`:                     false,
		`{"resourceType":"Patient","identifier":[]}`:                                 false,
		`{"resourceType":"Patient","contained":[{"identifier":[{"value":"1"}]}]}`:    false,
		`{"resourceType":"Patient"`:                                                  false,
		`[]`:                                                                         false,
		``:                                                                           false,
		`{"resourceType":"Patient","\u0069dentifier":[{"value":"1"}]}`:               true,
		`{"resourceType":"Patient","identifier":[{"value":{"value":"1"}}]}`:          false,
		`{"resourceType":"Patient","identifier":[{"assigner":{"identifier":{}}},1]}`: false,
	} {
		if got := hasIdentifier([]byte(body)); got != want {
			t.Errorf("%s: %v", body, got)
		}
	}
}

func TestAccepts(t *testing.T) {
	for header, want := range map[string]bool{
		"":                                  false,
		"*/*":                               true,
		"application/*;q=0.5":               true,
		"application/fhir+json":             true,
		"Application/JSON; charset=utf-8":   true,
		"application/fhir+xml":              false,
		"text/html,*/*;q=0.8":               true,
		"application/fhir+json;q=0":         false,
		"text/html, application/json;q=0.1": true,
	} {
		if got := accepts(http.Header{"Accept": {header}}, mediaFHIR, mediaJSON); got != want {
			t.Errorf("%q: %v", header, got)
		}
	}
	if !accepts(http.Header{}, mediaFHIR) {
		t.Error("no Accept header allows everything")
	}
}

// stubs let the routes be asked without a store behind them.
type stubs struct{}

func (stubs) Authenticate(_ context.Context, token string) (gateway.PartnerID, error) {
	return gateway.PartnerID(token), nil
}
func (stubs) Audit(context.Context, access.Event) error { return nil }

// Every route that is not open wants a token, and those that show records or
// take them in are closed to operators, before a body is read.
func TestEveryRouteKeepsItsRule(t *testing.T) {
	operator := &gateway.Partner{ID: "operator", Kind: gateway.Operator, Sends: []gateway.Kind{"*"}}
	a := New(Deps{Audit: stubs{}, Log: slog.New(slog.DiscardHandler), Guard: access.Guard{Tokens: stubs{},
		Partner: func(id gateway.PartnerID) (*gateway.Partner, bool) { return operator, id == operator.ID }}})
	h := a.Handler()
	ask := func(method, path, token string) int {
		r := httptest.NewRequest(method, path, nil)
		if token != "" {
			r.Header.Set("Authorization", "Bearer "+token)
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		return w.Code
	}
	for key, r := range a.table {
		method, path, _ := strings.Cut(key, " ")
		path = strings.NewReplacer(":type", "CarePlan", ":id", "1", ":version", "2").Replace(path)
		if r.Rule.Open {
			if got := ask(method, path, ""); got == http.StatusUnauthorized || got == http.StatusForbidden {
				t.Errorf("%s is open and says %d", key, got)
			}
			continue
		}
		for _, token := range []string{"", "stranger"} {
			if got := ask(method, path, token); got != http.StatusUnauthorized {
				t.Errorf("%s with token %q: %d", key, token, got)
			}
		}
		if got := ask(method, path, "operator"); !r.Rule.Allows(gateway.Operator) && got != http.StatusForbidden {
			t.Errorf("%s as operator: %d", key, got)
		}
	}
}
