package fhir

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/fhir/go/fhirversion"
	"github.com/google/fhir/go/jsonformat"
)

// specDir is where the official and public samples are; they are not part of
// the repository, for their size and licences.
const specDir = "../../shared/spec/fhir"

// specFiles lists the sample resources by their path below specDir.
func specFiles(tb testing.TB) []string {
	tb.Helper()
	var files []string
	err := filepath.WalkDir(specDir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if strings.HasSuffix(path, ".json") {
			rel, err := filepath.Rel(specDir, path)
			if err != nil {
				return err
			}
			files = append(files, filepath.ToSlash(rel))
		}
		return nil
	})
	if err != nil || len(files) == 0 {
		tb.Skipf("SKIPPED: the FHIR samples are not at %s, so nothing was compared: %v", specDir, err)
	}
	return files
}

func specFile(tb testing.TB, name string) []byte {
	tb.Helper()
	b, err := os.ReadFile(filepath.Join(specDir, filepath.FromSlash(name)))
	if err != nil {
		tb.Fatal(err)
	}
	return b
}

func newUnmarshaller(tb testing.TB) *jsonformat.Unmarshaller {
	tb.Helper()
	u, err := jsonformat.NewUnmarshaller("UTC", fhirversion.R4)
	if err != nil {
		tb.Fatal(err)
	}
	u.MaxNestingDepth = 64
	return u
}

// check is what a gateway does with a body.
func check(b []byte) Issues {
	r, issues := Parse(b, Limits{})
	if r == nil {
		return issues
	}
	return append(issues, Validate(r)...)
}

// TestSpecFiles holds our verdict against that of google/fhir, and stamps
// what is valid: the official samples are the widest input there is.
func TestSpecFiles(t *testing.T) {
	u := newUnmarshaller(t)
	for _, name := range specFiles(t) {
		b := specFile(t, name)
		issues := check(b)
		_, err := u.Unmarshal(b)
		agree := issues.Errors() == (err != nil)
		switch reason, excepted := specExceptions[name]; {
		case !agree && !excepted:
			t.Errorf("%s: jsonformat says %v, we say %v", name, err, issues)
		case agree && excepted:
			t.Errorf("%s: no longer an exception: %s", name, reason)
		}
		if !issues.Errors() {
			checkStamp(t, name, b)
		}
	}
}

// TestSpecInvalid wants each known invalid sample refused at the right place.
func TestSpecInvalid(t *testing.T) {
	specFiles(t)
	for name, path := range specInvalid {
		issues := check(specFile(t, name))
		at := func(i Issue) bool { return i.Path == path && i.Severity == Error }
		if !slices.ContainsFunc(issues, at) {
			t.Errorf("%s: want an error at %s, got %v", name, path, issues)
		}
	}
}
