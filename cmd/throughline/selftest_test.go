package main

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/throughline/throughline/adapters/adaptertest"
	"github.com/throughline/throughline/adapters/sftptest"
	"github.com/throughline/throughline/demo"
	"github.com/throughline/throughline/gateway"
)

// selfTestConfig has a partner on each wire, with a test endpoint.
const selfTestConfig = `
server: {listen: 127.0.0.1:0, admin_listen: 127.0.0.1:0}
programs: {packs: [wraparound]}
partners:
  - {id: mllp, name: A clinic, kind: clinic, npi: ["1999900073"], networks: [127.0.0.0/8], hl7v2: {applications: [DOGWOOD]}, wants: [{types: [Task]}], deliver: {wire: mllp, url: "mllp://127.0.0.1:9"}, test_deliver: {wire: mllp, url: "mllp://%[1]s", timeout: 5s}}
  - {id: pas, name: A plan, kind: mco, payers: [mco-a], identifiers: [{system: "urn:test:payer", value: mco-a}], wants: [{types: [Claim]}], deliver: {wire: pas, url: "http://127.0.0.1:9/fhir"}, test_deliver: {wire: pas, url: "%[2]s/fhir", token: env:PLAN_TOKEN, timeout: 5s}}
  - {id: hook, name: A school, kind: clinic, npi: ["1999900040"], wants: [{types: [Task]}], deliver: {wire: webhook, url: "http://127.0.0.1:9", secrets: [env:HOOK]}, test_deliver: {wire: webhook, url: "%[3]s", secrets: [env:HOOK]}}
  - {id: sftp, name: A plan, kind: mco, payers: [mco-b], wants: [{types: [Claim]}], x12: {ours: {qualifier: ZZ, id: AGENCY01}, theirs: {qualifier: ZZ, id: PLANMCO}, usage: P},
     deliver: {wire: sftp, path: /nowhere, format: x12, ssh: %[4]s}, test_deliver: {wire: sftp, path: "%[5]s/sftp", format: x12, ssh: %[4]s}}
  - {id: csv, name: A clinic, kind: clinic, npi: ["1999900024"], wants: [{types: [Appointment]}], deliver: {wire: files, path: /nowhere, format: csv}, test_deliver: {wire: files, path: "%[5]s/csv", format: csv}}
  - {id: away, name: A clinic, kind: clinic, npi: ["1999900016"], networks: [127.0.0.0/8], hl7v2: {applications: [AWAY]}, wants: [{types: [Task]}], deliver: {wire: mllp, url: "mllp://127.0.0.1:9"}, test_deliver: {wire: mllp, url: "mllp://%[6]s", timeout: 5s}}
`

// The self-test goes through on every wire: connect, authenticate, send, send
// again, broken data; what arrives is one record, marked as a test.
func TestSelfTestOnEachWire(t *testing.T) {
	dir := t.TempDir()
	clinic := demo.NewHL7Server()
	clinic.Dir = filepath.Join(dir, "hl7")
	l := adaptertest.Listen(t, "127.0.0.1:0")
	go func() { _ = clinic.Serve(l) }()
	t.Cleanup(func() { _ = clinic.Close() })
	plan := demo.NewPayerServer("2.2.1", 3, "token-of-the-plan")
	planURL := httptest.NewServer(plan)
	t.Cleanup(planURL.Close)
	var hooked []string
	hook := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var b bytes.Buffer
		if _, err := b.ReadFrom(r.Body); err == nil && r.Method == http.MethodPost {
			hooked = append(hooked, b.String())
		}
		if strings.HasSuffix(b.String(), ",") {
			w.WriteHeader(http.StatusBadRequest)
		}
	}))
	t.Cleanup(hook.Close)
	server := sftptest.New(t)
	for _, name := range []string{"sftp", "csv", "data"} {
		if err := os.Mkdir(filepath.Join(dir, name), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	ssh := fmt.Sprintf("{host: %q, user: throughline, key: env:SSH_KEY, host_keys: [%q]}", server.SSH.Host, server.SSH.HostKeys[0])
	path := filepath.Join(dir, "c.yaml")
	if err := os.WriteFile(path, fmt.Appendf(nil, selfTestConfig, l.Addr(), planURL.URL, hook.URL, ssh, dir, freeAddress(t)), 0o600); err != nil {
		t.Fatal(err)
	}
	app, _, stop := running(t, path, filepath.Join(dir, "data", "throughline.db"), filepath.Join(dir, "data"),
		map[string]string{"PLAN_TOKEN": "token-of-the-plan", "HOOK": "secret-of-the-schools-hook", "SSH_KEY": server.SSH.Key})
	defer stop()
	for id, want := range map[gateway.PartnerID]string{
		"mllp": "ok ok ok ok", "pas": "skipped ok ok ok", "hook": "ok ok ok ok", "sftp": "ok ok ok skipped", "csv": "ok ok ok skipped", "away": "failed",
	} {
		steps, err := app.selfTest(t.Context(), id)
		var got []string
		for _, s := range steps {
			if s.Wire != "in" {
				got = append(got, string(s.Result))
			}
		}
		if err != nil || strings.Join(got, " ") != want {
			t.Errorf("%s: %v, want %s: %v %+v", id, got, want, err, steps)
		}
	}
	messages, _ := filepath.Glob(filepath.Join(dir, "hl7", "*"))
	files, _ := filepath.Glob(filepath.Join(dir, "sftp", "*.x12"))
	tables, _ := filepath.Glob(filepath.Join(dir, "csv", "*.csv"))
	if len(messages) != 1 || len(files) != 1 || len(tables) != 1 || len(plan.Asked()) != 2 || len(hooked) != 3 {
		t.Fatalf("arrived: %v %v %v, %d requests, %d calls", messages, files, tables, len(plan.Asked()), len(hooked))
	}
	for path, want := range map[string]string{messages[0]: "|T|2.5.1", files[0]: "*0*T*:~", tables[0]: "selftest"} {
		if body, err := os.ReadFile(path); err != nil || !strings.Contains(string(body), want) {
			t.Errorf("no %q in %s %v", want, body, err)
		}
	}
	for _, a := range []*App{app, app.tests} {
		if n, _, err := a.Store.CountMessages(t.Context(), gateway.MessageFilter{}); err != nil || n > 0 {
			t.Error(errors.Join(err, fmt.Errorf("%d messages were kept", n)))
		}
	}
}
