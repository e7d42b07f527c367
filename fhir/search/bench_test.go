package search

import (
	"net/url"
	"os"
	"testing"

	"github.com/throughline/throughline/fhir"
)

// BenchmarkExtract is the hot path of every write: a CarePlan of about 1.2 KB,
// parsed already.
func BenchmarkExtract(b *testing.B) {
	r := parseFile(b, "testdata/careplan.json")
	b.SetBytes(int64(len(r.JSON)))
	b.ReportAllocs()
	for b.Loop() {
		Extract(r)
	}
}

// BenchmarkParseResource is what comes before it, for comparison.
func BenchmarkParseResource(b *testing.B) {
	text, err := os.ReadFile("testdata/careplan.json")
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		fhir.Parse(text, fhir.Limits{})
	}
}

func BenchmarkPeriodAndSubject(b *testing.B) {
	r := parseFile(b, "testdata/careplan.json")
	b.ReportAllocs()
	for b.Loop() {
		Period(r)
		Subject(r, nil)
	}
}

func BenchmarkParseQuery(b *testing.B) {
	q := url.Values{"patient": {"Patient/1"}, "category": {"http://hl7.org/fhir/us/core/CodeSystem/careplan-category|assess-plan"}, "date": {"ge2024-01-01"}}
	b.ReportAllocs()
	for b.Loop() {
		Parse("CarePlan", q, Options{Strict: true})
	}
}
