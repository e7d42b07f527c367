package x12

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
)

var update = flag.Bool("update", false, "rewrite the golden files")

const spec = "../../../shared/spec"

// golden compares with a file of testdata.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s differs; run with -update and read the diff:\n%s", name, diff)
	}
}

// TestPASBundles writes every request and answer of the PAS samples, of both
// versions, as a 278: what we write is well formed, and what is left behind is
// named.
func TestPASBundles(t *testing.T) {
	files, _ := filepath.Glob(spec + "/fhir/davinci-pas-*/*undle*.json")
	more, _ := filepath.Glob(spec + "/fhir/inferno-pas-*/*.json")
	if files = append(files, more...); len(files) == 0 {
		t.Skip("SKIPPED: the PAS samples are not at ../shared/spec/fhir")
	}
	var out strings.Builder
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		r, _ := fhir.Parse(b, fhir.Limits{})
		if r == nil || r.Type != "Bundle" || bytes.Contains(b, []byte(`"type":"history"`)) {
			continue
		}
		name, _ := filepath.Rel(spec+"/fhir", f)
		st, issues, err := Write278([]*fhir.Resource{r}, agency())
		fmt.Fprintf(&out, "== %s\n%s", name, st)
		for _, i := range issues {
			fmt.Fprintf(&out, "   %s %s: %s\n", i.Severity, i.Path, i.Found)
		}
		if err != nil {
			fmt.Fprintf(&out, "   REFUSED: %s\n", strings.ReplaceAll(err.Error(), "\n", "\n   "))
		}
	}
	golden(t, "pas_to_278.txt", out.String())
}

func specFiles(t *testing.T) []string {
	t.Helper()
	files, _ := filepath.Glob(spec + "/x12/*/*")
	if len(files) == 0 {
		t.Skip("SKIPPED: the X12 samples are not at ../shared/spec/x12")
	}
	return slices.DeleteFunc(files, func(f string) bool { return strings.HasSuffix(f, ".md") })
}

// outcomeOf maps a part of a kind of this package: the types it became, all of
// them R4.
func outcomeOf(t *testing.T, part Part) string {
	t.Helper()
	to := map[gateway.Kind]gateway.Mapping{"x12/278": Request, "x12/278-response": Response, "x12/270": EligibilityRequest, "x12/271": EligibilityResponse}[part.Kind]
	if to == nil {
		return ""
	}
	out, err := to(&gateway.Message{Kind: part.Kind, Body: part.Body}, agency())
	if err != nil {
		t.Fatal(err)
	}
	var words []string
	for _, c := range out.Changes {
		if issues := fhir.Validate(c.Resource); len(issues) > 0 {
			t.Errorf("%s: %s is not R4: %v", part.Unit, c.Type, issues)
		}
		words = append(words, c.Type)
	}
	for _, i := range out.Issues {
		words = append(words, string(i.Severity)+" "+i.Path)
	}
	return ": " + strings.Join(words, ", ")
}
