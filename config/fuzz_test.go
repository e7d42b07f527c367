package config

import (
	"os"
	"path/filepath"
	"testing"
)

// FuzzRead reads any text as a configuration and as a pack: problems, never a
// panic.
func FuzzRead(f *testing.F) {
	seeds, _ := filepath.Glob("programs/*.yaml")
	for _, name := range append(seeds, "throughline.example.yaml", "demo.yaml", "testdata/bad.yaml", "testdata/bad-pack.yaml") {
		body, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(body)
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		r := newReader(nil)
		r.yaml("fuzz.yaml", body)
		if c, problems := r.finish(nil); (c == nil) != (problems.Err() != nil) {
			t.Errorf("configuration %t with %v", c != nil, problems)
		}
		if p, problems := LoadPack("fuzz.yaml", body); (p == nil) != (problems.Err() != nil) {
			t.Errorf("pack %t with %v", p != nil, problems)
		}
	})
}
