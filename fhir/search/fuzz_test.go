package search

import (
	"net/url"
	"testing"

	"github.com/throughline/throughline/fhir"
)

// FuzzQuery: no query makes Parse panic, and the self link of a query means the
// same query.
func FuzzQuery(f *testing.F) {
	for _, seed := range []string{
		"patient=1&status=active,draft&date=ge2024-01&_count=5", "subject:Patient.name=mi&_sort=-date", "identifier=a\\|b|c\\,d",
		"_has:Provenance:target:agent=1", "patient:identifier=x|y&_include=CarePlan:goal:Goal&_revinclude=Task:focus", "category:not=a|&goal:missing=true",
		"date=ap2024&date=ne2024-02-03T04:05:06%2B01:00", "instantiates-uri:below=http&_summary=count&_total=none", "_id=a,b&_lastUpdated=lt2024&x=y",
		"status=http://hl7.org/fhir/request-status|active", "subject=http://a/b/Patient/1&instantiates-canonical=http://x|1",
	} {
		f.Add("CarePlan", seed)
	}
	f.Add("Observation", "value-quantity=gt5.40|http://unitsofmeasure.org|mg&combo-value-quantity=1e2||x&value-string:contains=%C3%81")
	f.Add("RiskAssessment", "probability=ap0.5")
	f.Add("Patient", "phone=(555) 1&deceased=true&address:exact=X")
	f.Fuzz(func(t *testing.T, typ, text string) {
		values, err := url.ParseQuery(text)
		if err != nil {
			return
		}
		query, issues := Parse(typ, values, Options{})
		if (query == nil) != issues.Errors() {
			t.Fatalf("%v with issues %v", query, issues)
		}
		ParseIfNoneExist(typ, text)
		if query == nil {
			return
		}
		Match(query, Rows{Type: typ})
		again, issues := Parse(typ, query.Values(), Options{Strict: true})
		if len(issues) > 0 || !same(query, again) {
			t.Fatalf("%s?%s became %s: %v\n%+v\n%+v", typ, text, query.Values().Encode(), issues, query, again)
		}
	})
}

// FuzzExtract: no JSON that has a resourceType makes Extract, Subject or Period
// panic, whatever else it holds.
func FuzzExtract(f *testing.F) {
	for _, name := range []string{"patient", "careplan", "observation", "claim", "risk"} {
		f.Add(parseFile(f, "testdata/"+name+".json").JSON)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if r, _ := fhir.Parse(b, fhir.Limits{}); r != nil {
			Extract(r)
			Subject(r, nil)
			Period(r)
		}
	})
}
