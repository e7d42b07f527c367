package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/throughline/throughline/adapters/adaptertest"
	"github.com/throughline/throughline/adapters/sftptest"
	"github.com/throughline/throughline/config"
	"github.com/throughline/throughline/gateway"
	wire "github.com/throughline/throughline/internal/x12"
	"github.com/throughline/throughline/store/storetest"
)

// TestAuthorizationByFile is the journey of a prior authorization between two
// partners without FHIR: the clinic's CSV request becomes a 278 in the payer's
// folder on its SFTP server; the payer's 999 delivers it; the payer's 278
// response changes the units; the ledger shows them and the clinic is told.
// Every partner and the gateway start anew in the middle.
func TestAuthorizationByFile(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, url string) {
		j := newJourney(t, url)
		stop := j.start()
		j.enroll()
		j.write("clinic/in/requests.csv", "authorization_id,member_id,provider_id,code,modifiers,start,end,units,status,payer,unit\n"+
			"REQ-1,MCD7731,1999900016,H2021,HA,2026-03-15,2099-09-14,240,pended,mco-a,UN\n")
		sent := j.read(j.one("mco/in/*.x12"))
		j.awaits("awaiting")

		stop()
		j.server.Restart()
		j.hook.restart()
		defer j.start()()

		ack := j.acknowledge(sent)
		j.write("mco/out/ack.x12", ack)
		j.awaits("delivered")
		j.one("clinic/answers/*.summary")
		j.write("mco/out/decision.x12", decision)
		j.one("mco/answers/decision.x12.*.999")
		if event := j.hook.next(); !strings.Contains(event, "ClaimResponse") {
			t.Errorf("the clinic was told %s", event)
		}
		if answer := j.check(); !strings.Contains(answer, `"answer":"yes"`) || !strings.Contains(answer, `"approved":120`) || !strings.Contains(answer, "AUTH457-1") {
			t.Errorf("the check says %s", answer)
		}
		if got := j.names("mco/in/*.x12"); len(got) != 1 {
			t.Errorf("%d interchanges were sent, want 1: %q", len(got), got)
		}
	})
}

// decision is the payer's answer: 120 units instead of 240.
const decision = "ISA*00*          *00*          *ZZ*PLANMCO        *ZZ*AGENCY01       *260304*0902*^*00501*000000900*0*P*:~\n" +
	"GS*HI*PLANMCO*AGENCY01*20260304*0902*900*X*005010X217~\nST*278*0001*005010X217~\nBHT*0007*11*REQ-1*20260304*0902*18~\n" +
	"HL*1**20*1~\nNM1*X3*2*PLAN MCO*****PI*mco-a~\nHL*2*1*21*1~\nNM1*1P*2*CLINIC*****XX*1999900016~\n" +
	"HL*3*2*22*1~\nNM1*IL*1*ZZYZXFILE*QWFPFILE****MI*MCD7731~\n" +
	"HL*4*3*EV*1~\nTRN*2*REQ-1*9AGENCY001~\nUM*HS*I*CQ*12:B~\nHCR*A6*AUTH457~\nDTP*AAH*RD8*20260315-20990914~\n" +
	"HL*5*4*SS*0~\nTRN*2*REQ-1-1*9AGENCY001~\nUM*HS*I*CQ~\nHCR*A6*AUTH457-1~\nDTP*472*RD8*20260315-20990914~\nDTP*102*D8*20260304~\nDTP*007*RD8*20260315-20990614~\nSV1*HC:H2021:HA**UN*120~\n" +
	"SE*22*0001~\nGE*1*900~\nIEA*1*000000900~\n"

const journeyConfig = `
server: {listen: 127.0.0.1:0, admin_listen: 127.0.0.1:0}
programs: {packs: [wraparound]}
partners:
  - id: clinic
    name: A clinic
    kind: clinic
    npi: ["1999900016"]
    receive: [{wire: folder, path: %[1]q, ready: rename, poll: 20ms}]
    wants: [{types: [ClaimResponse]}]
    deliver: {wire: webhook, url: %[2]q, secrets: [env:HOOK_SECRET]}
  - id: mco
    name: A payer
    kind: mco
    identifiers: [{system: http://throughline.example/sid/payer, value: mco-a}]
    payers: [mco-a]
    sends: [x12/*]
    x12: {ours: {qualifier: ZZ, id: AGENCY01}, theirs: {qualifier: ZZ, id: PLANMCO}, usage: P, ack_deadline: 1h, missing_ack: hold}
    receive:
      - {wire: sftp, path: %[3]q, ready: rename, poll: 20ms, ssh: &SSH}
    wants: [{types: [Claim]}]
    deliver: {wire: sftp, path: %[4]q, format: x12, ssh: &SSH}
  - {id: state, name: The state, kind: state, programs: [wraparound]}
tokens: {clinic: env:CLINIC_TOKEN}
`

// journey is the two partners and what the gateway runs on.
type journey struct {
	t      *testing.T
	dir    string
	store  string
	server *sftptest.Server
	hook   *hook
	path   string // of the configuration
	env    map[string]string
	app    *App
	base   string
}

func newJourney(t *testing.T, store string) *journey {
	t.Helper()
	j := &journey{t: t, dir: t.TempDir(), store: store, server: sftptest.New(t), hook: newHook(t)}
	j.env = map[string]string{"HOOK_SECRET": "secret-of-the-clinics-hook", "CLINIC_TOKEN": "token-of-the-clinic", "SSH_KEY": j.server.SSH.Key}
	for _, dir := range []string{"clinic/in", "mco/in", "mco/out", "data"} {
		if err := os.MkdirAll(filepath.Join(j.dir, dir), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	ssh := fmt.Sprintf("{host: %q, user: throughline, key: env:SSH_KEY, host_keys: [%q]}", j.server.SSH.Host, j.server.SSH.HostKeys[0])
	text := fmt.Sprintf(strings.ReplaceAll(journeyConfig, "&SSH", "%[5]s"), j.at("clinic/in"), j.hook.url, j.at("mco/out"), j.at("mco/in"), ssh)
	j.path = j.at("c.yaml")
	if err := os.WriteFile(j.path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return j
}

func (j *journey) at(name string) string { return filepath.Join(j.dir, name) }

// start runs the true server; the returned function ends it.
func (j *journey) start() (stop func()) {
	j.t.Helper()
	j.app, j.base, stop = running(j.t, j.path, j.store, j.at("data"), j.env)
	return stop
}

// running runs the true server by a configuration, on a store; stop ends it.
func running(t *testing.T, path, store, data string, env map[string]string) (app *App, base string, stop func()) {
	t.Helper()
	cfg, problems := config.Load(config.Input{Paths: []string{path}, Flags: map[string]string{"store.url": store, "store.data_dir": data}, Env: env})
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	told := &told{}
	app, err := Open(ctx, cfg, slog.New(slog.NewTextHandler(told, &slog.HandlerOptions{Level: slog.LevelDebug})))
	if err != nil {
		t.Fatal(err)
	}
	s, err := newServer(ctx, app)
	if err != nil {
		t.Fatal(err)
	}
	ready, ended := make(chan struct{}), make(chan error, 1)
	go func() { ended <- s.run(ctx, func() error { close(ready); return nil }) }()
	<-ready
	return app, s.base, func() {
		told.ask(t, app, "http://"+s.admin.Addr().String()+"/metrics")
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		if err := app.Close(); err != nil {
			t.Error(err)
		}
		told.namesNobody(t)
	}
}

// enroll makes the child a member of the payer, by the state's word.
func (j *journey) enroll() {
	j.t.Helper()
	m := &gateway.Message{Partner: "state", Channel: "messages", Kind: "json/enrollment", Key: "enroll", Body: []byte(`{"record": "enrollment", "member_id": "MCD7731",
		"start": "2026-01-01", "end": "2099-12-31", "payer": "mco-a", "program": "wraparound", "family_name": "Zzyzxfile", "given_name": "Qwfpfile", "birth_date": "2013-05-14", "gender": "female"}`)}
	if _, err := j.app.Receive(context.Background(), m, acknowledged); err != nil {
		j.t.Fatal(err)
	}
}

// write puts a file where a partner puts it: under a hidden name, then renamed.
func (j *journey) write(name, content string) {
	j.t.Helper()
	tmp := j.at(filepath.Join(filepath.Dir(name), ".part"))
	if err := os.WriteFile(tmp, []byte(content), 0o600); err != nil {
		j.t.Fatal(err)
	}
	if err := os.Rename(tmp, j.at(name)); err != nil {
		j.t.Fatal(err)
	}
}

func (j *journey) read(name string) []byte {
	j.t.Helper()
	body, err := os.ReadFile(name)
	if err != nil {
		j.t.Fatal(err)
	}
	return body
}

func (j *journey) names(pattern string) []string {
	names, err := filepath.Glob(j.at(pattern))
	if err != nil {
		j.t.Fatal(err)
	}
	return slices.DeleteFunc(names, func(name string) bool { return strings.HasPrefix(filepath.Base(name), ".") }) // not whole yet
}

// until looks again and again for something that others do.
func (j *journey) until(what string, done func() bool) {
	j.t.Helper()
	eventually(j.t, what, done)
}

// one waits for a file.
func (j *journey) one(pattern string) (name string) {
	j.t.Helper()
	j.until(pattern, func() bool {
		names := j.names(pattern)
		if len(names) > 0 {
			name = names[0]
		}
		return name != ""
	})
	return name
}

// awaits waits until the delivery to the payer is in a state.
func (j *journey) awaits(state string) {
	j.t.Helper()
	j.until("a delivery that is "+state, func() bool {
		list, _, err := j.app.Store.ListDeliveries(context.Background(), gateway.DeliveryFilter{Partner: "mco", State: state}, gateway.Paging{})
		return err == nil && len(list) == 1
	})
}

// acknowledge is what the payer's own system does with an interchange.
func (j *journey) acknowledge(sent []byte) string {
	j.t.Helper()
	report, err := wire.Check(bytes.NewReader(sent), wire.Limits{})
	if err != nil || len(report.Interchanges) != 1 || report.Interchanges[0].Refused() {
		j.t.Fatalf("%+v %v\n%s", report, err, sent)
	}
	in := report.Interchanges[0]
	for u, err := range wire.Units(bytes.NewReader(sent), wire.Limits{}, report) {
		if err != nil {
			j.t.Fatal(err)
		}
		u.Settle(nil, false)
	}
	e := wire.Envelope{From: wire.Party{Qualifier: "ZZ", ID: in.Receiver}, To: wire.Party{Qualifier: "ZZ", ID: in.Sender}, At: time.Date(2026, 3, 4, 9, 0, 0, 0, time.UTC), Control: 899, GroupControl: 899}
	ack := in.Groups[0].Ack()
	if ack.Code != "A" {
		j.t.Fatalf("the payer does not accept it: %+v\n%s", ack, sent)
	}
	return string(e.Wrap("FA", wire.Version999, ack.Write("0001")))
}

// check asks how many units are left, as the clinic.
func (j *journey) check() string {
	j.t.Helper()
	body, err := json.Marshal(map[string]any{"member_id": "MCD7731", "code": "H2021", "modifiers": "HA", "service_date": "2026-04-01", "units": 8, "provider_id": "1999900016"})
	if err != nil {
		j.t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(j.t.Context(), http.MethodPost, j.base+"/v1/authorizations/check", bytes.NewReader(body))
	if err != nil {
		j.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer token-of-the-clinic")
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		j.t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		j.t.Fatal(err)
	}
	return string(text)
}

// hook is the clinic's receiver of webhooks.
type hook struct {
	t      *testing.T
	url    string
	server *httptest.Server
	events chan string
}

func newHook(t *testing.T) *hook {
	t.Helper()
	h := &hook{t: t, events: make(chan string, 100)}
	h.serve("127.0.0.1:0")
	h.url = h.server.URL + "/hook"
	t.Cleanup(func() { h.server.Close() })
	return h
}

func (h *hook) serve(address string) {
	h.t.Helper()
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if body, err := io.ReadAll(r.Body); err == nil {
			h.events <- string(body)
		}
	}))
	_ = s.Listener.Close()
	s.Listener = adaptertest.Listen(h.t, address)
	s.Start()
	h.server = s
}

func (h *hook) restart() {
	address := h.server.Listener.Addr().String()
	h.server.CloseClientConnections()
	h.server.Close()
	for len(h.events) > 0 {
		<-h.events
	}
	h.serve(address)
}

func (h *hook) next() string {
	h.t.Helper()
	select {
	case e := <-h.events:
		return e
	case <-time.After(time.Minute):
		h.t.Fatal("the clinic was never told")
		return ""
	}
}
