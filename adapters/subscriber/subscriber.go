// Package subscriber notifies those who have subscribed to the topic of Da Vinci
// PAS (Subscriptions R5 Backport for R4): a handshake first, then each event in
// its order with its number, at least once, and heartbeats in between. What was
// sent is known by its number, so a repeat after a crash is told from a new event
// and a gap is seen.
//
// The endpoint is a URL that a subscriber names: it is never trusted. Only https
// to public addresses is dialled, checked when the address is known.
//
// The package must not know what an authorization means, and never logs a body
// or a header.
package subscriber

import (
	"cmp"
	"context"
	"log/slog"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"time"

	"github.com/throughline/throughline/adapters/guard"
	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/mappings/pas"
)

// Store is where subscriptions wait for their turn.
type Store interface {
	DueSubscription(ctx context.Context, holder string, now time.Time) (*gateway.Subscription, error)
	SettleSubscription(ctx context.Context, s *gateway.Subscription, next time.Time) error
	Events(ctx context.Context, s *gateway.Subscription, from, to int64) ([]gateway.Notification, error)
}

// Service notifies subscribers until its context ends.
type Service struct {
	Store    Store
	Hints    gateway.Hints
	Partners func(gateway.PartnerID) (*gateway.Partner, bool)
	Base     string         // our public URL, without a path
	Networks []netip.Prefix // private networks that endpoints may be in
	Holder   string         // name of this instance
	Mark     string         // a header that is "true" on everything sent; empty = none
	Workers  int            // 0 = 4
	Sweep    time.Duration  // how often to look without a hint; 0 = 1 s
	Timeout  time.Duration  // of one notification; 0 = 10 s
	Now      func() time.Time
	Log      *slog.Logger
}

// Retries: they double from a second to 15 minutes and end by time, as those of
// every delivery (gateway.RetryFor); a handshake is given up sooner.
const (
	firstRetry   = time.Second
	lastRetry    = 15 * time.Minute
	handshakeFor = 10 * time.Minute
)

// Run sends what is due until ctx ends and every send has ended.
func (s *Service) Run(ctx context.Context) error {
	var wg sync.WaitGroup
	defer wg.Wait()
	hints := s.Hints.Listen(ctx)
	tick := time.NewTicker(cmp.Or(s.Sweep, time.Second))
	defer tick.Stop()
	places := make(chan struct{}, cmp.Or(s.Workers, 4))
	for {
		for s.next(ctx, &wg, places) {
		}
		if !gateway.AwaitTopic(ctx, hints, tick.C, gateway.TopicNotify) {
			return nil
		}
	}
}

// next gives one due subscription to a free worker; false when there is none.
func (s *Service) next(ctx context.Context, wg *sync.WaitGroup, places chan struct{}) bool {
	select {
	case places <- struct{}{}:
	default:
		return false
	}
	sub, err := s.Store.DueSubscription(ctx, s.Holder, s.Now())
	if err != nil || sub == nil {
		<-places
		if err != nil && ctx.Err() == nil {
			s.Log.Error("notify", "op", "due", "code", gateway.FaultOf(err).Code)
		}
		return false
	}
	wg.Go(func() {
		defer func() { <-places }()
		s.serve(ctx, sub)
	})
	return true
}

// serve sends the one thing that is next for a subscription and records what
// became of it.
func (s *Service) serve(ctx context.Context, sub *gateway.Subscription) {
	ctx = context.WithoutCancel(ctx) // a send that began is finished, its timeout bounds it
	var next time.Time
	if now := s.Now(); !sub.Ends.IsZero() && !now.Before(sub.Ends) {
		sub.Status = gateway.SubOff
	} else if sent, err := s.send(ctx, sub, now); err != nil {
		next = s.failed(sub, err)
	} else {
		sub.Status, sub.Sent, sub.Attempts, sub.FailedAt, sub.Fault = gateway.SubActive, sent, 0, time.Time{}, ""
		if sub.Heartbeat > 0 {
			next = now.Add(sub.Heartbeat)
		}
	}
	if err := s.Store.SettleSubscription(ctx, sub, next); err != nil {
		s.Log.Warn("notify", "op", "settle", "partner", sub.Partner, "code", gateway.FaultOf(err).Code)
	}
}

// send sends the handshake, the next event or a heartbeat, and returns the number
// up to which events have been sent.
func (s *Service) send(ctx context.Context, sub *gateway.Subscription, now time.Time) (int64, error) {
	kind := gateway.Heartbeat
	var events []gateway.Notification
	switch {
	case sub.Status == gateway.SubRequested:
		kind = gateway.Handshake
	case sub.Sent < sub.Events:
		var err error
		if events, err = s.Store.Events(ctx, sub, sub.Sent+1, sub.Sent+1); err != nil {
			return 0, err
		}
		kind = gateway.EventKind
	}
	version := pas.V201
	if p, ok := s.Partners(sub.Partner); ok && p.PAS.Version != "" {
		version = p.PAS.Version
	}
	b, issues := pas.Notified(sub, kind, events, s.Base, version, now)
	if issues.Errors() {
		return 0, &gateway.Fault{Op: "notify", Code: gateway.Internal, Issues: issues}
	}
	sent := sub.Sent + int64(len(events))
	return sent, s.post(ctx, sub, b)
}

func (s *Service) post(ctx context.Context, sub *gateway.Subscription, b fhir.Object) error {
	if !pas.Reachable(sub.Endpoint, s.Networks) {
		return gateway.Faultf("notify", gateway.Denied, fhir.Issue{Code: fhir.CodeSecurity, Found: "an endpoint that is not sent to"})
	}
	client, err := guard.New(sub.Endpoint, guard.Options{Timeout: cmp.Or(s.Timeout, 10*time.Second), Allow: s.Networks})
	if err != nil {
		return &gateway.Fault{Op: "notify", Code: gateway.Denied, Err: guard.ErrForbidden}
	}
	defer client.Close()
	header := map[string]string{}
	for _, h := range sub.Headers {
		name, value, _ := strings.Cut(h, ":")
		header[http.CanonicalHeaderKey(strings.TrimSpace(name))] = strings.TrimSpace(value)
	}
	header["Content-Type"] = sub.Media
	if s.Mark != "" {
		header[s.Mark] = "true"
	}
	_, err = client.Do(ctx, http.MethodPost, "", header, b.JSON())
	return err
}

// failed counts a failure and says when to try again; zero when the subscription
// is given up: its subscriber asks anew, and finds what it missed by number.
func (s *Service) failed(sub *gateway.Subscription, err error) time.Time {
	now := s.Now()
	if sub.FailedAt.IsZero() {
		sub.FailedAt = now
	}
	code := gateway.FaultOf(err).Code
	sub.Attempts++
	sub.Fault = "the endpoint could not be notified: " + string(code)
	patience := gateway.RetryFor
	if sub.Status == gateway.SubRequested {
		patience = handshakeFor
	}
	s.Log.Warn("notify", "op", "send", "partner", sub.Partner, "code", code)
	if now.Sub(sub.FailedAt) >= patience {
		sub.Status = gateway.SubError
		return time.Time{}
	}
	return now.Add(min(firstRetry<<min(sub.Attempts-1, 10), lastRetry))
}
