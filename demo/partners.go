package demo

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/url"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/throughline/throughline/gateway"
)

// Behaviour is how a simulated partner fails. The zero value is well.
type Behaviour struct {
	Status     int           // answer this instead, and apply nothing
	RetryAfter time.Duration // with Status
	Delay      time.Duration // before anything else
	Drop       bool          // apply, then close the connection without a reply
	Times      int           // so many requests long; 0 = until told otherwise
}

// Arrival is one request as a simulated partner got it.
type Arrival struct {
	Key     string // Idempotency-Key or webhook-id
	Refs    []string
	At      time.Time
	Applied bool
	Repeat  bool // the key was applied before: nothing was done again
}

// maxArrivals bounds what a receiver remembers of a long demonstration.
const maxArrivals = 10000

// receiver is what all simulated partners have in common.
type receiver struct {
	Now func() time.Time

	mu       sync.Mutex
	behave   Behaviour
	arrivals []Arrival
	applied  map[string]int // key -> status of the answer
	changed  chan struct{}  // closed and made anew at every arrival
}

func newReceiver() receiver {
	return receiver{Now: time.Now, applied: map[string]int{}, changed: make(chan struct{})}
}

// Behave tells the partner how to fail from now on.
func (r *receiver) Behave(b Behaviour) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.behave = b
}

// Arrivals are the requests so far, and a channel that is closed at the next.
func (r *receiver) Arrivals() ([]Arrival, <-chan struct{}) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]Arrival(nil), r.arrivals...), r.changed
}

// next takes the behaviour of one request.
func (r *receiver) next() Behaviour {
	r.mu.Lock()
	defer r.mu.Unlock()
	b := r.behave
	if b.Times == 1 {
		r.behave = Behaviour{}
	} else if b.Times > 1 {
		r.behave.Times--
	}
	return b
}

// note remembers an arrival. It is called with mu held.
func (r *receiver) note(a Arrival) {
	a.At = r.Now()
	if len(r.arrivals) >= maxArrivals {
		r.arrivals = r.arrivals[1:]
	}
	r.arrivals = append(r.arrivals, a)
	close(r.changed)
	r.changed = make(chan struct{})
}

// fail answers as the behaviour says; false when it says nothing.
func (r *receiver) fail(w http.ResponseWriter, req *http.Request, b Behaviour, key string) bool {
	if b.Delay > 0 {
		timer := time.NewTimer(b.Delay)
		defer timer.Stop()
		select {
		case <-req.Context().Done():
			return true
		case <-timer.C:
		}
	}
	if b.Status == 0 {
		return false
	}
	r.mu.Lock()
	r.note(Arrival{Key: key})
	r.mu.Unlock()
	if b.RetryAfter > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(int(b.RetryAfter/time.Second)))
	}
	refuse(w, b.Status, "the simulated partner was told to answer so")
	return true
}

// refuse answers with an OperationOutcome.
func refuse(w http.ResponseWriter, status int, why string) {
	w.Header().Set("Content-Type", "application/fhir+json")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(`{"resourceType":"OperationOutcome","issue":[{"severity":"error","code":"processing","diagnostics":` + strconv.Quote(why) + `}]}`))
}

// drop closes the connection without a reply.
func drop(w http.ResponseWriter) {
	if h, ok := w.(http.Hijacker); ok {
		if conn, _, err := h.Hijack(); err == nil {
			_ = conn.Close()
		}
	}
}

// simulated is one partner on loopback.
type simulated struct {
	listener net.Listener
	server   interface { // *http.Server or *HL7Server
		Serve(l net.Listener) error // http.ErrServerClosed after Close
		Close() error
	}
	behave func(Behaviour)
	fhir   *FHIRServer // of each partner one of the three
	hook   *HookServer
	hl7    *HL7Server
}

// Partners are the simulated partners of a configuration.
type Partners struct {
	all map[gateway.PartnerID]simulated
}

// OpenPartners listens for every partner whose delivery URL is on loopback with
// port 0, and writes the port it got into that URL. Run serves them.
func OpenPartners(ctx context.Context, partners []gateway.Partner) (*Partners, error) {
	ps := &Partners{all: map[gateway.PartnerID]simulated{}}
	for i := range partners {
		p := &partners[i]
		err := errors.Join(ps.open(ctx, p.ID, p.Deliver), ps.open(ctx, p.ID+testSuffix, p.TestDeliver))
		if err != nil {
			return nil, errors.Join(err, ps.Close())
		}
	}
	return ps, nil
}

// testSuffix names the simulated test endpoint of a partner.
const testSuffix = "-test"

// open listens for one endpoint that asks for it.
func (ps *Partners) open(ctx context.Context, id gateway.PartnerID, e *gateway.Endpoint) error {
	if e == nil {
		return nil
	}
	u, err := url.Parse(e.URL)
	if err != nil {
		return err
	}
	if u.Hostname() != "127.0.0.1" || u.Port() != "0" {
		return nil
	}
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	u.Host = l.Addr().String()
	e.URL = u.String()
	ps.all[id] = simulate(e, l, u.Path)
	return nil
}

func simulate(e *gateway.Endpoint, l net.Listener, path string) simulated {
	s := simulated{listener: l}
	if e.Wire == "mllp" {
		s.hl7 = NewHL7Server()
		s.server, s.behave = s.hl7, s.hl7.Behave
		return s
	}
	var handler http.Handler
	if e.Wire == "webhook" {
		s.hook = NewHookServer(e.Secrets)
		handler, s.behave = s.hook, s.hook.Behave
	} else {
		h := Habits{Token: e.Token, Keys: e.Deduplicates, OwnIDs: e.IDs == gateway.TheirIDs}
		if login := e.Login; login != nil {
			h.Key, h.Client = login.Key, login.ClientID
		}
		s.fhir = NewFHIRServerWith(h)
		handler, s.behave = s.fhir, s.fhir.Behave
	}
	mux := http.NewServeMux()
	mux.Handle(strings.TrimSuffix(path, "/")+"/", http.StripPrefix(strings.TrimSuffix(path, "/"), handler))
	mux.Handle(path, http.StripPrefix(path, handler))
	mux.HandleFunc("POST /demo/behave", func(w http.ResponseWriter, r *http.Request) { control(w, r, s.behave) })
	s.server = &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second}
	return s
}

// control lets a visitor break and mend a partner:
// POST /demo/behave?status=503&retry_after=5&delay=2s&drop=true&times=3; without
// parameters the partner is well again.
func control(w http.ResponseWriter, r *http.Request, behave func(Behaviour)) {
	q := r.URL.Query()
	number := func(name string) int { n, _ := strconv.Atoi(q.Get(name)); return n } // what is no number is 0: well
	delay, _ := time.ParseDuration(q.Get("delay"))
	behave(Behaviour{Status: number("status"), RetryAfter: time.Duration(number("retry_after")) * time.Second, Delay: delay, Drop: q.Get("drop") == "true", Times: number("times")})
	w.WriteHeader(http.StatusNoContent)
}

// Behave tells one partner how to fail; false when it is not simulated.
func (ps *Partners) Behave(id gateway.PartnerID, b Behaviour) bool {
	s, ok := ps.all[id]
	if ok {
		s.behave(b)
	}
	return ok
}

// FHIR is a partner's FHIR server, nil when it has none.
func (ps *Partners) FHIR(id gateway.PartnerID) *FHIRServer { return ps.all[id].fhir }

// Hook is a partner's webhook receiver, nil when it has none.
func (ps *Partners) Hook(id gateway.PartnerID) *HookServer { return ps.all[id].hook }

// Keep lets partners that take HL7 v2 keep their messages in a folder each below dir.
func (ps *Partners) Keep(dir string) {
	for id, s := range ps.all {
		if s.hl7 != nil {
			s.hl7.Dir = filepath.Join(dir, string(id))
		}
	}
}

// Run serves all of them until ctx ends.
func (ps *Partners) Run(ctx context.Context) error {
	var wg sync.WaitGroup
	errs := make(chan error, len(ps.all))
	for _, s := range ps.all {
		wg.Go(func() {
			if err := s.server.Serve(s.listener); !errors.Is(err, http.ErrServerClosed) {
				errs <- err
			}
		})
	}
	var err error
	select {
	case <-ctx.Done():
	case err = <-errs:
	}
	err = errors.Join(err, ps.Close())
	wg.Wait()
	return err
}

// Close ends the listeners and their connections.
func (ps *Partners) Close() error {
	var errs []error
	for _, s := range ps.all {
		errs = append(errs, s.server.Close())
		if err := s.listener.Close(); !errors.Is(err, net.ErrClosed) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}
