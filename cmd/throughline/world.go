package main

import (
	"context"
	"net/http"
	"strings"

	"github.com/throughline/throughline/api"
	"github.com/throughline/throughline/api/access"
	"github.com/throughline/throughline/api/console"
	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/store"
)

// A gateway has two worlds: live data, and test traffic. Each is an App with a
// store, a gateway, a router and a drain of its own; they share the
// configuration, the ports and the process. What is a test says the sender:
// a test credential (HTTP), MSH-11 T (HL7), ISA15 T (X12).

// openTests opens the world of tests beside the live one. Closing the live app
// closes both.
func (a *App) openTests(ctx context.Context) (*App, error) {
	switch {
	case a.Test:
		return a, nil
	case a.tests != nil:
		return a.tests, nil
	}
	t := &App{Config: a.Config.ForTests(), Test: true, Hints: store.NewMemory(), Dedup: "this process", Log: a.Log.With("test", true), name: a.name}
	if err := t.connect(ctx); err != nil {
		return nil, &failure{code: exitDown, text: "the store of test traffic cannot be opened", err: err, todo: "let the database user create a schema, or name a place with store.test_url"}
	}
	t.plug()
	a.tests = t
	a.closes = append(a.closes, t.Close)
	return t, nil
}

// world is the app that traffic belongs to.
func (a *App) world(test bool) *App {
	if test && a.tests != nil {
		return a.tests
	}
	return a
}

// Receive takes a message into the world it belongs to: listeners set
// Message.Test and call this. Without an open world of tests the live gateway
// refuses what is a test, so it can never get in by mistake.
func (a *App) Receive(ctx context.Context, m *gateway.Message, reply gateway.Reply) (*gateway.Receipt, error) {
	return a.world(m.Test).Gateway.Receive(ctx, m, reply)
}

// receiver is Receive for wires that word their own answers.
func (a *App) receiver() gateway.Receiver {
	return func(ctx context.Context, m *gateway.Message) (*gateway.Receipt, error) {
		return a.Receive(ctx, m, acknowledged)
	}
}

// testHeader marks every answer of the world of tests.
const testHeader = "X-Throughline-Test"

// doors serves both worlds on one port: the token says which.
type doors struct {
	live, test       http.Handler
	pages            http.Handler // the console: live data only
	enter            func() func()
	liveKey, testKey access.Authenticator
}

func (s *server) doors() http.Handler {
	live, test := s.deps(), s.app.tests.deps(s.base)
	test.Guard = s.guard(s.app.tests)
	return &doors{enter: s.app.desk.Enter, pages: s.pages, live: api.New(live).Handler(), test: api.New(test).Handler(), liveKey: live.Guard.Tokens, testKey: test.Guard.Tokens}
}

// ServeHTTP asks for a test token only where the live world does not know it, so
// that live traffic pays nothing for tests.
func (d *doors) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	defer d.enter()()
	if r.URL.Path == console.Path || strings.HasPrefix(r.URL.Path, console.Path+"/") {
		d.pages.ServeHTTP(w, r)
		return
	}
	if d.isTest(r) {
		w.Header().Set(testHeader, "true")
		d.test.ServeHTTP(w, r)
		return
	}
	d.live.ServeHTTP(w, r)
}

func (d *doors) isTest(r *http.Request) bool {
	token, ok := access.Bearer(r)
	if !ok {
		return false
	}
	if _, err := d.liveKey.Authenticate(r.Context(), token); err == nil || gateway.FaultOf(err).Code != gateway.Denied {
		return false // live, or nobody can say at the moment: the live door answers
	}
	_, err := d.testKey.Authenticate(r.Context(), token)
	return err == nil
}
