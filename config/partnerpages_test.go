package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestPartnerPages keeps the examples of docs/partners/{files,sftp,x12}.md true:
// each loads without a problem.
func TestPartnerPages(t *testing.T) {
	for _, page := range []string{"files.md", "sftp.md", "x12.md"} {
		text, err := os.ReadFile(filepath.Join("../docs/partners", page))
		if err != nil {
			t.Fatal(err)
		}
		_, rest, found := strings.Cut(string(text), "```yaml\n")
		example, _, closed := strings.Cut(rest, "```")
		if !found || !closed {
			t.Fatalf("%s: no example", page)
		}
		_, problems := Load(Input{Paths: []string{write(t, page+".yaml", example)}, Env: map[string]string{"AMBER_SSH_KEY": "key"}})
		if err := problems.Err(); err != nil {
			t.Errorf("%s:\n%v", page, err)
		}
	}
}

// TestFileProblems reports what is wrong with folders and X12, each at its line.
func TestFileProblems(t *testing.T) {
	_, problems := Load(Input{Paths: []string{write(t, "f.yaml", `partners:
  - id: a
    name: A
    kind: clinic
    receive:
      - {wire: folder, path: relative/in, ready: soon}
      - {wire: sftp, path: /in, files: [{name: "a/b", kind: csv/nothing}]}
      - {wire: folder, path: /in, answers: /in, ssh: {host: nowhere, user: u, key: env:K, password: env:K, host_keys: [any]}}
    wants: [{types: [Claim]}]
    deliver: {wire: files, format: x12}
`)}, Env: map[string]string{"K": "k"}})
	got := problems.Error()
	for _, want := range []string{
		"f.yaml:6:30: partners[0].receive[0].path: found \"relative/in\"", "receive[0].ready: found \"soon\"", "receive[1].ssh: found nothing",
		"receive[1].files[0].name", "receive[1].files[0].kind", "receive[2].ssh.host", "receive[2].ssh.host_keys[0]", "receive[2]: found one folder for two purposes",
		"deliver.path: found nothing", "deliver.format: found x12 for a partner without x12",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
}
