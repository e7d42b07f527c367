package api

import (
	"net/http"
	"strings"
	"testing"
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
