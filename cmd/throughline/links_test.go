package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/throughline/throughline/api"
	"github.com/throughline/throughline/config"
	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
)

const linkConfig = `
server: {listen: 127.0.0.1:0, admin_listen: 127.0.0.1:0, base_url: https://gateway.example, links: {secret: env:LINK_SECRET, valid: 48h}}
store: {data_dir: %[1]q}
identity: {member_system: "urn:test:member", trusted_systems: ["urn:test:member"]}
programs: {packs: [wraparound]}
partners:
  - {id: clinic, name: A clinic, kind: clinic, npi: ["1999900016"]}
  - {id: stranger, name: Another clinic, kind: clinic, npi: ["1999900032"]}
  - id: school
    name: A school without a system
    kind: clinic
    npi: ["1999900024"]
    wants: [{types: [Task]}]
    deliver: {wire: link, path: %[2]q}
`

// desk is a gateway with one referral to a school without a system.
type linkDesk struct {
	t      *testing.T
	app    *App
	folder string
	web    http.Handler
	task   fhir.Ref
}

func newLinkDesk(t *testing.T) *linkDesk {
	t.Helper()
	d := &linkDesk{t: t, folder: t.TempDir()}
	path := filepath.Join(t.TempDir(), "c.yaml")
	if err := os.WriteFile(path, fmt.Appendf(nil, linkConfig, t.TempDir(), d.folder), 0o600); err != nil {
		t.Fatal(err)
	}
	cfg, problems := config.Load(config.Input{Paths: []string{path}, Env: map[string]string{"LINK_SECRET": strings.Repeat("s", 32)}})
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	var err error
	if d.app, err = Open(context.Background(), cfg, slog.New(slog.NewTextHandler(io.Discard, nil))); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.app.Close() })
	deps := d.app.deps("https://gateway.example")
	deps.Guard = (&server{app: d.app}).guard(d.app)
	d.web = api.New(deps).Handler()
	body := `{"referral_id":"R-1","member_id":"M1","family_name":"Zzyzx","given_name":"Qwerty","birth_date":"2014-05-06","status":"requested","service":"school counselling","requested_on":"2026-03-01",
		"requester_id":"1999900016","requester_name":"A clinic","receiver_id":"1999900024","receiver_name":"A school"}`
	out, err := d.app.Gateway.Receive(context.Background(), &gateway.Message{Partner: "clinic", Channel: "messages", Kind: "json/referral", Body: []byte(body), Key: "k1"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range out.Effects {
		if e.Type == "Task" {
			d.task = fhir.NewRef("Task", e.ID)
		}
	}
	return d
}

// deliver routes and drains until a note lies in the folder, and gives the path
// of its address.
func (d *linkDesk) deliver() string {
	d.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	if err := d.app.route().Once(ctx); err != nil {
		d.t.Fatal(err)
	}
	go func() { defer close(done); _ = d.app.drain().Run(ctx) }()
	defer func() { cancel(); <-done }()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); <-tick.C {
		notes, _ := filepath.Glob(filepath.Join(d.folder, "referral-*.txt"))
		if len(notes) == 0 {
			continue
		}
		text, err := os.ReadFile(notes[0])
		if err != nil {
			d.t.Fatal(err)
		}
		if strings.Contains(string(text), "Zzyzx") || strings.Contains(string(text), "counselling") {
			d.t.Errorf("the note says too much: %s", text)
		}
		_, rest, _ := strings.Cut(string(text), "https://gateway.example")
		path, _, _ := strings.Cut(rest, "\r\n")
		return path
	}
	d.t.Fatal("no note came")
	return ""
}

func (d *linkDesk) ask(method, path string, form url.Values) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, strings.NewReader(form.Encode()))
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	w := httptest.NewRecorder()
	d.web.ServeHTTP(w, r)
	if strings.Contains(w.Body.String(), "Zzyzx") || strings.Contains(w.Body.String(), "M1<") {
		d.t.Errorf("the page names the child: %s", w.Body)
	}
	return w
}

func (d *linkDesk) status() string {
	d.t.Helper()
	st, err := d.app.Store.Read(context.Background(), d.app.caller("clinic"), "Task", d.task.ID())
	if err != nil {
		d.t.Fatal(err)
	}
	return (&fhir.Resource{Type: "Task", JSON: st.JSON}).Get("status").Text()
}

// A receiver without a system accepts and completes a referral by links; each is
// used once, and looking at one changes nothing.
func TestReferralIsAnsweredByLinks(t *testing.T) {
	d := newLinkDesk(t)
	first := d.deliver()
	for range 3 { // previews of mail programs
		w := d.ask("GET", first, nil)
		if w.Code != 200 || !strings.Contains(w.Body.String(), "school counselling") || !strings.Contains(w.Header().Get("Content-Security-Policy"), "default-src 'none'") {
			t.Fatalf("%d %s %v", w.Code, w.Body, w.Header())
		}
		d.ask("HEAD", first, nil)
	}
	if d.status() != "requested" {
		t.Fatal("looking has changed it")
	}
	if w := d.ask("POST", first, url.Values{"move": {"decline"}}); w.Code != 422 || d.status() != "requested" {
		t.Errorf("declined without a reason: %d %s", w.Code, d.status())
	}
	if w := d.ask("POST", first, url.Values{"move": {"complete"}, "complete_text": {"done"}}); w.Code != 422 || d.status() != "requested" {
		t.Errorf("completed what was not accepted: %d %s", w.Code, d.status())
	}
	w := d.ask("POST", first, url.Values{"move": {"accept"}})
	second := w.Header().Get("Location")
	if w.Code != http.StatusSeeOther || d.status() != "accepted" || second == first {
		t.Fatalf("%d %s %s", w.Code, d.status(), second)
	}
	if w := d.ask("POST", first, url.Values{"move": {"decline"}, "decline_text": {"no"}}); w.Code != http.StatusGone || d.status() != "accepted" {
		t.Errorf("a link was used twice: %d %s", w.Code, d.status())
	}
	if w := d.ask("POST", second, url.Values{"move": {"complete"}, "complete_text": {"twelve sessions"}}); w.Code != 200 || d.status() != "completed" {
		t.Errorf("%d %s", w.Code, d.status())
	}
	if w := d.ask("GET", second, nil); w.Code != http.StatusGone {
		t.Errorf("the second is open still: %d", w.Code)
	}
}

func TestLinksThatAreNone(t *testing.T) {
	d := newLinkDesk(t)
	good, _, err := d.app.linkFor(context.Background(), "school", string(d.task))
	if err != nil {
		t.Fatal(err)
	}
	token := good[strings.LastIndex(good, "/")+1:]
	id, mac, _ := strings.Cut(token, ".")
	for name, bad := range map[string]string{"nothing like it": "x", "another signature": id + "." + strings.Repeat("A", len(mac)), "another id": strings.Repeat("0", len(id)) + "." + mac,
		"cut": token[:len(token)-1], "long": token + "A"} {
		if w := d.ask("GET", "/r/"+bad, nil); w.Code != http.StatusNotFound {
			t.Errorf("%s: %d", name, w.Code)
		}
		if w := d.ask("POST", "/r/"+bad, url.Values{"move": {"accept"}}); w.Code != http.StatusNotFound || d.status() != "requested" {
			t.Errorf("%s: %d", name, w.Code)
		}
	}
	if _, _, err := d.app.linkFor(context.Background(), "clinic", "Patient/1"); err == nil {
		t.Error("a link to something else than a Task")
	}
	other, _, err := d.app.linkFor(context.Background(), "school", string(d.task))
	if err != nil || other == good {
		t.Fatal(err, "the same link by hand twice")
	}
	if w := d.ask("POST", "/r/"+token, url.Values{"move": {"decline"}, "decline_text": {"full"}}); w.Code != 200 || d.status() != "rejected" {
		t.Fatalf("%d %s", w.Code, d.status())
	}
	if w := d.ask("GET", other[strings.Index(other, "/r/"):], nil); w.Code != http.StatusGone {
		t.Errorf("a link to a version that is over: %d", w.Code)
	}
}

// The pages are counted by address: whoever tries tokens is stopped, also with a
// good one, and nobody else is.
func TestLinksAreCounted(t *testing.T) {
	d := newLinkDesk(t)
	good := d.deliver()
	limited := 0
	for range 60 {
		if w := d.ask("GET", "/r/guess", nil); w.Code == http.StatusTooManyRequests && w.Header().Get("Retry-After") != "" {
			limited++
		}
	}
	if limited == 0 || limited > 30 {
		t.Errorf("%d of 60 tries refused, want those after thirty", limited)
	}
	if w := d.ask("POST", good, url.Values{"move": {"accept"}}); w.Code != http.StatusTooManyRequests || d.status() != "requested" {
		t.Errorf("%d %s", w.Code, d.status())
	}
}

// A receiver with nothing but a table moves the referral by rows, through the
// same machine; a row of somebody else finds no referral.
func TestReferralIsAnsweredByRows(t *testing.T) {
	d := newLinkDesk(t)
	row := func(partner gateway.PartnerID, cells string) gateway.Code {
		body := "referral_id,status,reason,outcome,date,updated_at\n" + cells + "\n"
		out, err := d.app.Gateway.Receive(t.Context(), &gateway.Message{Partner: partner, Channel: "files", Kind: "csv/referral_answer", Body: []byte(body), Key: string(partner) + cells}, nil)
		switch {
		case err != nil:
			return gateway.FaultOf(err).Code
		case out.Fault != nil:
			return out.Fault.Code
		}
		return ""
	}
	for _, step := range []struct {
		partner gateway.PartnerID
		cells   string
		code    gateway.Code
		status  string
	}{
		{"stranger", "R-1,accepted,,,,", gateway.NotFound, "requested"},
		{"school", "R-2,accepted,,,,", gateway.NotFound, "requested"},
		{"school", "R-1,rejected,,,,", gateway.Invalid, "requested"},
		{"school", "R-1,accepted,,,,", "", "accepted"},
		{"school", "R-1,completed,,twelve sessions,2026-03-20,", "", "completed"}, // in progress was never told
		{"school", "R-1,accepted,,,2026-03-21,", gateway.Conflict, "completed"},
	} {
		if got := row(step.partner, step.cells); got != step.code || d.status() != step.status {
			t.Errorf("%s sends %q: %q, want %q; %s", step.partner, step.cells, got, step.code, d.status())
		}
	}
	st, err := d.app.Store.Read(t.Context(), d.app.caller("clinic"), "Task", d.task.ID())
	if err != nil || !strings.Contains(string(st.JSON), "twelve sessions") || !strings.Contains(string(st.JSON), "1999900016") {
		t.Errorf("the Task lost something: %s %v", st.JSON, err)
	}
}
