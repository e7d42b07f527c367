package config

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// secretName is how a configuration names a secret of its environment.
var secretName = regexp.MustCompile(`env:([A-Z0-9_]+)`)

// TestPartnerGuides loads every complete configuration that the guides for
// partners show: a YAML block that begins with server.
func TestPartnerGuides(t *testing.T) {
	guides, err := filepath.Glob("../docs/partners/*.md")
	if err != nil || len(guides) == 0 {
		t.Fatal("no guides in docs/partners")
	}
	tried := 0
	for _, name := range guides {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, block := range strings.Split(string(text), "```yaml\n")[1:] {
			block, _, _ = strings.Cut(block, "```")
			if !strings.HasPrefix(block, "server:") {
				continue
			}
			tried++
			env := map[string]string{}
			for _, name := range secretName.FindAllStringSubmatch(block, -1) {
				env[name[1]] = strings.Repeat("5e", 32)
			}
			file := filepath.Join(t.TempDir(), "throughline.yaml")
			if err := os.WriteFile(file, []byte(block), 0o600); err != nil {
				t.Fatal(err)
			}
			if _, problems := Load(Input{Paths: []string{file}, Env: env}); problems.Err() != nil {
				t.Errorf("%s: %v", name, problems)
			}
		}
	}
	if tried == 0 {
		t.Error("no configuration in any guide")
	}
}
