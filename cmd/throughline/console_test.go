package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/throughline/throughline/config"
	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/store"
)

const consoleConfig = `
server: {listen: 127.0.0.1:0, admin_listen: 127.0.0.1:0, base_url: https://gateway.example}
store: {data_dir: %q}
identity: {member_system: "urn:test:member", trusted_systems: ["urn:test:member"]}
programs: {packs: [wraparound]}
schedules: [{name: nightly, cron: "CRON_TZ=UTC 30 2 * * *", job: reconcile, missed: latest}]
partners:
  - {id: clinic-a, name: A clinic, kind: clinic, npi: ["1999900016"], receive: [{wire: folder, path: /srv/exchange/clinic-a/in, poll: 10s}]}
  - {id: clinic-b, name: Another clinic, kind: clinic, npi: ["1999900024"], poll: {types: [Task], every: 1h}, export: {level: system, every: 24h}, deliver: {wire: fhir, url: "https://clinic-b.example", token: "env:TOKEN_B"}}
  - {id: mco-a, name: A plan, kind: mco, payers: [mco-a]}
  - {id: state, name: The state, kind: state, programs: [wraparound]}
  - {id: agency-a, name: An agency, kind: agency}
  - {id: agency-b, name: Another agency, kind: agency}
  - {id: operator, name: The operator, kind: operator}
`

// canary is in the body of the one message there is.
const canary = "Zzyzxcanary"

// consoleWorld is the true console on a true store, asked without a network.
type consoleWorld struct {
	t       *testing.T
	app     *App
	pages   http.Handler
	message string // of clinic-a
	finding string // about a program
}

func newConsoleWorld(t *testing.T) *consoleWorld {
	t.Helper()
	path := filepath.Join(t.TempDir(), "c.yaml")
	if err := os.WriteFile(path, fmt.Appendf(nil, consoleConfig, t.TempDir()), 0o600); err != nil {
		t.Fatal(err)
	}
	cfg, problems := config.Load(config.Input{Paths: []string{path}, Env: map[string]string{"TOKEN_B": "a-token-of-twenty-letters"}})
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	w := &consoleWorld{t: t}
	var err error
	if w.app, err = Open(t.Context(), cfg, slog.New(slog.NewTextHandler(io.Discard, nil))); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.app.Close() })
	for _, p := range cfg.Partners {
		if err := w.app.Store.AddToken(t.Context(), p.ID, "test", "token-of-"+string(p.ID), 24*time.Hour); err != nil {
			t.Fatal(err)
		}
	}
	if w.pages, err = (&server{app: w.app}).console(); err != nil {
		t.Fatal(err)
	}
	body := `{"referral_id":"R-1","member_id":"M1","family_name":"` + canary + `","given_name":"Qwerty","birth_date":"2014-05-06","status":"requested","service":"<script>alert(1)</script>","requested_on":"2026-03-01",
		"requester_id":"1999900016","requester_name":"A clinic","receiver_id":"1999900024","receiver_name":"Another clinic"}`
	out, err := w.app.Gateway.Receive(t.Context(), &gateway.Message{Partner: "clinic-a", Channel: "messages", Kind: "json/referral", Body: []byte(body), Key: "k1"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	w.message = string(out.Message.ID)
	about := &gateway.Found{Origin: gateway.FromRules, Rule: "caseload", Kind: "ratio", Program: "wraparound", Force: "required", Violation: true, Owner: "coordinator agency", Reason: "why it is so", Cites: "Source, 7"}
	if _, err := w.app.Store.FollowFindings(t.Context(), gateway.FindingRun{Origin: gateway.FromRules, ID: "r1", AsOf: 20000}, func(see func(*gateway.Found) error) error { return see(about) }); err != nil {
		t.Fatal(err)
	}
	w.finding = about.Key() + "-1"
	return w
}

// browsing is one browser: it keeps the cookie it is given.
type browsing struct {
	*consoleWorld
	cookie *http.Cookie
	from   string // address it comes from
}

func (w *consoleWorld) from(address string) *browsing {
	return &browsing{consoleWorld: w, from: address}
}

func (b *browsing) ask(method, path string, form url.Values) *httptest.ResponseRecorder {
	b.t.Helper()
	r := httptest.NewRequest(method, "https://gateway.example"+path, strings.NewReader(form.Encode()))
	r.RemoteAddr = b.from + ":4711"
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	if b.cookie != nil {
		r.AddCookie(b.cookie)
	}
	w := httptest.NewRecorder()
	b.pages.ServeHTTP(w, r)
	for _, c := range w.Result().Cookies() {
		b.cookie = c
	}
	return w
}

func (b *browsing) get(path string) *httptest.ResponseRecorder {
	b.t.Helper()
	return b.ask(http.MethodGet, path, nil)
}

var csrfField = regexp.MustCompile(`name="csrf" value="([^"]+)"`)

// post sends a form with the token that the page before it carried.
func (b *browsing) post(path string, form url.Values) *httptest.ResponseRecorder {
	b.t.Helper()
	found := csrfField.FindStringSubmatch(b.get("/console/messages").Body.String())
	if found == nil {
		b.t.Fatal("no form with a token on the page")
	}
	form.Set("csrf", found[1])
	return b.ask(http.MethodPost, path, form)
}

func (w *consoleWorld) login(partner string) *browsing {
	w.t.Helper()
	b := w.from("192.0.2.1")
	if got := b.ask(http.MethodPost, "/console/login", url.Values{"token": {"token-of-" + partner}, "name": {"Ada"}}); got.Code != http.StatusSeeOther {
		w.t.Fatalf("%s cannot log in: %d", partner, got.Code)
	}
	return b
}

func TestConsoleCookieIsForThisHostAndNoScript(t *testing.T) {
	b := newConsoleWorld(t).login("operator")
	c := b.cookie
	if c.Name != "__Secure-throughline" || !c.HttpOnly || !c.Secure || c.SameSite != http.SameSiteStrictMode || c.Path != "/console" || c.Domain != "" || len(c.Value) < 40 {
		t.Errorf("%+v", c)
	}
	raw, err := os.ReadFile(b.app.Config.Store.DataDir + "/throughline.db-wal")
	if err != nil || strings.Contains(string(raw), c.Value) {
		t.Errorf("the secret of a session is stored: %v", err)
	}
}

// The policy of every answer names a nonce of its own, and no page has anything
// inline that it would have to allow.
func TestConsoleContentPolicy(t *testing.T) {
	w := newConsoleWorld(t)
	b := w.login("operator")
	inline := regexp.MustCompile(`(?i)\sstyle=|\son[a-z]+=|<style|javascript:|<script(?: nonce="([^"]*)"[^>]*)?>`)
	nonces := map[string]bool{}
	for _, path := range []string{"/login", "/", "/messages", "/messages/" + w.message, "/lanes", "/held", "/replays", "/partners", "/schedules", "/night", "/quarantine", "/reports", "/findings", "/findings/" + w.finding, "/no/such/page", "/lanes/x/y"} {
		got := b.get("/console" + path)
		policy := got.Header().Get("Content-Security-Policy")
		nonce := regexp.MustCompile(`script-src 'nonce-([A-Za-z0-9_-]{20,})'`).FindStringSubmatch(policy)
		if nonce == nil || nonces[nonce[1]] || strings.Contains(policy, "unsafe") || !strings.HasPrefix(policy, "default-src 'none';") || !strings.Contains(policy, "frame-ancestors 'none'") {
			t.Errorf("%s: %s", path, policy)
			continue
		}
		nonces[nonce[1]] = true
		for _, found := range inline.FindAllStringSubmatch(got.Body.String(), -1) {
			if found[1] != nonce[1] {
				t.Errorf("%s: inline: %s", path, found[0])
			}
		}
		if h := got.Header(); h.Get("X-Content-Type-Options") != "nosniff" || h.Get("Cache-Control") != "no-store" || h.Get("Referrer-Policy") == "" {
			t.Errorf("%s: %v", path, h)
		}
	}
}

func TestConsoleTakesNoFormFromElsewhere(t *testing.T) {
	w := newConsoleWorld(t)
	b := w.login("operator")
	other := w.login("operator")
	token := csrfField.FindStringSubmatch(other.get("/console/messages").Body.String())[1]
	for _, csrf := range []string{"", "made-up", token} {
		got := b.ask(http.MethodPost, "/console/messages/"+w.message+"/body", url.Values{"csrf": {csrf}, "reason": {"curious"}})
		if got.Code != http.StatusForbidden || strings.Contains(got.Body.String(), canary) {
			t.Errorf("token %q: %d", csrf, got.Code)
		}
	}
	r := httptest.NewRequest(http.MethodPost, "/console/login", strings.NewReader("token=token-of-operator&name=Ada"))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Sec-Fetch-Site", "cross-site")
	got := httptest.NewRecorder()
	w.pages.ServeHTTP(got, r)
	if got.Code != http.StatusForbidden || len(got.Result().Cookies()) > 0 {
		t.Errorf("a login from another site: %d", got.Code)
	}
	if to := w.from("192.0.2.7").ask(http.MethodPost, "/console/login", url.Values{"token": {"token-of-operator"}, "name": {"Ada"}, "next": {"//evil.example/console/"}}); to.Header().Get("Location") != "/console/" {
		t.Errorf("sent on to %q", to.Header().Get("Location"))
	}
}

func TestConsoleLoginsAreCounted(t *testing.T) {
	w := newConsoleWorld(t)
	b := w.from("192.0.2.66")
	refused := 0
	for range 30 {
		got := b.ask(http.MethodPost, "/console/login", url.Values{"token": {"guess"}, "name": {"Eve"}})
		switch {
		case got.Code == http.StatusTooManyRequests && got.Header().Get("Retry-After") != "":
			refused++
		case got.Code != http.StatusUnauthorized || refused > 0:
			t.Fatalf("%d after %d refusals", got.Code, refused)
		}
	}
	if refused != 20 {
		t.Errorf("%d of 30 tries refused, want all after ten", refused)
	}
	if got := b.ask(http.MethodPost, "/console/login", url.Values{"token": {"token-of-operator"}, "name": {"Eve"}}); got.Code != http.StatusTooManyRequests {
		t.Errorf("the right token after too many tries: %d", got.Code)
	}
	w.login("operator") // from another address
}

func TestConsoleSessionsEnd(t *testing.T) {
	w := newConsoleWorld(t)
	now := time.Now()
	w.app.Store.Now = func() time.Time { return now }
	in := func(b *browsing) bool {
		got := b.get("/console/messages")
		if out := got.Code == http.StatusSeeOther && strings.HasPrefix(got.Header().Get("Location"), "/console/login"); !out && got.Code != http.StatusOK {
			t.Fatalf("%d", got.Code)
		}
		return got.Code == http.StatusOK
	}
	b := w.login("operator")
	for range 20 { // somebody who goes on working
		if now = now.Add(29 * time.Minute); !in(b) {
			t.Fatalf("out after %s of work", now)
		}
	}
	if now = now.Add(29 * time.Minute); in(b) {
		t.Error("a session goes on after ten hours")
	}
	if b = w.login("operator"); !in(b) {
		t.Fatal("not in after a login")
	}
	if now = now.Add(31 * time.Minute); in(b) {
		t.Error("a session that nobody has used for half an hour goes on")
	}
	b = w.login("operator")
	kept := *b.cookie
	if got := b.post("/console/logout", url.Values{}); got.Code != http.StatusSeeOther || b.cookie.MaxAge >= 0 {
		t.Fatalf("%d %+v", got.Code, b.cookie)
	}
	if b.cookie = &kept; in(b) {
		t.Error("the cookie works after the logout")
	}
}

// An operator sees that a message came, and what it says only for a reason that
// stays; another partner sees nothing that tells it from what is not there.
func TestConsoleShowsBodiesForAReasonOnly(t *testing.T) {
	w := newConsoleWorld(t)
	page, body := "/console/messages/"+w.message, "/console/messages/"+w.message+"/body"
	for _, partner := range []string{"operator", "clinic-a"} {
		b := w.login(partner)
		for _, path := range []string{"/console/", "/console/messages", page} {
			if got := b.get(path); got.Code != http.StatusOK || strings.Contains(got.Body.String(), canary) || strings.Contains(got.Body.String(), "Qwerty") {
				t.Errorf("%s sees %s: %d", partner, path, got.Code)
			}
		}
		if got := b.post(body, url.Values{"reason": {"  "}}); got.Code != http.StatusUnprocessableEntity || strings.Contains(got.Body.String(), canary) {
			t.Errorf("%s without a reason: %d", partner, got.Code)
		}
		got := b.post(body, url.Values{"reason": {"asked by " + partner}})
		if got.Code != http.StatusOK || !strings.Contains(got.Body.String(), canary) || strings.Contains(got.Body.String(), "<script>alert") {
			t.Errorf("%s with a reason: %d", partner, got.Code)
		}
	}
	rows, _, err := w.app.Store.AuditTrail(context.Background(), store.AuditFilter{Type: "message", ID: w.message}, gateway.Paging{})
	text, _ := json.Marshal(rows)
	if err != nil || len(rows) != 2 || !strings.Contains(string(text), "body: asked by operator") || !strings.Contains(string(text), "operator/Ada") {
		t.Errorf("%v %s", err, text)
	}
}

func TestConsoleShowsPartnersTheirOwn(t *testing.T) {
	w := newConsoleWorld(t)
	for _, partner := range []string{"clinic-b", "mco-a", "state"} {
		b := w.login(partner)
		nothing := seenPart(b.get("/console/messages/none").Body.String())
		for _, got := range []*httptest.ResponseRecorder{b.get("/console/messages/" + w.message), b.post("/console/messages/"+w.message+"/body", url.Values{"reason": {"mine"}}), b.get("/console/lanes/clinic-a/any")} {
			if got.Code != http.StatusNotFound || seenPart(got.Body.String()) != nothing {
				t.Errorf("%s is told %d", partner, got.Code)
			}
		}
		for _, path := range []string{"/console/messages", "/console/messages?partner=clinic-a", "/console/quarantine?partner=clinic-a", "/console/held?partner=clinic-a"} {
			if got := b.get(path).Body.String(); strings.Contains(got, w.message) || strings.Contains(got, "clinic-a") {
				t.Errorf("%s sees another's under %s", partner, path)
			}
		}
		for path, want := range map[string]bool{"/console/findings/" + w.finding: partner == "state", "/console/findings": partner == "state"} {
			if got := b.get(path); strings.Contains(got.Body.String(), "why it is so") != want {
				t.Errorf("%s under %s: %d %s", partner, path, got.Code, seenPart(got.Body.String()))
			}
		}
		until := url.Values{"reason": {"mine"}, "until": {"2999-01-01"}}
		if got, want := b.post("/console/findings/"+w.finding+"/waive", until).Code, map[bool]int{true: http.StatusSeeOther, false: http.StatusNotFound}[partner == "state"]; got != want {
			t.Errorf("%s waives: %d, want %d", partner, got, want)
		}
		want := map[bool]int{true: http.StatusOK, false: http.StatusNotFound}[partner == "state"]
		for _, path := range []string{"/console/night", "/console/schedules"} {
			if got := b.get(path).Code; got != want {
				t.Errorf("%s asks for %s: %d, want %d", partner, path, got, want)
			}
		}
	}
}

// seenPart is the main part of a page.
func seenPart(page string) string {
	_, rest, _ := strings.Cut(page, "<main")
	main, _, _ := strings.Cut(rest, "</main>")
	return main
}
