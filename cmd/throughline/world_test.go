package main

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/hex"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/throughline/throughline/config"
	"github.com/throughline/throughline/demo"
	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/store/storetest"
)

const testCanary = "Zzyzxtestcanary"

// worldConfig is a clinic with a live and a test token, and a receiver with a
// live and a test endpoint.
const worldConfig = `
server: {listen: 127.0.0.1:0, admin_listen: 127.0.0.1:0, subscription_networks: [127.0.0.0/8]}
programs: {packs: [wraparound]}
partners:
  - {id: clinic, name: A clinic, kind: clinic, npi: ["1999900016"]}
  - id: receiver
    name: A receiver
    kind: state
    programs: [wraparound]
    labels: ["*"]
    wants: [{types: [Organization]}]
    deliver: {wire: fhir, url: %[1]q}
    test_deliver: {wire: fhir, url: %[2]q}
  - id: keeper
    name: A receiver without a test endpoint
    kind: state
    programs: [wraparound]
    labels: ["*"]
    wants: [{types: [Organization]}]
    deliver: {wire: fhir, url: %[1]q}
tokens: {clinic: env:LIVE_TOKEN}
test_tokens: {clinic: env:TEST_TOKEN}
`

// endpoint answers 201 and says on a channel who asked.
func endpoint(t *testing.T) (url string, asked chan string) {
	asked = make(chan string, 100)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet {
			demo.NewFHIRServer("", false).ServeHTTP(w, r) // its metadata, and that it has nothing yet
			return
		}
		body, _ := io.ReadAll(r.Body)
		asked <- string(body)
		w.WriteHeader(http.StatusCreated)
	}))
	t.Cleanup(s.Close)
	return s.URL, asked
}

// serving runs the true server on a store until the test ends.
func serving(t *testing.T, storeURL, live, test string) (*App, string) {
	t.Helper()
	dir := t.TempDir()
	path := filepath.Join(dir, "c.yaml")
	if err := os.WriteFile(path, fmt.Appendf(nil, worldConfig, live, test), 0o600); err != nil {
		t.Fatal(err)
	}
	cfg, problems := config.Load(config.Input{Paths: []string{path}, Flags: map[string]string{"store.url": storeURL, "store.data_dir": dir},
		Env: map[string]string{"LIVE_TOKEN": "live-token-of-the-clinic", "TEST_TOKEN": "test-token-of-the-clinic"}})
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	app, err := Open(ctx, cfg, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	s, err := newServer(ctx, app)
	if err != nil {
		t.Fatal(err)
	}
	ready, ended := make(chan struct{}), make(chan error, 1)
	go func() { ended <- s.run(ctx, func() error { close(ready); return nil }) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		if err := app.Close(); err != nil {
			t.Error(err)
		}
	})
	<-ready
	return app, s.base
}

// A canary that comes by any door as a test is nowhere in live data, and leaves
// to the test endpoint only; what has none is kept.
func TestTestTrafficStaysOutOfLiveData(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, url string) {
		live, liveAsked := endpoint(t)
		test, testAsked := endpoint(t)
		app, base := serving(t, url, live, test)
		org := `{"resourceType":"Organization","identifier":[{"system":"urn:x","value":"%s"}],"name":"` + testCanary + `"}`
		send := func(token, path, body string) *http.Response {
			t.Helper()
			req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, base+path, strings.NewReader(body))
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set("Authorization", "Bearer "+token)
			req.Header.Set("Content-Type", "application/fhir+json")
			res, err := http.DefaultClient.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			defer res.Body.Close()
			if res.StatusCode != http.StatusCreated {
				body, _ := io.ReadAll(res.Body)
				t.Fatalf("%s: %s %s", path, res.Status, body)
			}
			return res
		}
		for i, path := range []string{"/fhir/Organization", "/v1/messages"} {
			res := send("test-token-of-the-clinic", path, fmt.Sprintf(org, fmt.Sprint("T", i)))
			if res.Header.Get(testHeader) != "true" {
				t.Errorf("%s: the answer to a test is not marked", path)
			}
		}
		issued, err := app.tests.Store.MintToken(t.Context(), "clinic", "issued", 1e12)
		if err != nil {
			t.Fatal(err)
		}
		if res := send(issued, "/fhir/Organization", fmt.Sprintf(org, "T-issued")); res.Header.Get(testHeader) != "true" {
			t.Error("the answer to an issued test token is not marked")
		}
		// The door of listeners and drop folders.
		m := &gateway.Message{Partner: "clinic", Channel: "mllp", Kind: "fhir/Organization", Key: "K", Test: true, Body: fmt.Appendf(nil, org, "T-wire"),
			Ask: &gateway.Ask{Interaction: gateway.AskCreate, Type: "Organization"}}
		if _, err := app.receiver()(t.Context(), m); err != nil {
			t.Fatal(err)
		}
		if _, err := app.Gateway.Receive(t.Context(), m, acknowledged); gateway.FaultOf(err).Code != gateway.Denied {
			t.Errorf("the live gateway took a test: %v", err)
		}
		for range 4 {
			if got := <-testAsked; !strings.Contains(got, testCanary) {
				t.Errorf("sent %s", got)
			}
		}
		kept, _, err := app.tests.Store.ListDeliveries(t.Context(), gateway.DeliveryFilter{Partner: "keeper", State: "ready"}, gateway.Paging{})
		if err != nil || len(kept) != 4 {
			t.Errorf("%d deliveries kept, want 4: %v", len(kept), err)
		}
		if res := send("live-token-of-the-clinic", "/fhir/Organization", `{"resourceType":"Organization","identifier":[{"system":"urn:x","value":"L"}],"name":"Live"}`); res.Header.Get(testHeader) != "" {
			t.Error("a live answer is marked as a test")
		}
		for range 2 { // receiver and keeper
			if got := <-liveAsked; strings.Contains(got, testCanary) {
				t.Error("a test left to a live endpoint")
			}
		}
		_, where := app.Config.Store.Target()
		_, tests := app.tests.Config.Store.Target()
		if n := found(t, where, testCanary); n != 0 {
			t.Errorf("the canary is in live data, %d times", n)
		}
		if found(t, tests, testCanary) == 0 {
			t.Error("the canary is not in the test store: this test would find nothing anywhere")
		}
	})
}

// found counts where a text stands in a store: in the bytes of the SQLite files,
// or in the rows of every table of the PostgreSQL schema.
func found(t *testing.T, target, text string) (n int) {
	t.Helper()
	if !strings.HasPrefix(target, "postgres") {
		for _, name := range []string{target, target + "-wal"} {
			body, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			n += bytes.Count(body, []byte(text))
		}
		return n
	}
	db, err := sql.Open("pgx", target)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	rows, err := db.QueryContext(t.Context(), "select quote_ident(tablename) from pg_tables where schemaname = current_schema()")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	tables := 0
	for rows.Next() {
		var table string
		var here int
		if err := rows.Scan(&table); err != nil {
			t.Fatal(err)
		}
		err := db.QueryRowContext(t.Context(), "select count(*) from "+table+" t where t::text like $1 or t::text like $2", "%"+text+"%", "%"+hex.EncodeToString([]byte(text))+"%").Scan(&here)
		if err != nil {
			t.Fatal(err)
		}
		n, tables = n+here, tables+1
	}
	if rows.Err() != nil || tables < 20 {
		t.Fatalf("%d tables seen, %v", tables, rows.Err())
	}
	return n
}
