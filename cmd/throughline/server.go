package main

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/errgroup"

	"github.com/throughline/throughline/api"
	"github.com/throughline/throughline/api/access"
	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/jobs"
)

// server runs an App: the public and the admin port, the admin socket, and all
// services that work in the background.
type server struct {
	app              *App
	public           net.Listener
	admin            net.Listener
	base             string
	mllp             net.Listener // nil = none
	drain, testDrain *gateway.Drain
	pages            http.Handler // the console
	lanes            *gateway.LaneWatch
	clock            *jobs.Service // nil without schedules
	registry         *prometheus.Registry
	fetches          []gateway.Service // from partners' FHIR servers
	stopping         atomic.Bool
}

// newServer opens the ports; nothing is served before run.
func newServer(ctx context.Context, a *App) (*server, error) {
	s := &server{app: a, registry: prometheus.NewRegistry()}
	if _, err := a.openTests(ctx); err != nil {
		return nil, err
	}
	var err error
	if s.clock, err = a.clock(); err != nil {
		return nil, err
	}
	if s.clock != nil {
		a.ring = s.clock.Ring
	}
	if s.fetches, err = a.fetches(); err != nil {
		return nil, err
	}
	if s.public, err = listen(ctx, a.Config.Server.Listen); err != nil {
		return nil, err
	}
	if s.admin, err = listen(ctx, a.Config.Server.AdminListen); err != nil {
		return nil, errors.Join(err, s.public.Close())
	}
	scheme := "http://"
	if t := a.Config.Server.TLS; t.Cert != "" {
		scheme = "https://"
		pair, err := tls.LoadX509KeyPair(t.Cert, t.Key)
		if err != nil {
			return nil, errors.Join(usage("the TLS certificate cannot be read: "+err.Error(), "correct server.tls.cert and server.tls.key"), s.public.Close(), s.admin.Close())
		}
		s.public = tls.NewListener(s.public, &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12})
	}
	s.base = a.Config.Server.BaseURL
	if s.base == "" {
		s.base = scheme + s.public.Addr().String()
	}
	if s.mllp, err = a.listenMLLP(ctx); err != nil {
		return nil, errors.Join(err, s.public.Close(), s.admin.Close())
	}
	s.drain = a.drain()
	s.lanes = &gateway.LaneWatch{Lanes: a.Store, Log: a.Log}
	s.testDrain = a.tests.drain()
	a.breakers, a.tests.breakers = s.drain.Breakers, s.testDrain.Breakers
	s.measure()
	if s.pages, err = s.console(); err != nil {
		return nil, errors.Join(err, s.public.Close(), s.admin.Close())
	}
	return s, nil
}

func listen(ctx context.Context, address string) (net.Listener, error) {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
	if err != nil {
		return nil, &failure{code: exitFault, text: "cannot listen on " + address, err: err, todo: "choose a free port: --listen or server.listen, server.admin_listen"}
	}
	return l, nil
}

// run serves until ctx ends: then it is not ready any more, lets what is in
// flight finish, and stops at the hard limit. ready is called once requests are
// answered. The admin port goes last.
func (s *server) run(ctx context.Context, ready func() error) error {
	adminCtx, stopAdmin := context.WithCancel(context.WithoutCancel(ctx))
	admin, _ := errgroup.WithContext(adminCtx)
	admin.Go(func() error {
		return (&api.Service{Listener: s.admin, Handler: api.Admin(s.deps()), Drain: time.Second}).Run(adminCtx)
	})
	defer func() { _ = admin.Wait() }() // its failures end the group below
	defer stopAdmin()

	group, within := errgroup.WithContext(ctx)
	for _, service := range s.services() {
		group.Go(func() error { return service.Run(within) })
	}
	context.AfterFunc(within, func() { s.stopping.Store(true) })
	if err := ready(); err != nil {
		return err
	}
	done := make(chan error, 1)
	go func() { done <- group.Wait() }()
	select {
	case err := <-done:
		return err
	case <-within.Done():
	}
	s.app.Log.Info("stopping", "op", "serve")
	select {
	case err := <-done:
		return err
	case <-time.After(s.app.Config.Server.Shutdown):
		s.app.Log.Warn("hard limit of the shutdown", "op", "serve")
		return nil
	}
}

// services are all that run until the end.
func (s *server) services() []gateway.Service {
	a := s.app
	out := []gateway.Service{
		&api.Service{Listener: s.public, Handler: s.doors(), Drain: a.Config.Server.Shutdown},
		a.route(), s.drain, auditFlush{a}, a.notifier(s.base), a.tell(),
		s.lanes, a.replayRun(a.name),
		a.tests.notifier(s.base), a.tests.route(), s.testDrain, a.tests.replayRun(a.name), auditFlush{a.tests},
	}
	out = append(append(out, a.pickups()...), a.uploads(), a.tests.uploads())
	out = append(append(out, s.fetches...), a.followers(s.base)...)
	if r := a.redis(); r != nil {
		out = append(out, r)
	}
	if dir, ok := a.socketDir(); ok {
		out = append(out, &adminSocket{app: a, dir: dir})
	}
	if s.mllp != nil {
		out = append(out, a.mllp(s.mllp))
	}
	if s.clock != nil {
		out = append(out, s.clock)
	}
	return append(out, a.extra...)
}

// tokenMemory is how long a token that was taken back may still work.
const tokenMemory = 2 * time.Second

// guard lets the partners of a world in.
func (s *server) guard(a *App) access.Guard {
	return access.Guard{Tokens: &access.Recent{Tokens: a.tokens(), For: tokenMemory}, Partner: a.partner, Limiter: a.Hints}
}

// deps is the API put together for partners who come by the network.
func (s *server) deps() api.Deps {
	d := s.app.deps(s.base)
	d.Guard = s.guard(s.app)
	d.Ready = s.checks()
	d.Metrics = s.registry
	d.Meter = s.registry
	return d
}

// deps is what the API needs but for who is let in.
func (a *App) deps(base string) api.Deps {
	return api.Deps{
		Base: base, Version: version,
		Gateway: a, Reader: a.Store, Receipts: a.Store, Cases: a.Store, Keys: a.publicKeys(), Links: a.links().pages(), Files: a.uploads(),
		Authorizations: a.Store, Subscriptions: a.Store, Payers: a.payers, Hints: a.Hints, DecisionWait: a.Config.Server.DecisionWait, HookNetworks: a.Config.Server.SubscriptionNetworks,
		Audit: auditor{a.Store}, Rules: a.Config.Rules, MaxBody: int(a.Config.Server.Limits.BodyBytes), Log: a.Log,
	}
}

// checks are the conditions of readiness. Redis is none: without it everything
// is right, only slower (protocol.md R3).
func (s *server) checks() []api.Check {
	return []api.Check{
		{Name: "serving", Ask: func(context.Context) error {
			if s.stopping.Load() {
				return errors.New("shutting down")
			}
			return nil
		}},
		{Name: "store", Ask: s.app.Store.Ping},
		{Name: "schema", Ask: s.schema},
		{Name: "lanes", Note: true, Ask: func(context.Context) error { return noted(s.lanes.Note()) }},
	}
}

// noted is a note as a check gives it; nothing to say is nil.
func noted(text string) error {
	if text == "" {
		return nil
	}
	return errors.New(text)
}

// schema says whether the tables are those this binary works with.
func (s *server) schema(ctx context.Context) error {
	current, newest, err := s.app.Store.Versions(ctx)
	if err == nil && current < newest {
		err = errors.New("the schema is older than this program: run throughline migrate up")
	}
	return err
}

// auditFlush writes gathered audit events every second.
type auditFlush struct{ app *App }

// Run flushes until ctx ends; the store flushes the rest when it closes.
func (f auditFlush) Run(ctx context.Context) error {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
			if err := f.app.Store.FlushAudit(ctx); err != nil && ctx.Err() == nil {
				f.app.Log.Error("audit", "op", "flush", "error", err)
			}
		}
	}
}
