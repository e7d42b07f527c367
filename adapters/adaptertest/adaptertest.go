// Package adaptertest is what every sender and every listener has to pass:
// order, the same key on every try, the right fault for each way in which a
// receiver can fail, an answer after the commit and never before, a repeat that
// gets the same answer. It is for tests only.
//
// Senders (senders.go) and Listeners (listeners.go) are for all wires, those that
// hold connections and those that leave files; Run adds what is HTTP's own. A case
// that a wire does not know is left out with a reason, and docs/partners/
// conformance.md has to say the same (table.go).
package adaptertest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/throughline/throughline/gateway"
)

// Wire is a sender under test.
type Wire struct {
	Name   string                                        // its column in docs/partners/conformance.md
	New    func(t *testing.T, url string) gateway.Sender // for a receiver at url, with a short timeout
	Parcel func(n int) *gateway.Parcel                   // the n-th delivery, rendered; equal n, equal parcel
	Key    func(r *http.Request) string                  // the key as the receiver reads it
	Reads  bool                                          // the reply says something and is read whole: one that never ends is a fault
}

// Canary stands in every word a receiver answers with; no fault may show it.
const Canary = "CANARY-Family-Sample"

// receiver is a partner that does what it is told and remembers what it got.
type receiver struct {
	*httptest.Server
	mu      sync.Mutex
	key     func(*http.Request) string
	tries   []try
	applied map[string]int // key -> bodies applied, a repeat of a key counted once
	behave  func(w http.ResponseWriter, r *http.Request, n int)
}

type try struct{ key, body string }

func newReceiver(t *testing.T, w Wire, behave func(http.ResponseWriter, *http.Request, int)) *receiver {
	t.Helper()
	r := &receiver{key: w.Key, applied: map[string]int{}, behave: behave}
	r.Server = httptest.NewServer(r)
	t.Cleanup(func() {
		r.CloseClientConnections()
		r.Close()
	})
	return r
}

// ServeHTTP notes the request and then behaves.
func (r *receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	body, err := io.ReadAll(req.Body)
	if err != nil {
		return
	}
	key := r.key(req)
	r.mu.Lock()
	r.tries = append(r.tries, try{key, string(body)})
	n := len(r.tries)
	r.applied[key] = 1
	r.mu.Unlock()
	if r.behave != nil {
		r.behave(w, req, n)
	}
}

func (r *receiver) got() []try {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]try(nil), r.tries...)
}

// drop ends the connection without an answer: with a reset when hard.
func drop(w http.ResponseWriter, hard bool) {
	conn, _, err := w.(http.Hijacker).Hijack()
	if err != nil {
		return
	}
	if tcp, ok := conn.(*net.TCPConn); ok && hard {
		_ = tcp.SetLinger(0)
	}
	_ = conn.Close()
}

func answer(status int, header ...string) func(http.ResponseWriter, *http.Request, int) {
	return func(w http.ResponseWriter, _ *http.Request, _ int) {
		for i := 0; i+1 < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, Canary)
	}
}

func send(t *testing.T, s gateway.Sender, p *gateway.Parcel) error {
	t.Helper()
	_, err := s.Send(context.Background(), p)
	if err != nil && strings.Contains(err.Error(), Canary) {
		t.Errorf("the fault shows the receiver's body: %v", err)
	}
	return err
}

const ofItsRequest = "a reply of HTTP belongs to its request"

// Run runs the suite for a sender that speaks HTTP.
func Run(t *testing.T, w Wire) {
	Senders(t, Sending{
		Peer: func(t *testing.T) Peer { return NewHTTPPeer(t, w.Key) },
		Wire: w.Name, New: w.New, Parcel: w.Parcel, Key: func(p *gateway.Parcel) string { return p.Key },
		Without: map[string]string{"answers to something else": ofItsRequest, "late answer": ofItsRequest},
	})
	t.Run("connections of a call and its retries dropped", func(t *testing.T) { dropsReply(t, w) })
	t.Run("failures to be tried again", func(t *testing.T) { failures(t, w) })
	t.Run("refusals", func(t *testing.T) { refusals(t, w) })
	t.Run("redirects are not followed", func(t *testing.T) { redirect(t, w) })
	t.Run("endless reply", func(t *testing.T) { endless(t, w) })
}

// sameKey checks that all that came is one delivery.
func sameKey(t *testing.T, w Wire, r *receiver, least int) {
	t.Helper()
	got := r.got()
	if len(got) < least {
		t.Fatalf("%d tries arrived, want %d", len(got), least)
	}
	p := w.Parcel(1)
	for i, g := range got {
		if g.key != p.Key || g.key == "" || g.body != string(p.Body) {
			t.Errorf("try %d has key %q, want %q and the same body", i, g.key, p.Key)
		}
	}
	if len(r.applied) != 1 {
		t.Errorf("applied as %d deliveries", len(r.applied))
	}
}

// dropsReply is F16: the receiver applies and its reply is lost.
func dropsReply(t *testing.T, w Wire) {
	for _, hard := range []bool{false, true} {
		var lost sync.Map // every connection of the first calls is dropped, also those http retries by itself
		r := newReceiver(t, w, func(rw http.ResponseWriter, _ *http.Request, n int) {
			if _, done := lost.Load("enough"); !done {
				drop(rw, hard)
			}
		})
		s := w.New(t, r.URL)
		for range 2 {
			wantCode(t, "no reply", send(t, s, w.Parcel(1)), gateway.Busy)
		}
		lost.Store("enough", true)
		if err := send(t, s, w.Parcel(1)); err != nil {
			t.Fatal(err)
		}
		sameKey(t, w, r, 3)
	}
}

func failures(t *testing.T, w Wire) {
	date := func(d time.Duration) string { return time.Now().Add(d).UTC().Format(http.TimeFormat) }
	for _, c := range []struct {
		status   int
		after    string
		min, max time.Duration
	}{
		{500, "", 0, 0}, {502, "", 0, 0}, {503, "", 0, 0}, {504, "", 0, 0}, {408, "", 0, 0}, {425, "", 0, 0}, {429, "", 0, 0},
		{429, "7", 7 * time.Second, 7 * time.Second}, {503, "120", 2 * time.Minute, 2 * time.Minute}, {409, "1", time.Second, time.Second},
		{503, date(time.Hour), 59 * time.Minute, time.Hour}, {503, "soon", 0, 0}, {503, "-5", 0, 0}, {503, date(-time.Hour), 0, 0},
	} {
		what := fmt.Sprint(c.status, " Retry-After ", c.after)
		r := newReceiver(t, w, answer(c.status, "Retry-After", c.after))
		err := send(t, w.New(t, r.URL), w.Parcel(1))
		wantCode(t, what, err, gateway.Busy)
		var wait *gateway.Wait
		if asked := errors.As(err, &wait); asked != (c.max > 0) || asked && (wait.For < c.min || wait.For > c.max) {
			t.Errorf("%s: wait %v", what, wait)
		}
	}
}

func refusals(t *testing.T, w Wire) {
	for status, want := range map[int]gateway.Code{400: gateway.Invalid, 422: gateway.Invalid, 401: gateway.Denied, 403: gateway.Denied,
		404: gateway.NotFound, 405: gateway.NotSupported, 409: gateway.Conflict, 410: gateway.Gone, 412: gateway.Mismatch, 413: gateway.TooLarge, 501: gateway.NotSupported} {
		r := newReceiver(t, w, answer(status))
		wantCode(t, fmt.Sprint(status), send(t, w.New(t, r.URL), w.Parcel(1)), want)
	}
}

func redirect(t *testing.T, w Wire) {
	other := newReceiver(t, w, nil)
	for _, status := range []int{301, 302, 307, 308} {
		r := newReceiver(t, w, answer(status, "Location", other.URL+"/elsewhere"))
		wantCode(t, fmt.Sprint(status), send(t, w.New(t, r.URL), w.Parcel(1)), gateway.NotSupported)
	}
	if n := len(other.got()); n != 0 {
		t.Errorf("%d requests went to where a redirect pointed", n)
	}
}

// endless answers 200 and never ends its body: the sender must not read it all.
func endless(t *testing.T, w Wire) {
	r := newReceiver(t, w, func(rw http.ResponseWriter, req *http.Request, _ int) {
		block := []byte(strings.Repeat("x", 1<<15))
		for req.Context().Err() == nil {
			if _, err := rw.Write(block); err != nil {
				return
			}
		}
	})
	err := send(t, w.New(t, r.URL), w.Parcel(1))
	if w.Reads {
		wantCode(t, "endless", err, gateway.TooLarge)
	} else if err != nil {
		t.Error(err)
	}
}
