package x12

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/throughline/throughline/fhir"
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
