package pas_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/mappings/pas"
)

var update = flag.Bool("update", false, "rewrite the golden file")

// samples are the public samples; they are not part of the repository.
const samples = "../../../shared/spec/fhir"

// TestSamples reads every Bundle, Claim and ClaimResponse of the guide, of
// Inferno and of the reference server, and keeps what became of it: taken as
// what, or refused why.
func TestSamples(t *testing.T) {
	var files []string
	for _, dir := range []string{"davinci-pas-2.0.1", "davinci-pas-2.2.1", "davinci-prior-auth-ri", "inferno-pas-fixtures", "inferno-pas-presets"} {
		found, _ := filepath.Glob(filepath.Join(samples, dir, "*.json"))
		files = append(files, found...)
	}
	if len(files) == 0 {
		t.Skipf("SKIPPED: the samples of Da Vinci PAS are not at %s, so none was read", samples)
	}
	var out strings.Builder
	for _, path := range files {
		body, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if words := became(t, body); words != "" {
			fmt.Fprintf(&out, "%s\n%s", strings.TrimPrefix(filepath.ToSlash(path), samples+"/"), words)
		}
	}
	const golden = "testdata/samples.golden"
	if *update {
		if err := os.WriteFile(golden, []byte(out.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), out.String()); diff != "" {
		t.Errorf("differs; run with -update and read the diff (-want +got):\n%s", diff)
	}
}

// became says in lines what a sample is to us; empty for what is not of PAS.
func became(t *testing.T, body []byte) string {
	r, issues := fhir.Parse(body, fhir.Limits{})
	if r == nil {
		return worded(issues)
	}
	answer := r.Type == "Bundle" && firstType(r) == "ClaimResponse" // of what stands beside the ClaimResponse nothing is kept
	if invalid := fhir.Validate(r); invalid.Errors() && !answer {
		return "  not R4: " + worded(invalid[:1])
	}
	switch r.Type {
	case "Bundle":
	case "ClaimResponse":
		return decided(pas.DecisionOf(r))
	case "Subscription":
		if !pas.IsTopic(r) {
			return "  another topic: kept as a record\n"
		}
		s, issues := pas.Subscription(r, nil)
		return fmt.Sprintf("  subscription filters=%v\n%s", s.Filters, worded(issues))
	default:
		return ""
	}
	p := &gateway.Partner{ID: "clinic-a", MemberSystem: "urn:test:member"}
	m := &gateway.Message{Partner: "clinic-a", Body: body}
	if first := firstType(r); first == "Claim" || first == "" {
		return requested(t, m, p)
	}
	out, err := pas.Response(m, p)
	if err != nil {
		t.Fatal(err)
	}
	if out.Issues.Errors() {
		return "  refused answer:\n" + worded(out.Issues)
	}
	words := ""
	for _, d := range out.Decisions {
		words += decided(&d)
	}
	return words
}

func requested(t *testing.T, m *gateway.Message, p *gateway.Partner) string {
	out, err := pas.Submit(m, p)
	if err != nil {
		t.Fatal(err)
	}
	s := out.Submission
	if s == nil {
		return "  refused request:\n" + worded(out.Issues)
	}
	kind := "request"
	if s.Update {
		kind = "update"
	}
	words := fmt.Sprintf("  %s trace=%s|%s member=%s insurer=%v provider=%v urgent=%t prior=%v\n", kind, s.Trace.System, s.Trace.Value, s.Member.Value, values(s.Insurer), values(s.Provider), s.Urgent, s.Prior != nil)
	for _, i := range s.Items {
		words += fmt.Sprintf("    item %d %s %s%s x%s%s cancelled=%t changed=%s\n", i.Sequence, i.Certification, i.Asked.Code.Code, i.Asked.Modifiers, i.Asked.Units, i.Asked.Unit, i.Cancelled, i.Changed)
	}
	if q, issues := pas.Question(m.Body, p); q != nil {
		words += fmt.Sprintf("    as a question: members=%v numbers=%v items=%d\n", values(q.Members), q.Numbers, len(q.Items))
	} else {
		words += worded(issues)
	}
	return words
}

func decided(d *gateway.Decision) string {
	words := fmt.Sprintf("  answer to %s at %s errors=%v\n", d.Trace.Value, d.At.Format("2006-01-02T15:04:05Z07:00"), d.Errors)
	line := func(name string, a gateway.ItemAnswer) {
		words += fmt.Sprintf("    %s %s number=%s period=%s..%s", name, a.Action, a.Number, a.Start, a.End)
		if a.Given != nil {
			words += fmt.Sprintf(" given %s%s x%s%s", a.Given.Code.Code, a.Given.Modifiers, a.Given.Units, a.Given.Unit)
		}
		words += "\n"
	}
	for _, i := range d.Items {
		line(fmt.Sprint("item ", i.Sequence), i.ItemAnswer)
	}
	for _, i := range d.Added {
		line("added", i.ItemAnswer)
	}
	if d.Whole != nil {
		line("all", *d.Whole)
	}
	return words
}

func worded(issues fhir.Issues) string {
	words := ""
	for _, i := range issues {
		words += fmt.Sprintf("    %s %s: %s\n", i.Code, i.Path, i.Text())
	}
	return words
}

func values(ids []gateway.Identifier) (out []string) {
	for _, id := range ids {
		out = append(out, id.Value)
	}
	return out
}

func firstType(r *fhir.Resource) string {
	for _, e := range r.Entries() {
		if e.Resource != nil {
			return e.Resource.Type
		}
	}
	return ""
}
