package fhir

import "testing"

// TestSloppinessIsAWarning: what R4 forbids and no reader is misled by goes in,
// with a word to the sender.
func TestSloppinessIsAWarning(t *testing.T) {
	for _, body := range []string{
		`{"resourceType":"CarePlan","status":"active","intent":"plan","subject":{"reference":"Patent/1"}}`,
		`{"resourceType":"CarePlan","status":"active","intent":"plan","subject":{"reference":"Patient/1"},"category":[]}`,
	} {
		r, issues := Parse([]byte(body), Limits{})
		if r == nil {
			t.Fatal(issues)
		}
		if issues = Validate(r); len(issues) != 1 || issues[0].Severity != Warning {
			t.Errorf("%s: %v", body, issues)
		}
	}
}
