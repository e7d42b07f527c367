package search

import (
	"net/url"
	"reflect"
	"strings"
	"testing"

	"github.com/throughline/throughline/fhir"
)

func parseSearch(t testing.TB, search string) (resourceType string, q url.Values) {
	t.Helper()
	resourceType, text, _ := strings.Cut(search, "?")
	q, err := url.ParseQuery(text)
	if err != nil {
		t.Fatal(search, err)
	}
	return resourceType, q
}

// same compares two queries but for the page.
func same(a, b *Query) bool {
	if a == nil || b == nil {
		return a == b
	}
	x, y := *a, *b
	x.Page, y.Page = "", ""
	return reflect.DeepEqual(x, y)
}

// TestRefusals are searches that are refused in every mode.
func TestRefusals(t *testing.T) {
	cases := []struct{ search, path, in string }{
		{"Nonsense?x=1", "", "R4 resource type"},
		{"CarePlan?date=yesterday", "date", "prefixes"},
		{"CarePlan?date=2024-13", "date", "YYYY-MM"},
		{"CarePlan?date=2023-02-29", "date", "YYYY-MM"},
		{"CarePlan?date=xx2024", "date", "prefixes"},
		{"CarePlan?status=a|b|c", "status", "system|code"},
		{"CarePlan?status=|", "status", "system|code"},
		{"CarePlan?status=", "status", "a value"},
		{"CarePlan?status=active,", "status", "system|code"},
		{"CarePlan?status:exact=a", "status:exact", ":not, :text, :missing"},
		{"CarePlan?status:of-type=a", "status:of-type", ":not"},
		{"CarePlan?goal:missing=yes", "goal:missing", "true or false"},
		{"CarePlan?patient=Practitioner/1", "patient", "a reference to Patient"},
		{"CarePlan?subject:Patient=Group/1", "subject:Patient", "a reference to Patient"},
		{"CarePlan?subject:Location=1", "subject:Location", "a type: :Patient"},
		{"CarePlan?patient=no such id!", "patient", "Type/id"},
		{"CarePlan?patient.general-practitioner.name=x", "patient.general-practitioner.name", "one reference"},
		{"CarePlan?status.x=1", "status.x", "one reference"},
		{"Patient?_has:CarePlan:patient=1", "_has:CarePlan:patient", "_has:Type"},
		{"Patient?_has:CarePlan:goal:status=1", "_has:CarePlan:goal:status", "reference from another type"},
		{"Patient?_has:CarePlan:patient:_has:Goal:x:y=1", "_has:CarePlan:patient:_has:Goal:x:y", "one level"},
		{"Observation?value-quantity=5|mg", "value-quantity", "number||code"},
		{"Observation?value-quantity=five", "value-quantity", "prefixes"},
		{"RiskAssessment?probability=1e999", "probability", "decimal"},
		{"CarePlan?_count=-1", "_count", "whole number"},
		{"CarePlan?_count=1&_count=2", "_count", "one value"},
		{"CarePlan?_id=a/b", "_id", "1 to 64"},
		{"CarePlan?_id:missing=true", "_id:missing", "no modifier"},
		{"CarePlan?_page=", "_page", "next link"},
	}
	for _, c := range cases {
		typ, q := parseSearch(t, c.search)
		query, issues := Parse(typ, q, Options{})
		if query != nil || len(issues) != 1 || issues[0].Path != c.path || !strings.Contains(issues[0].Allowed, c.in) || issues[0].Fix == "" {
			t.Errorf("%s: %+v", c.search, issues)
		}
	}
}

// TestLeniency are searches that strict handling refuses and lenient handling
// answers without the part it does not know.
func TestLeniency(t *testing.T) {
	cases := []struct{ search, first, path string }{
		{"CarePlan?stauts=active&patient=1", "status", "stauts"},
		{"CarePlan?patient.nmae=x&patient=1", "name", "patient.nmae"},
		{"CarePlan?_sort=status&patient=1", "_id", "_sort"},
		{"CarePlan?_include:iterate=CarePlan:goal&patient=1", "_include", "_include:iterate"},
		{"CarePlan?_include=CarePlan:status&patient=1", "CarePlan:", "_include"},
		{"CarePlan?_include=CarePlan:goal:Patient&patient=1", "a target of", "_include"},
		{"CarePlan?_revinclude=Goal:subject&patient=1", "", "_revinclude"},
		{"CarePlan?_elements=id&patient=1", "_count", "_elements"},
		{"CarePlan?_summary=text&patient=1", "count", "_summary"},
		{"CarePlan?_filter=x&patient=1", "", "_filter"},
		{"CarePlan?code-value-quantity=x&patient=1", "", "code-value-quantity"},
	}
	for _, c := range cases {
		typ, q := parseSearch(t, c.search)
		query, issues := Parse(typ, q, Options{})
		if query == nil || len(query.Clauses) != 1 || len(issues) != 1 || issues[0].Severity != fhir.Warning ||
			issues[0].Path != c.path || !strings.HasPrefix(issues[0].Allowed, c.first) {
			t.Errorf("%s: %+v %+v", c.search, query, issues)
		}
		if strict, issues := Parse(typ, q, Options{Strict: true}); strict != nil || !issues.Errors() {
			t.Errorf("%s is taken strictly: %v", c.search, issues)
		}
	}
}

// TestNothingPersonalIsRepeated sends a canary in every personal parameter.
func TestNothingPersonalIsRepeated(t *testing.T) {
	const canary = "zzcanaryzz"
	for _, typ := range fhir.Types() {
		for _, p := range For(typ) {
			if !p.Personal && p.Type != Reference && p.Name != "_id" {
				continue
			}
			for _, value := range []string{canary + "|b|c", "|" + canary + "|", canary, canary + " !"} {
				_, issues := Parse(typ, url.Values{p.Name: {value}, p.Name + ":identifier": {value}, p.Name + ":nope": {value}}, Options{})
				if text := issues.Error(); strings.Contains(text, canary) {
					t.Errorf("%s?%s: %s", typ, p.Name, text)
				}
			}
		}
	}
}

func TestEscapes(t *testing.T) {
	typ, q := parseSearch(t, `Patient?identifier=urn:a\|b|x\,y,plain\\&name=a\$b\,c`)
	query, issues := Parse(typ, q, Options{})
	if len(issues) > 0 || len(query.Clauses) != 2 {
		t.Fatal(issues)
	}
	ids := query.Clauses[0].Values
	if len(ids) != 2 || ids[0].System != "urn:a|b" || ids[0].Code != "x,y" || ids[1].Code != `plain\` || query.Clauses[1].Values[0].Text != "a$b,c" {
		t.Errorf("%+v", query.Clauses)
	}
	if got := query.Values().Get("identifier"); got != `urn:a\|b|x\,y,plain\\` {
		t.Errorf("self link: %s", got)
	}
}

func TestOptions(t *testing.T) {
	typ, q := parseSearch(t, "CarePlan?subject=https://here.example/fhir/Patient/1&_count=5000&_page=cur&_sort=-date,_id")
	query, issues := Parse(typ, q, Options{MaxCount: 200, Base: "https://here.example/fhir"})
	if len(issues) > 0 {
		t.Fatal(issues)
	}
	v := query.Clauses[0].Values[0]
	if v.Type != "Patient" || v.ID != "1" || query.Count != 200 || query.Page != "cur" || len(query.Sort) != 2 || !query.Sort[0].Desc {
		t.Errorf("%+v", query)
	}
	if got := query.Values().Encode(); got != "_count=200&_sort=-date%2C_id&subject=Patient%2F1" {
		t.Error(got)
	}
}

func TestChains(t *testing.T) {
	typ, q := parseSearch(t, "CarePlan?subject.name=milo&subject:Patient.birthdate=2013&_has:Provenance:target:agent=Practitioner/1&care-team.participant=5")
	query, issues := Parse(typ, q, Options{Strict: true})
	if len(issues) > 0 {
		t.Fatal(issues)
	}
	byKey := map[string]Clause{}
	for _, c := range query.Clauses {
		byKey[c.key()] = c
	}
	if c := byKey["subject:Patient.name"]; len(c.Targets) != 1 || c.Chain.Param.Name != "name" || c.Chain.Values[0].Text != "milo" {
		t.Errorf("%+v", byKey) // Group has no name: the chain goes to Patient alone
	}
	if c := byKey["_has:Provenance:target:agent"]; c.Has != "Provenance" || c.Param.Name != "target" || c.Chain.Values[0].ID != "1" {
		t.Errorf("%+v", c)
	}
	if query.Local() || Match(query, Rows{Type: "CarePlan"}) {
		t.Error("a chain cannot be answered from one resource")
	}
}

func TestIfNoneExist(t *testing.T) {
	for _, good := range []string{"identifier=urn:a|b", "?identifier=urn:a|b&status=active", "CarePlan?patient.identifier=x|y", "_id=7"} {
		if q, issues := ParseIfNoneExist("CarePlan", good); q == nil || len(issues) > 0 {
			t.Errorf("%s: %v", good, issues)
		}
	}
	for _, bad := range []string{"", "?", "_count=1", "identifier=a&_sort=date", "status:not=active", "goal:missing=true", "date=ne2024",
		"_lastUpdated=gt1900", "identfier=a", "identifier=", "identifier=%zz", "_has:Goal:x:y=1"} {
		if q, issues := ParseIfNoneExist("CarePlan", bad); q != nil || !issues.Errors() {
			t.Errorf("%q is taken: %+v %v", bad, q, issues)
		}
	}
}

func TestTooMuch(t *testing.T) {
	many := url.Values{"status": make([]string, maxParams+1)}
	if q, issues := Parse("CarePlan", many, Options{}); q != nil || issues[0].Code != fhir.CodeTooCostly {
		t.Error(issues)
	}
	long := url.Values{"status": {strings.Repeat("a,", maxValues) + "a"}}
	if q, issues := Parse("CarePlan", long, Options{}); q != nil || issues[0].Code != fhir.CodeTooCostly {
		t.Error(issues)
	}
}

func parseOne(t testing.TB, resourceType, name, value string) *Query {
	t.Helper()
	q, issues := Parse(resourceType, url.Values{name: {value}}, Options{})
	if q == nil {
		t.Fatal(issues)
	}
	return q
}
