package fhir

import (
	"bytes"
	"testing"
)

// seed gives a fuzz target all samples, valid and not.
func seed(f *testing.F) {
	for _, b := range samples(f, "valid/*.json") {
		f.Add(b)
	}
	for name, b := range samples(f, "invalid/*.txtar") {
		in, _ := split(f, name, b)
		f.Add(in)
	}
}

// FuzzParse: nothing panics, what is accepted parses again, and Stamp keeps
// all but id and meta.
func FuzzParse(f *testing.F) {
	seed(f)
	f.Fuzz(func(t *testing.T, b []byte) {
		r, issues := Parse(b, Limits{})
		if (r == nil) != issues.Errors() {
			t.Fatalf("resource %v with issues %v", r, issues)
		}
		if r == nil {
			return
		}
		if again, issues := Parse(bytes.Clone(r.JSON), Limits{}); again == nil || !Equal(r.JSON, again.JSON) {
			t.Fatalf("does not parse again: %v", issues)
		}
		checkStamp(t, "fuzz", b)
		for _, ref := range r.References() {
			if ref.Start < 0 || ref.End > len(r.JSON) || ref.Start >= ref.End {
				t.Fatalf("reference outside the text: %+v", ref)
			}
		}
	})
}

// FuzzValidate: nothing panics, every issue has a place, and the answer is a
// valid OperationOutcome.
func FuzzValidate(f *testing.F) {
	seed(f)
	f.Fuzz(func(t *testing.T, b []byte) {
		issues := check(b)
		for _, i := range issues {
			if i.Code == "" || i.Fix == "" || i.Found == "" {
				t.Fatalf("an issue that does not help: %+v", i)
			}
		}
		if more := check(Outcome(issues)); len(more) > 0 {
			t.Fatalf("not a valid OperationOutcome: %v\n%s", more, Outcome(issues))
		}
	})
}
