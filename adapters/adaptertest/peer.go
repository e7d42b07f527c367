package adaptertest

import (
	"context"
	"errors"
	"net"
	"strings"
	"testing"

	"github.com/throughline/throughline/gateway"
)

// Behaviour is what a simulated receiver does with what it gets.
type Behaviour int

// How receivers are, and how they fail, on any wire.
const (
	Well       Behaviour = iota
	Silent               // takes it and never answers
	Resets               // closes the connection hard, and has applied nothing
	DropsReply           // applies it, and its reply is lost
	Fails                // says that it cannot now: HTTP 500, AR 207
	Throttles            // asks for time: HTTP 429, AR 206
	Refuses              // says that the content is wrong: HTTP 422, AE
	Mistakes             // answers, but not to this: another MSA-2
	Late                 // gives its answer once the sender has given up
)

// Try is one thing that arrived.
type Try struct {
	Key, Body string
	Applied   bool
}

// Peer is a simulated partner that receives. It keeps one address for life.
type Peer interface {
	URL() string
	Behave(Behaviour) // from now on
	Tries() []Try     // all that arrived, in order
	Entered() <-chan struct{}
	Restart() // ends all connections and listens again
}

// Sending is a sender under test.
type Sending struct {
	Peer    func(t *testing.T) Peer
	New     func(t *testing.T, url string) gateway.Sender
	Parcel  func(n int) *gateway.Parcel // the n-th delivery, rendered; equal n, equal parcel
	Key     func(p *gateway.Parcel) string
	Without []Behaviour // what the wire does not know
}

// Senders runs the part of the suite that every sender passes, whatever its wire.
func Senders(t *testing.T, s Sending) {
	t.Run("order", func(t *testing.T) { s.order(t) })
	t.Run("repeat has the same key and body", func(t *testing.T) { s.repeat(t) })
	t.Run("sender restarts in the middle", func(t *testing.T) { s.restart(t) })
	t.Run("receiver restarts in the middle", func(t *testing.T) { s.receiverRestarts(t) })
	t.Run("applies and drops the reply", func(t *testing.T) { s.fails(t, DropsReply, gateway.Busy) })
	t.Run("resets", func(t *testing.T) { s.fails(t, Resets, gateway.Busy) })
	t.Run("fails", func(t *testing.T) { s.fails(t, Fails, gateway.Busy) })
	t.Run("throttles", func(t *testing.T) { s.fails(t, Throttles, gateway.Busy) })
	t.Run("refuses", func(t *testing.T) { s.fails(t, Refuses, gateway.Invalid) })
	t.Run("answers to something else", func(t *testing.T) { s.fails(t, Mistakes, gateway.Busy) })
	t.Run("slow", func(t *testing.T) { s.slow(t, Silent) })
	t.Run("late answer", func(t *testing.T) { s.slow(t, Late) })
	t.Run("away", func(t *testing.T) { s.away(t) })
}

func (s Sending) send(t *testing.T, to gateway.Sender, n int) error {
	t.Helper()
	_, err := to.Send(context.Background(), s.Parcel(n))
	if err != nil && strings.Contains(err.Error(), canary) {
		t.Errorf("the fault shows the receiver's body: %v", err)
	}
	return err
}

func (s Sending) must(t *testing.T, to gateway.Sender, n int) {
	t.Helper()
	if err := s.send(t, to, n); err != nil {
		t.Fatal(err)
	}
}

// same checks that all that came is delivery 1, least times at the least.
func (s Sending) same(t *testing.T, p Peer, least int) {
	t.Helper()
	got := p.Tries()
	if len(got) < least {
		t.Fatalf("%d tries arrived, want %d", len(got), least)
	}
	want := s.Parcel(1)
	for i, g := range got {
		if g.Key == "" || g.Key != s.Key(want) || g.Body != string(want.Body) {
			t.Errorf("try %d has key %q, want %q and the same body", i, g.Key, s.Key(want))
		}
	}
}

func (s Sending) order(t *testing.T) {
	p := s.Peer(t)
	to := s.New(t, p.URL())
	for n := range 5 {
		s.must(t, to, n)
	}
	got := p.Tries()
	if len(got) != 5 {
		t.Fatalf("%d arrived", len(got))
	}
	for n, g := range got {
		if want := s.Parcel(n); g.Key != s.Key(want) || g.Body != string(want.Body) {
			t.Errorf("arrival %d has key %q, want %q", n, g.Key, s.Key(want))
		}
	}
}

func (s Sending) repeat(t *testing.T) {
	p := s.Peer(t)
	to := s.New(t, p.URL())
	for range 3 {
		s.must(t, to, 1)
	}
	s.same(t, p, 3)
}

// restart sends with one sender, then as a new process would with another.
func (s Sending) restart(t *testing.T) {
	p := s.Peer(t)
	p.Behave(DropsReply)
	_ = s.send(t, s.New(t, p.URL()), 1) // cut off: whatever it says, nothing is settled
	p.Behave(Well)
	s.must(t, s.New(t, p.URL()), 1)
	s.same(t, p, 2)
}

// receiverRestarts ends the receiver between two messages, and in one.
func (s Sending) receiverRestarts(t *testing.T) {
	p := s.Peer(t)
	to := s.New(t, p.URL())
	s.must(t, to, 1)
	p.Restart()
	if err := s.send(t, to, 1); err != nil { // a kept connection may have to find out first
		s.must(t, to, 1)
	}
	p.Behave(Silent)
	done := make(chan error, 1)
	go func() {
		_, err := to.Send(context.Background(), s.Parcel(1))
		done <- err
	}()
	<-p.Entered()
	p.Behave(Well)
	p.Restart()
	if err := <-done; err != nil {
		wantCode(t, "restarted", err, gateway.Busy)
		s.must(t, to, 1)
	}
	s.same(t, p, 3)
}

// fails lets the receiver fail twice and then be well: the same bytes every time.
func (s Sending) fails(t *testing.T, how Behaviour, want gateway.Code) {
	for _, b := range s.Without {
		if b == how {
			t.Skipf("not on this wire")
		}
	}
	p := s.Peer(t)
	to := s.New(t, p.URL())
	p.Behave(how)
	for range 2 {
		wantCode(t, "failing", s.send(t, to, 1), want)
	}
	p.Behave(Well)
	s.must(t, to, 1)
	s.same(t, p, 3)
	for _, g := range p.Tries() {
		if applied := how == DropsReply || how == Mistakes; !applied && g.Applied && g != p.Tries()[len(p.Tries())-1] {
			t.Errorf("a try that failed was applied")
		}
	}
}

// slow lets the receiver take a message and not answer in time. What it says
// afterwards is no answer to the next one.
func (s Sending) slow(t *testing.T, how Behaviour) {
	for _, b := range s.Without {
		if b == how {
			t.Skipf("not on this wire")
		}
	}
	p := s.Peer(t)
	to := s.New(t, p.URL())
	s.must(t, to, 1)
	<-p.Entered()
	p.Behave(how)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	go func() { <-p.Entered(); cancel() }()
	_, err := to.Send(ctx, s.Parcel(1))
	wantCode(t, "cut off", err, gateway.Busy)
	p.Behave(Well)
	s.must(t, to, 1)
	s.same(t, p, 3)
}

func (s Sending) away(t *testing.T) {
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	scheme, _, _ := strings.Cut(s.Peer(t).URL(), "://")
	address := scheme + "://" + l.Addr().String()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	err = s.send(t, s.New(t, address), 1)
	wantCode(t, "nobody listens", err, gateway.Busy)
	if p := s.Parcel(1); p.Path != "" && strings.Contains(err.Error(), p.Path) {
		t.Errorf("the fault names the record: %v", err)
	}
}

func wantCode(t *testing.T, what string, err error, want gateway.Code) {
	t.Helper()
	var f *gateway.Fault
	if !errors.As(err, &f) || f.Code != want {
		t.Errorf("%s: %v, want a %s fault", what, err, want)
	}
}
