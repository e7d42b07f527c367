package config

import (
	"strings"
	"testing"
)

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
