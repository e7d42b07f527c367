package config

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"strings"
	"testing"
)

// ecKey is a new key of EC P-384 as PEM.
func ecKey(t *testing.T) string {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: der}))
}

// TestServersAreChecked names every way to a partner's server that cannot work,
// at its line.
func TestServersAreChecked(t *testing.T) {
	text := `programs: {packs: [wraparound]}
partners:
  - {id: a, name: A, kind: ehr, poll: {types: [Task]}}
  - {id: b, name: B, kind: ehr, sends: [fhir/Patient], poll: {types: [Task], every: 5m}, deliver: {wire: fhir, url: "https://b.example"}}
  - {id: c, name: C, kind: ehr, wants: [{types: [Task]}], deliver: {wire: fhir, url: "https://c.example", token: env:T, smart: {client_id: x, scope: y, key: env:BAD}}}
  - {id: d, name: D, kind: ehr, wants: [{types: [Task]}], deliver: {wire: fhir, url: "https://d.example", ids: mine}, export: {level: group}}
  - {id: e, name: E, kind: clinic, wants: [{types: [Task]}], deliver: {wire: link, url: "https://e.example"}}
`
	_, problems := Load(Input{Paths: []string{write(t, "x.yaml", text)}, Env: map[string]string{"T": strings.Repeat("t", 20), "BAD": "hunter2"}})
	all := problems.Error()
	for _, want := range []string{
		"x.yaml:3:", "partners[0].poll: found poll without a FHIR server", "x.yaml:4:", "partners[1].poll.every: found 5m0s; allowed: 15m or more",
		`partners[1].poll.types[0]: found "Task"`, "x.yaml:5:", "partners[2].deliver.token: found (secret); allowed: token or smart", "partners[2].deliver.smart.key: found neither PEM nor a JWK",
		"x.yaml:6:", `partners[3].deliver.ids: found "mine"; allowed: one of: ours, theirs`, "partners[3].export.group", "x.yaml:7:", "partners[4].deliver.path", "partners[4].deliver.url", "server.links.secret",
	} {
		if !strings.Contains(all, want) {
			t.Errorf("missing %q in\n%s", want, all)
		}
	}
	if strings.Contains(all, "hunter2") {
		t.Error("a secret is in the problems")
	}
}
