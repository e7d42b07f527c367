package search

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// TestMatch asks testdata for what it holds and for what it does not.
func TestMatch(t *testing.T) {
	cases := []struct {
		file, search string
		want         bool
	}{
		{"patient", "Patient?name=nu", true},
		{"patient", "Patient?name=NUÑEZ", true},
		{"patient", "Patient?name=milo jose nunez", true},
		{"patient", "Patient?name=unez", false},
		{"patient", "Patient?name:contains=unez", true},
		{"patient", "Patient?given:exact=jose", false},
		{"patient", "Patient?given:exact=José", true},
		{"patient", "Patient?identifier=no-system", true},
		{"patient", "Patient?identifier=|no-system", true},
		{"patient", `Patient?identifier=|MA0001\|7`, false},
		{"patient", "Patient?identifier=urn:example:medicaid|", true},
		{"patient", "Patient?gender=http://hl7.org/fhir/administrative-gender|male", true},
		{"patient", "Patient?gender=urn:other|male", false},
		{"patient", "Patient?phone=555-010-2030&email=FAMILY.NUNEZ@example.org", true},
		{"patient", "Patient?phone=Family.Nunez@Example.org", false},
		{"patient", "Patient?active=true&deceased=false&gender=female,male", true},
		{"patient", "Patient?active=true&gender=female", false},
		{"patient", "Patient?gender:not=female", true},
		{"patient", "Patient?gender:not=female,male", false},
		{"patient", "Patient?death-date:missing=true&birthdate:missing=false", true},
		{"patient", "Patient?birthdate=2013&birthdate=gt2013-05-05", true},
		{"patient", "Patient?birthdate=ne2013-05", false},
		{"patient", "Patient?language:text=span", true},
		{"patient", "Patient?general-practitioner=p1", true},
		{"patient", "Patient?general-practitioner=Organization/p1", false},
		{"patient", "Patient?general-practitioner:identifier=1234567893", true},
		{"patient", "Patient?organization:missing=true", true},
		{"patient", "Patient?_id=x,a7-milo&_lastUpdated=2024-03-01&_tag=wraparound", true},
		{"patient", "Patient?_lastUpdated=lt2024-03-01", false},
		{"patient", "Patient?_profile=http://hl7.org/fhir/us/core/StructureDefinition/us-core-patient", true},
		{"patient", "Practitioner?name=nu", false},
		{"careplan", "CarePlan?date=ge2030&date=2024", false},
		{"careplan", "CarePlan?date=ge2030", true},
		{"careplan", "CarePlan?date=lt2024-02-01", false},
		{"careplan", "CarePlan?instantiates-canonical=http://example.org/PlanDefinition/wrap", true},
		{"careplan", "CarePlan?instantiates-canonical=http://example.org/PlanDefinition/wrap|2.0", true},
		{"careplan", "CarePlan?instantiates-canonical=http://example.org/PlanDefinition/wrap|3.0", false},
		{"careplan", "CarePlan?care-team=t1", false}, // it is elsewhere
		{"careplan", "CarePlan?activity-date=le2024-01", true},
		{"careplan", "CarePlan?category:missing=true", false},
		{"observation", "Observation?value-quantity=7||points", false}, // "<= 7.25" reaches below 6.5
		{"observation", "Observation?value-quantity=le7.25", true},
		{"observation", "Observation?value-quantity=lt7.25|http://unitsofmeasure.org|{score}", true},
		{"observation", "Observation?value-quantity=gt7.25", false},
		{"observation", "Observation?component-value-quantity=ap0||mV", true},
		{"observation", "Observation?patient:identifier=urn:example:medicaid|MA0001", true},
		{"risk", "RiskAssessment?probability=0.13", true},
		{"risk", "RiskAssessment?probability=0.130", false},
		{"risk", "RiskAssessment?probability=0.1250&probability=lt0.0013", true},
		{"appointment", "Appointment?patient=a7-milo&practitioner=p1&location=l1&actor=p1", true},
		{"appointment", "Appointment?patient=p1", false},
	}
	for _, c := range cases {
		typ, q := parseSearch(t, c.search)
		query, issues := Parse(typ, q, Options{Strict: true})
		if len(issues) > 0 {
			t.Errorf("%s: %v", c.search, issues)
			continue
		}
		if got := Match(query, Extract(parseFile(t, "testdata/"+c.file+".json"))); got != c.want {
			t.Errorf("%s on %s: %v", c.search, c.file, got)
		}
	}
}

// TestNegations: :not is the opposite of the plain search, :missing=true of
// :missing=false, whatever is asked.
func TestNegations(t *testing.T) {
	rows := Extract(parseFile(t, "testdata/patient.json"))
	rapid.Check(t, func(t *rapid.T) {
		p := rapid.SampledFrom(For("Patient")).Draw(t, "param")
		if p.Column() != "" {
			return
		}
		value := Value{AnySystem: rapid.Bool().Draw(t, "any system"), Code: rapid.SampledFrom([]string{"male", "true", "home", "x"}).Draw(t, "code")}
		ask := func(m Modifier, v Value) bool {
			return Match(&Query{Type: "Patient", Clauses: []Clause{{Param: p, Modifier: m, Values: []Value{v}}}}, rows)
		}
		if p.Type == Token && ask(Plain, value) == ask(Not, value) {
			t.Errorf("%s: :not is not the opposite", p.Name)
		}
		if ask(Missing, Value{Missing: true}) == ask(Missing, Value{}) {
			t.Errorf("%s: both missing and there", p.Name)
		}
	})
}

// TestLongValues: values longer than an index entry stay apart, and are found.
func TestLongValues(t *testing.T) {
	long := strings.Repeat("x", 2*maxKey)
	rows := Extract(mustParse(t, `{"resourceType":"Patient","identifier":[{"system":"`+long+`s","value":"`+long+`1"}],"name":[{"text":"`+long+`"}]}`))
	for _, r := range rows.Tokens {
		if len(r.System) > maxKey || len(r.Value) > maxKey {
			t.Errorf("a row of %d and %d bytes", len(r.System), len(r.Value))
		}
	}
	for value, want := range map[string]bool{long + "1": true, long + "2": false, long + "s|" + long + "1": true, long + "t|": false} {
		q := parseOne(t, "Patient", "identifier", value)
		if Match(q, rows) != want {
			t.Errorf("identifier of %d bytes: want %v", len(value), want)
		}
	}
	if q := parseOne(t, "Patient", "name", long); !Match(q, rows) {
		t.Error("a long name is not found")
	}
}
