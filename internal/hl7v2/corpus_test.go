package hl7v2

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// corpus is the folder of public sample messages beside the project; a work
// tree lies one level deeper.
func corpus() string {
	for _, dir := range []string{"../../../shared/spec/hl7v2", "../../../../shared/spec/hl7v2"} {
		if _, err := os.Stat(dir); err == nil {
			return dir
		}
	}
	return ""
}

func samples(t testing.TB) map[string][]byte {
	t.Helper()
	out := map[string][]byte{}
	dir := corpus()
	if dir == "" {
		t.Log("SKIPPED: no sample messages beside the project (shared/spec/hl7v2): nothing of the corpus was read")
		return out
	}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".hl7") {
			return err
		}
		b, err := os.ReadFile(path)
		name, _ := filepath.Rel(dir, path)
		out[filepath.ToSlash(name)] = b
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// refused are the samples that are no message, with the reason; the table in
// docs/mappings/hl7v2.md says the same.
var refused = map[string]string{}

func TestCorpusIsRewrittenByteForByte(t *testing.T) {
	all := samples(t)
	if len(all) == 0 {
		t.Skip("SKIPPED: no sample messages beside the project")
	}
	if len(all) < 60 {
		t.Errorf("%d samples, want 60 or more", len(all))
	}
	for name, b := range all {
		parts, err := Split(b)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		for _, part := range parts {
			m, err := Parse(part, Limits{})
			if (err != nil) != (refused[name] != "") {
				t.Errorf("%s: %v, want refused %q", name, err, refused[name])
				continue
			}
			if err == nil && !bytes.Equal(m.Encode(), part) {
				t.Errorf("%s: not the same bytes:\n%q\n%q", name, m.Encode(), part)
			}
			if err == nil && m.Header().Check() != nil && name != "authored/mllp_two_messages_framed.hl7" {
				t.Errorf("%s: header: %v", name, m.Header().Check())
			}
		}
	}
}
