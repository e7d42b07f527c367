package demo_test

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/throughline/throughline/adapters/fhirrest"
	"github.com/throughline/throughline/adapters/mllp"
	"github.com/throughline/throughline/adapters/webhook"
	"github.com/throughline/throughline/api"
	"github.com/throughline/throughline/api/access"
	"github.com/throughline/throughline/demo"
	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/mappings/hl7v2"
	"github.com/throughline/throughline/store"
)

// logbook can be read while others write it.
type logbook struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *logbook) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *logbook) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

func (w *world) logger() *slog.Logger {
	return slog.New(slog.NewJSONHandler(&w.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

// run runs services until the test ends.
func run(t *testing.T, services ...gateway.Service) {
	ctx, cancel := context.WithCancel(context.Background())
	var group sync.WaitGroup
	for _, s := range services {
		group.Go(func() {
			if err := s.Run(ctx); err != nil {
				t.Errorf("a service ended: %v", err)
			}
		})
	}
	t.Cleanup(func() {
		cancel()
		http.DefaultClient.CloseIdleConnections()
		group.Wait()
	})
}

// serve answers HTTP; the day is that of the tests.
func (w *world) serve(t *testing.T) (url string) {
	t.Helper()
	for _, p := range w.cfg.Partners {
		if err := w.store.AddToken(t.Context(), p.ID, "test", tokenOf(p.ID), time.Hour); err != nil {
			t.Fatal(err)
		}
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	url = "http://" + l.Addr().String()
	deps := api.Deps{Base: url, Version: "test", Gateway: w.Gateway, Reader: w.store, Receipts: w.store, Cases: w.store,
		Guard: access.Guard{Tokens: w.store, Partner: w.partner, Limiter: w.hints}, Audit: auditor{w.store}, Rules: w.cfg.Rules,
		Now: func() time.Time { return today }, Log: w.logger()}
	run(t, &api.Service{Listener: l, Handler: api.New(deps).Handler(), Drain: 5 * time.Second})
	return url
}

// deliver starts the simulated partners and the way out to them.
func (w *world) deliver(t *testing.T, ps *demo.Partners) {
	t.Helper()
	all := func() []*gateway.Partner {
		out := make([]*gateway.Partner, len(w.cfg.Partners))
		for i := range w.cfg.Partners {
			out[i] = &w.cfg.Partners[i]
		}
		return out
	}
	wires := map[string]gateway.Wire{
		"fhir":    {Render: fhirrest.Render, Dial: func(p *gateway.Partner) (gateway.Sender, error) { return fhirrest.New(p, fhirrest.Options{}) }},
		"webhook": {Render: webhook.Render, Dial: func(p *gateway.Partner) (gateway.Sender, error) { return webhook.New(p, webhook.Options{}) }},
		"mllp":    {Render: hl7v2.Render, Context: true, Dial: func(p *gateway.Partner) (gateway.Sender, error) { return mllp.New(p, mllp.Options{}) }},
	}
	run(t, ps,
		&gateway.Route{Store: w.store, Leases: w.store, Hints: w.hints, Partners: all, Holder: "test", Sweep: 100 * time.Millisecond, Log: w.logger()},
		&gateway.Drain{Outbox: w.store, Hints: w.hints, Partners: all, Wires: wires, Holder: "test", Sweep: 100 * time.Millisecond, Now: time.Now, Log: w.logger()})
}

// auditor keeps looks in the store, as cmd does.
type auditor struct{ s *store.Store }

func (a auditor) Audit(ctx context.Context, e access.Event) error {
	return a.s.Audit(ctx, store.Look{At: e.At, Partner: e.Partner, Action: e.Op, Type: e.Type, ID: e.ID, Outcome: "0"})
}

func tokenOf(id gateway.PartnerID) string { return "token-of-" + string(id) + "-in-tests" }

func post(t *testing.T, url string, as gateway.PartnerID, media, body string) (status int, answer string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", media)
	return ask(t, req, as)
}

func get(t *testing.T, url string, as gateway.PartnerID) (status int, answer string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	return ask(t, req, as)
}

func ask(t *testing.T, req *http.Request, as gateway.PartnerID) (status int, answer string) {
	t.Helper()
	req.Header.Set("Authorization", "Bearer "+tokenOf(as))
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(body)
}
