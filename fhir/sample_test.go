package fhir

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "rewrite the expected issues in testdata/invalid")

// samples gives the files of one folder of testdata by name.
func samples(tb testing.TB, pattern string) map[string][]byte {
	tb.Helper()
	paths, err := filepath.Glob(filepath.Join("testdata", pattern))
	if err != nil || len(paths) == 0 {
		tb.Fatalf("no samples match %s: %v", pattern, err)
	}
	files := map[string][]byte{}
	for _, p := range paths {
		b, err := os.ReadFile(p)
		if err != nil {
			tb.Fatal(err)
		}
		files[p] = b
	}
	return files
}

func TestValidSamples(t *testing.T) {
	for name, b := range samples(t, "valid/*.json") {
		if issues := check(b); len(issues) > 0 {
			t.Errorf("%s:\n%v", name, issues)
			continue
		}
		checkStamp(t, name, b)
	}
}

// split reads a case of testdata/invalid: the input and the expected issues.
func split(tb testing.TB, name string, b []byte) (in, want []byte) {
	tb.Helper()
	head, want, ok := bytes.Cut(b, []byte("\n-- issues --\n"))
	in, found := bytes.CutPrefix(head, []byte("-- in.json --\n"))
	if !ok || !found {
		tb.Fatalf("%s: want the parts in.json and issues", name)
	}
	return in, want
}

// TestInvalidSamples compares all issues of each rule's sample. Run with
// -update to rewrite them, and review the diff.
func TestInvalidSamples(t *testing.T) {
	for name, b := range samples(t, "invalid/*.txtar") {
		in, want := split(t, name, b)
		issues := check(bytes.Clone(in))
		var got strings.Builder
		for _, i := range issues {
			fmt.Fprintf(&got, "%s %s %s\n\t%s\n", i.Severity, i.Code, i.Path, i.Text())
		}
		if !issues.Errors() {
			t.Errorf("%s: was accepted: %v", name, issues)
		}
		if *update {
			out := "-- in.json --\n" + string(in) + "\n-- issues --\n" + got.String()
			if err := os.WriteFile(name, []byte(out), 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		if got.String() != string(want) {
			t.Errorf("%s:\ngot\n%swant\n%s", name, got.String(), want)
		}
	}
}

// TestMasked looks for what a person could be known by in every issue.
func TestMasked(t *testing.T) {
	for name, b := range samples(t, "invalid/*.txtar") {
		in, _ := split(t, name, b)
		for _, i := range check(in) {
			for _, personal := range []string{"Robin", "Sample", "Springfield", "Jane", "Doe", "555-0100", "11222", "2014-02", "1/2/2014", "02/28/2014"} {
				if strings.Contains(i.Text()+i.Path, personal) {
					t.Errorf("%s shows %q: %s: %s", name, personal, i.Path, i.Text())
				}
			}
		}
	}
}
