package api_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/throughline/throughline/api"
	"github.com/throughline/throughline/api/access"
	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/mappings"
	"github.com/throughline/throughline/store"
	"github.com/throughline/throughline/store/storetest"
)

const memberSystem = "urn:test:member"

// partners are the ones of the tests.
func partners() map[gateway.PartnerID]*gateway.Partner {
	all := map[gateway.PartnerID]*gateway.Partner{}
	for _, p := range []gateway.Partner{
		{ID: "clinic-a", Kind: gateway.Clinic, Sends: []gateway.Kind{"fhir/*", "json/*", "csv/*"}},
		{ID: "clinic-b", Kind: gateway.Clinic, Sends: []gateway.Kind{"*"}, PAS: gateway.PAS{Version: "2.2.1"}},
		{ID: "mco-a", Kind: gateway.MCO, Payers: []string{"MCOA"}, Sends: []gateway.Kind{"fhir/*", "csv/*", "json/*"}},
		{ID: "plans-only", Kind: gateway.EHR, Sends: []gateway.Kind{"fhir/CarePlan", "fhir/transaction"}},
		{ID: "operator", Kind: gateway.Operator, Sends: []gateway.Kind{"*"}},
	} {
		p.MemberSystem, p.Zone = memberSystem, time.UTC
		all[p.ID] = &p
	}
	return all
}

// world is a whole gateway on loopback: the real store on SQLite, the real
// gateway, the real API.
type world struct {
	t     testing.TB
	base  string
	store *store.Store
	gate  *gateway.Gateway
	log   *logbook
	deps  api.Deps
	limit *limiter
	now   func() time.Time

	change func(*api.Deps, *store.Store)
	find   func(gateway.PartnerID) (*gateway.Partner, bool)
	known  map[gateway.PartnerID]*gateway.Partner
}

func newWorld(t testing.TB) *world { return newWorldWith(t, nil, nil) }

// newWorldWith lets a test put more into the gateway and the API.
func newWorldWith(t testing.TB, more func(*world), deps func(*api.Deps, *store.Store)) *world {
	t.Helper()
	return newWorldAt(t, storetest.SQLite(t), more, deps)
}

// newWorldAt is newWorldWith on a database of the test's choice.
func newWorldAt(t testing.TB, url string, more func(*world), deps func(*api.Deps, *store.Store)) *world {
	t.Helper()
	known := partners()
	find := func(id gateway.PartnerID) (*gateway.Partner, bool) { p, ok := known[id]; return p, ok }
	s, err := store.Open(context.Background(), url, store.Policy{
		MemberSystem: memberSystem,
		Caller: func(id gateway.PartnerID) gateway.Caller {
			if p := known[id]; p != nil {
				return p.Caller()
			}
			return gateway.Caller{Partner: id}
		},
		Authority: func(gateway.PartnerID, gateway.Relation) bool { return true },
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	w := &world{t: t, store: s, log: &logbook{}, limit: &limiter{}, now: time.Now, known: known}
	for id := range maps.Keys(known) {
		if err := s.AddToken(t.Context(), id, "test", token(string(id)), time.Hour); err != nil {
			t.Fatal(err)
		}
	}
	w.gate = &gateway.Gateway{Ledger: s, Dedup: noDedup{}, Partners: find, Mapping: mappings.For,
		NewID: func() gateway.MessageID { return gateway.MessageID(uuid.NewString()) }, Now: time.Now}
	if more != nil {
		more(w)
	}
	w.change = deps
	w.find = find
	w.serve(find)
	return w
}

// restart serves on with deps as they are now; the data stays.
func (w *world) restart() {
	w.t.Helper()
	changed := w.deps
	w.change = func(d *api.Deps, _ *store.Store) {
		base := d.Base
		*d = changed
		d.Base = base
	}
	w.serve(w.find)
}

func (w *world) serve(find func(gateway.PartnerID) (*gateway.Partner, bool)) {
	w.t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		w.t.Fatal(err)
	}
	w.base = "http://" + l.Addr().String()
	w.deps = api.Deps{
		Base: w.base, Version: "test", Gateway: w.gate, Reader: w.store, Receipts: w.store, Cases: w.store, Files: newFileDoor(w, find),
		Guard: access.Guard{Tokens: w.store, Partner: find, Limiter: w.limit},
		Audit: auditor{w.store},
		Log:   slog.New(slog.NewJSONHandler(w.log, nil)),
	}
	if w.change != nil {
		w.change(&w.deps, w.store)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	service := &api.Service{Listener: l, Handler: api.New(w.deps).Handler(), Drain: 5 * time.Second}
	go func() { done <- service.Run(ctx) }()
	w.t.Cleanup(func() {
		cancel()
		client.CloseIdleConnections()
		if err := <-done; err != nil {
			w.t.Errorf("server ended with %v", err)
		}
	})
}

func token(partner string) string { return "token-of-" + partner }

// request is one HTTP request of a test.
type request struct {
	as     string // partner; empty = no token
	method string
	path   string
	header map[string]string
	body   string
}

// response is what came back.
type response struct {
	*http.Response
	body string
}

func (w *world) do(r request) response {
	w.t.Helper()
	var body io.Reader
	if r.body != "" {
		body = strings.NewReader(r.body)
	}
	req, err := http.NewRequest(r.method, w.base+r.path, body)
	if err != nil {
		w.t.Fatal(err)
	}
	if r.as != "" {
		req.Header.Set("Authorization", "Bearer "+token(r.as))
	}
	if r.body != "" {
		req.Header.Set("Content-Type", "application/fhir+json")
	}
	for name, value := range r.header {
		req.Header.Set(name, value)
		if value == "" {
			req.Header.Del(name)
		}
	}
	res, err := client.Do(req)
	if err != nil {
		w.t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	return response{res, string(b)}
}

var client = &http.Client{
	Transport:     &http.Transport{MaxIdleConnsPerHost: 64, DisableCompression: true},
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
}

// want fails unless the status is the one expected; every failure must explain
// itself in the form of its door.
func (w *world) want(status int, r request) response {
	w.t.Helper()
	res := w.do(r)
	if res.StatusCode != status {
		w.t.Fatalf("%s %s: status %d, want %d\n%s\n%s", r.method, r.path, res.StatusCode, status, res.body, w.faults())
	}
	if status >= 400 && r.method != http.MethodHead {
		res.explains(w.t, r)
	}
	return res
}

// faults are the errors the server logged.
func (w *world) faults() string {
	w.log.mu.Lock()
	defer w.log.mu.Unlock()
	var out []string
	for line := range strings.Lines(w.log.String()) {
		if strings.Contains(line, `"level":"ERROR"`) {
			out = append(out, line)
		}
	}
	return strings.Join(out, "")
}

// explains checks that a failure is an OperationOutcome, or problem+json on /v1.
func (res response) explains(t testing.TB, r request) {
	t.Helper()
	if strings.HasPrefix(r.path, "/v1/") {
		if ct := res.Header.Get("Content-Type"); !strings.HasPrefix(ct, "application/problem+json") && !strings.HasPrefix(ct, "application/json") {
			t.Fatalf("%s %s: %d with Content-Type %q", r.method, r.path, res.StatusCode, ct)
		}
		return
	}
	parsed, issues := fhir.Parse([]byte(res.body), fhir.Limits{})
	if parsed == nil || parsed.Type != "OperationOutcome" || fhir.Validate(parsed).Errors() {
		t.Fatalf("%s %s: %d without a valid OperationOutcome: %v\n%s", r.method, r.path, res.StatusCode, issues, res.body)
	}
}

// parse reads a resource of an answer.
func (res response) parse(t testing.TB) *fhir.Resource {
	t.Helper()
	r, issues := fhir.Parse([]byte(res.body), fhir.Limits{Bytes: 1 << 30, Entries: 1 << 20})
	if r == nil {
		t.Fatalf("%v\n%s", issues, res.body)
	}
	return r
}

// create posts a resource and gives "Type/id".
func (w *world) create(as, body string) string {
	w.t.Helper()
	typ := (response{body: body}).parse(w.t).Type
	res := w.want(http.StatusCreated, request{as: as, method: "POST", path: "/fhir/" + typ, body: body})
	return string(res.parse(w.t).Ref())
}

// noDedup never remembers: the index decides alone.
type noDedup struct{}

func (noDedup) Recall(context.Context, gateway.PartnerID, string) (gateway.MessageID, bool) {
	return "", false
}
func (noDedup) Remember(context.Context, gateway.PartnerID, string, gateway.MessageID) {}

// limiter lets everything pass until it is told not to.
type limiter struct{ closed atomic.Bool }

func (l *limiter) Allow(context.Context, gateway.PartnerID, int) (bool, time.Duration) {
	return !l.closed.Load(), 1500 * time.Millisecond
}

// auditor hands events to the store, as cmd does.
type auditor struct{ s *store.Store }

func (a auditor) Audit(ctx context.Context, e access.Event) error {
	return a.s.Audit(ctx, store.Look{At: e.At, Partner: e.Partner, Action: e.Op, Type: e.Type, ID: e.ID, Outcome: string(e.Code)})
}

// logbook can be read while the server writes it.
type logbook struct {
	mu sync.Mutex
	bytes.Buffer
}

func (l *logbook) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.Buffer.Write(p)
}

func patient(member string) string {
	return fmt.Sprintf(`{"resourceType":"Patient","identifier":[{"system":"%s","value":"%s"}],"name":[{"family":"Canary-%s"}]}`, memberSystem, member, member)
}
