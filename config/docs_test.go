package config

import (
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// secretName is how a configuration names a secret of its environment.
var secretName = regexp.MustCompile(`env:([A-Z0-9_]+)`)

// noGuide are the pages that connect nobody.
var noGuide = map[string]bool{"README.md": true, "conformance.md": true}

// TestPartnerGuides loads every YAML block of every guide for partners: each is a
// whole configuration, and each guide has one.
func TestPartnerGuides(t *testing.T) {
	key := ecKey(t)
	guides, err := filepath.Glob("../docs/partners/*.md")
	if err != nil || len(guides) == 0 {
		t.Fatal("no guides in docs/partners")
	}
	for _, name := range guides {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		blocks := strings.Split(string(text), "```yaml\n")[1:]
		if (len(blocks) == 0) != noGuide[filepath.Base(name)] {
			t.Errorf("%s has %d configurations", name, len(blocks))
		}
		for _, block := range blocks {
			block, _, _ = strings.Cut(block, "```")
			env := map[string]string{}
			for _, name := range secretName.FindAllStringSubmatch(block, -1) {
				if env[name[1]] = fmt.Sprintf("%x", sha256.Sum256([]byte(name[1]))); strings.HasSuffix(name[1], "_KEY") {
					env[name[1]] = key
				}
			}
			file := filepath.Join(t.TempDir(), "throughline.yaml")
			if err := os.WriteFile(file, []byte(block), 0o600); err != nil {
				t.Fatal(err)
			}
			if _, problems := Load(Input{Paths: []string{file}, Env: env}); len(problems) > 0 { // warnings too
				t.Errorf("%s: %v", name, problems)
			}
		}
	}
}
