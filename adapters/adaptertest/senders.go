package adaptertest

import (
	"context"
	"errors"
	"maps"
	"net"
	"strings"
	"testing"

	"github.com/throughline/throughline/gateway"
)

// Sending is a sender under test.
type Sending struct {
	Wire    string // its column in docs/partners/conformance.md
	Peer    func(t *testing.T) Peer
	New     func(t *testing.T, url string) gateway.Sender
	Parcel  func(n int) *gateway.Parcel // the n-th delivery, rendered; equal n, equal parcel
	Key     func(p *gateway.Parcel) string
	Without map[string]string // case -> why the wire does not know it
	// Keeps says that what has arrived stays where the sender sees it, as a file
	// does: it is not sent again.
	Keeps   bool
	Refused gateway.Code              // what Refuses is; empty = Invalid
	Away    func(t *testing.T) string // a URL where nobody is; nil = a TCP port where nobody listens
}

// Senders runs the part of the suite that every sender passes, whatever its wire.
func Senders(t *testing.T, s Sending) {
	refused := gateway.Invalid
	if s.Refused != "" {
		refused = s.Refused
	}
	cases := map[string]func(*testing.T){
		"order": s.order, "repeat": s.repeat, "sender restarts in the middle": s.restart,
		"receiver restarts between": s.between, "receiver restarts in the middle": s.inTheMiddle,
		"applies and drops the reply": func(t *testing.T) { s.fails(t, DropsReply, gateway.Busy) },
		"resets":                      func(t *testing.T) { s.fails(t, Resets, gateway.Busy) },
		"fails":                       func(t *testing.T) { s.fails(t, Fails, gateway.Busy) },
		"throttles":                   func(t *testing.T) { s.fails(t, Throttles, gateway.Busy) },
		"refuses":                     func(t *testing.T) { s.fails(t, Refuses, refused) },
		"answers to something else":   func(t *testing.T) { s.fails(t, Mistakes, gateway.Busy) },
		"silent":                      func(t *testing.T) { s.slow(t, Silent) },
		"late answer":                 func(t *testing.T) { s.slow(t, Late) },
		"away":                        s.away,
	}
	documented(t, "Senders", s.Wire, maps.Keys(cases), s.Without)
	for name, body := range cases {
		if s.Without[name] == "" {
			t.Run(name, body)
		}
	}
}

func (s Sending) send(t *testing.T, to gateway.Sender, n int) error {
	t.Helper()
	_, err := to.Send(context.Background(), s.Parcel(n))
	if err != nil && strings.Contains(err.Error(), Canary) {
		t.Errorf("the fault shows the receiver's words: %v", err)
	}
	return err
}

func (s Sending) must(t *testing.T, to gateway.Sender, n int) {
	t.Helper()
	if err := s.send(t, to, n); err != nil {
		t.Fatal(err)
	}
}

// came checks that delivery n arrived, least times at the least, with the same
// key and bytes every time; where files stay, it was applied once.
func (s Sending) came(t *testing.T, p Peer, n, least int) {
	t.Helper()
	want, came, applied := s.Parcel(n), 0, 0
	for i, g := range p.Tries() {
		if g.Key == "" {
			t.Errorf("try %d has no key", i)
		}
		if g.Key != s.Key(want) {
			continue
		}
		if came++; g.Body != string(want.Body) {
			t.Errorf("try %d of %q has other bytes: %q", i, g.Key, g.Body)
		}
		if g.Applied {
			applied++
		}
	}
	if s.Keeps {
		least = 1
	}
	if came < least || applied == 0 || s.Keeps && applied != 1 {
		t.Errorf("delivery %d came %d times and was applied %d times, want at least %d tries", n, came, applied, least)
	}
}

// only checks that nothing else arrived than these deliveries.
func (s Sending) only(t *testing.T, p Peer, numbers ...int) {
	t.Helper()
	known := map[string]bool{}
	for _, n := range numbers {
		known[s.Key(s.Parcel(n))] = true
	}
	for i, g := range p.Tries() {
		if !known[g.Key] {
			t.Errorf("try %d has key %q", i, g.Key)
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
	s.came(t, p, 1, 3)
	s.only(t, p, 1)
}

// restart sends with one sender, then as a new process would with another.
func (s Sending) restart(t *testing.T) {
	p := s.Peer(t)
	p.Behave(DropsReply)
	_ = s.send(t, s.New(t, p.URL()), 1) // cut off: whatever it says, nothing is settled
	p.Behave(Well)
	s.must(t, s.New(t, p.URL()), 1)
	s.came(t, p, 1, 2)
	s.only(t, p, 1)
}

// between starts the receiver anew between two deliveries.
func (s Sending) between(t *testing.T) {
	p := s.Peer(t)
	to := s.New(t, p.URL())
	s.must(t, to, 1)
	p.Restart()
	if err := s.send(t, to, 2); err != nil { // a kept connection may have to find out first
		wantCode(t, "restarted", err, gateway.Busy)
		s.must(t, to, 2)
	}
	s.came(t, p, 2, 1)
}

// inTheMiddle starts the receiver anew while it has a delivery and says nothing.
func (s Sending) inTheMiddle(t *testing.T) {
	p := s.Peer(t)
	to := s.New(t, p.URL())
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
	s.came(t, p, 1, 2)
	s.only(t, p, 1)
}

// fails lets the receiver fail twice and then be well: the same bytes every time.
func (s Sending) fails(t *testing.T, how Behaviour, want gateway.Code) {
	p := s.Peer(t)
	to := s.New(t, p.URL())
	p.Behave(how)
	for range 2 {
		wantCode(t, "failing", s.send(t, to, 1), want)
	}
	failed := len(p.Tries())
	p.Behave(Well)
	s.must(t, to, 1)
	s.came(t, p, 1, 3)
	s.only(t, p, 1)
	for _, g := range p.Tries()[:failed] {
		if applies := how == DropsReply || how == Mistakes; g.Applied && !applies {
			t.Errorf("a try that failed was applied")
		}
	}
}

// slow lets the receiver take a delivery and not answer in time. What it says or
// does afterwards is no answer to the next one.
func (s Sending) slow(t *testing.T, how Behaviour) {
	p := s.Peer(t)
	to := s.New(t, p.URL())
	s.must(t, to, 1)
	<-p.Entered()
	p.Behave(how)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	go func() { <-p.Entered(); cancel() }()
	_, err := to.Send(ctx, s.Parcel(2))
	wantCode(t, "cut off", err, gateway.Busy)
	p.Behave(Well)
	s.must(t, to, 2)
	s.must(t, to, 3)
	s.came(t, p, 2, 2)
	s.came(t, p, 3, 1)
	s.only(t, p, 1, 2, 3)
}

func (s Sending) away(t *testing.T) {
	url := s.Away
	if url == nil {
		url = s.closedPort
	}
	err := s.send(t, s.New(t, url(t)), 1)
	wantCode(t, "nobody is there", err, gateway.Busy)
	if p := s.Parcel(1); err != nil && p.Path != "" && strings.Contains(err.Error(), p.Path) {
		t.Errorf("the fault names the record: %v", err)
	}
}

// closedPort is the URL of a port where nobody listens.
func (s Sending) closedPort(t *testing.T) string {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	scheme, _, _ := strings.Cut(s.Peer(t).URL(), "://")
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	return scheme + "://" + l.Addr().String()
}

func wantCode(t *testing.T, what string, err error, want gateway.Code) {
	t.Helper()
	var f *gateway.Fault
	if !errors.As(err, &f) || f.Code != want {
		t.Errorf("%s: %v, want a %s fault", what, err, want)
	}
}
