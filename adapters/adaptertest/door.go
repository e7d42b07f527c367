package adaptertest

import (
	"bytes"
	"context"
	"fmt"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/store"
)

// Verdict is what an answer tells the sender to do.
type Verdict string

// Accepted: it is in the ledger. Mend: do not send it again as it is. Again: the
// same later. Silence: no answer came.
const (
	Accepted Verdict = "accepted"
	Mend     Verdict = "mend"
	Again    Verdict = "again"
	Silence  Verdict = "silence"
)

// Answer is what a listener answered, on its wire.
type Answer struct {
	Verdict Verdict
	Bytes   []byte
}

// Intake is what a listener under test hands its messages to.
type Intake struct {
	Receive func(ctx context.Context, m *gateway.Message, reply gateway.Reply) (*gateway.Receipt, error)
	Partner *gateway.Partner
	NewID   func() gateway.MessageID
}

// Entrance is a listener under test, and a partner that sends to it.
type Entrance interface {
	Send(n int, content string) Answer // the n-th message; equal n, equal key
	Stop()                             // as at a shutdown: returns when the listener has ended
}

// Listening is a listener under test.
type Listening struct {
	Partner *gateway.Partner                         // as the listener knows it
	Open    func(t *testing.T, in Intake) Entrance   // called again for a restart
	Key     func(n int) (kind gateway.Kind, key any) // of the n-th message; key nil = not checked
}

// house is a true gateway on a SQLite store, with a mapping that stands in for
// all formats: what is tested is the way in.
type house struct {
	*gateway.Gateway
	store *store.Store
	mu    sync.Mutex
	wrap  func(next func() (*gateway.Receipt, error)) (*gateway.Receipt, error)
	fault error // of the mapping
	panic bool
	ids   atomic.Int64
}

type noHints struct{}

func (noHints) Recall(context.Context, gateway.PartnerID, string) (gateway.MessageID, bool) {
	return "", false
}
func (noHints) Remember(context.Context, gateway.PartnerID, string, gateway.MessageID) {}

func newHouse(t *testing.T, p *gateway.Partner) *house {
	t.Helper()
	s, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "throughline.db"), store.Policy{
		MemberSystem: "urn:test:member",
		Caller: func(id gateway.PartnerID) gateway.Caller {
			return gateway.Caller{Partner: id, Scopes: []string{gateway.ScopePartner(id)}}
		},
		Authority: func(gateway.PartnerID, gateway.Relation) bool { return false },
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	h := &house{store: s}
	h.Gateway = &gateway.Gateway{Ledger: s, Dedup: noHints{}, NewID: h.newID, Now: time.Now,
		Partners: func(id gateway.PartnerID) (*gateway.Partner, bool) { return p, id == p.ID },
		Mapping: func(k gateway.Kind, _ *gateway.Partner) (gateway.Mapping, string, bool) {
			return h.mapping, string(k) + "@1", true
		}}
	return h
}

func (h *house) newID() gateway.MessageID {
	return gateway.MessageID(fmt.Sprintf("00000000-0000-7000-8000-%012d", h.ids.Add(1)))
}

func (h *house) mapping(m *gateway.Message, _ *gateway.Partner) (*gateway.Mapped, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.panic {
		panic("CANARY of a mapping")
	}
	if h.fault != nil {
		return nil, h.fault
	}
	r, issues := fhir.Parse([]byte(`{"resourceType":"Basic","code":{"text":"arrival"}}`), fhir.Limits{})
	if r == nil {
		return nil, &gateway.Fault{Op: "map", Code: gateway.Internal, Issues: issues}
	}
	return &gateway.Mapped{Changes: []gateway.Change{{Op: gateway.Create, Type: "Basic", Resource: r}}}, nil
}

func (h *house) set(fault error, panics bool, wrap func(func() (*gateway.Receipt, error)) (*gateway.Receipt, error)) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.fault, h.panic, h.wrap = fault, panics, wrap
}

func (h *house) receive(ctx context.Context, m *gateway.Message, reply gateway.Reply) (*gateway.Receipt, error) {
	h.mu.Lock()
	wrap := h.wrap
	h.mu.Unlock()
	next := func() (*gateway.Receipt, error) { return h.Receive(ctx, m, reply) }
	if wrap != nil {
		return wrap(next)
	}
	return next()
}

// stored are the messages in the ledger, in commit order.
func (h *house) stored(t *testing.T) []gateway.MessageStatus {
	t.Helper()
	list, _, err := h.store.Messages(context.Background(), gateway.MessageFilter{}, gateway.Paging{Limit: 1000})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// Listeners runs the suite that every listener passes.
func Listeners(t *testing.T, l Listening) {
	for name, body := range map[string]func(*testing.T, Listening, *house, Entrance){
		"order": listenOrder, "repeat gets the same bytes": listenRepeat, "same key, other content": listenOther, "busy, then again": listenBusy,
		"answers after the commit": listenAfterCommit, "committed, and the answer lost": listenLost, "held is accepted": listenHeld,
		"invalid is to be mended": listenInvalid, "a panic is one message's fault": listenPanic, "restart in the middle": listenRestart,
	} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t, l.Partner)
			body(t, l, h, l.open(t, h))
		})
	}
}

func (l Listening) open(t *testing.T, h *house) Entrance {
	t.Helper()
	e := l.Open(t, Intake{Receive: h.receive, Partner: l.Partner, NewID: h.newID})
	t.Cleanup(e.Stop)
	return e
}

func wantVerdict(t *testing.T, what string, got Answer, want Verdict) {
	t.Helper()
	if got.Verdict != want {
		t.Errorf("%s: %s %q, want %s", what, got.Verdict, got.Bytes, want)
	}
	if bytes.Contains(got.Bytes, []byte("CANARY")) {
		t.Errorf("%s: the answer shows what it must not: %q", what, got.Bytes)
	}
}

func wantStored(t *testing.T, h *house, n int) {
	t.Helper()
	if got := len(h.stored(t)); got != n {
		t.Errorf("%d messages in the ledger, want %d", got, n)
	}
}

func listenOrder(t *testing.T, l Listening, h *house, e Entrance) {
	for n := range 5 {
		wantVerdict(t, "send", e.Send(n, "a"), Accepted)
	}
	list := h.stored(t)
	if len(list) != 5 {
		t.Fatalf("%d messages in the ledger", len(list))
	}
	for n, m := range list {
		kind, key := l.Key(n)
		r, err := h.store.Message(context.Background(), m.ID)
		if err != nil || m.Kind != kind || key != nil && r.Message.Key != key {
			t.Errorf("message %d is %s %q (%v), want %s %v", n, m.Kind, r.Message.Key, err, kind, key)
		}
	}
}

func listenRepeat(t *testing.T, _ Listening, h *house, e Entrance) {
	first := e.Send(1, "a")
	wantVerdict(t, "first", first, Accepted)
	for range 3 {
		if again := e.Send(1, "a"); !bytes.Equal(again.Bytes, first.Bytes) {
			t.Errorf("answered\n%q\nand then\n%q", first.Bytes, again.Bytes)
		}
	}
	wantStored(t, h, 1)
}

func listenOther(t *testing.T, _ Listening, h *house, e Entrance) {
	wantVerdict(t, "first", e.Send(1, "a"), Accepted)
	wantVerdict(t, "other content", e.Send(1, "b"), Mend)
	wantVerdict(t, "the first again", e.Send(1, "a"), Accepted)
	wantStored(t, h, 1)
}

func listenBusy(t *testing.T, _ Listening, h *house, e Entrance) {
	h.set(nil, false, func(func() (*gateway.Receipt, error)) (*gateway.Receipt, error) {
		return nil, &gateway.Fault{Op: "commit", Code: gateway.Busy}
	})
	wantVerdict(t, "busy", e.Send(1, "a"), Again)
	h.set(nil, false, nil)
	wantVerdict(t, "again", e.Send(1, "a"), Accepted)
	wantStored(t, h, 1)
}

func listenAfterCommit(t *testing.T, _ Listening, h *house, e Entrance) {
	entered, release := make(chan struct{}), make(chan struct{})
	h.set(nil, false, func(next func() (*gateway.Receipt, error)) (*gateway.Receipt, error) {
		close(entered)
		<-release
		return next()
	})
	answer := make(chan Answer, 1)
	go func() { answer <- e.Send(1, "a") }()
	<-entered
	select {
	case got := <-answer:
		t.Errorf("answered before the commit: %q", got.Bytes)
	default:
	}
	wantStored(t, h, 0)
	close(release)
	wantVerdict(t, "after", <-answer, Accepted)
	wantStored(t, h, 1)
}

// listenLost commits and then fails: the sender is told to come again, and gets
// the first answer.
func listenLost(t *testing.T, _ Listening, h *house, e Entrance) {
	var first []byte
	h.set(nil, false, func(next func() (*gateway.Receipt, error)) (*gateway.Receipt, error) {
		r, err := next()
		if err == nil {
			first = r.Answer.Body
		}
		return nil, context.DeadlineExceeded
	})
	wantVerdict(t, "lost", e.Send(1, "a"), Again)
	h.set(nil, false, nil)
	again := e.Send(1, "a")
	wantVerdict(t, "again", again, Accepted)
	if !bytes.Equal(again.Bytes, first) {
		t.Errorf("answered %q, stored was %q", again.Bytes, first)
	}
	wantStored(t, h, 1)
}

func listenHeld(t *testing.T, _ Listening, h *house, e Entrance) {
	h.set(gateway.Faultf("map", gateway.Unmapped, fhir.Issue{Code: "not-supported", Found: "something new"}), false, nil)
	wantVerdict(t, "held", e.Send(1, "a"), Accepted)
	if list := h.stored(t); len(list) != 1 || list[0].State != gateway.Held {
		t.Errorf("in the ledger: %+v", list)
	}
}

func listenInvalid(t *testing.T, _ Listening, h *house, e Entrance) {
	h.set(gateway.Faultf("map", gateway.Invalid, fhir.Issue{Code: fhir.CodeRequired, Path: "PID-3", Found: "nothing"}), false, nil)
	wantVerdict(t, "invalid", e.Send(1, "a"), Mend)
	h.set(nil, false, nil)
	wantVerdict(t, "mended under the same key", e.Send(1, "b"), Accepted)
	wantStored(t, h, 1)
}

func listenPanic(t *testing.T, _ Listening, h *house, e Entrance) {
	h.set(nil, true, nil)
	wantVerdict(t, "panic", e.Send(1, "a"), Again)
	h.set(nil, false, nil)
	wantVerdict(t, "the next", e.Send(2, "a"), Accepted)
	wantStored(t, h, 1)
}

// listenRestart stops the listener while a message is being taken in. Whatever
// its sender learns, it comes again and is one message.
func listenRestart(t *testing.T, l Listening, h *house, e Entrance) {
	entered, release := make(chan struct{}), make(chan struct{})
	h.set(nil, false, func(next func() (*gateway.Receipt, error)) (*gateway.Receipt, error) {
		close(entered)
		<-release
		return next()
	})
	answer := make(chan Answer, 1)
	go func() { answer <- e.Send(1, "a") }()
	<-entered
	h.set(nil, false, nil)
	stopped := make(chan struct{})
	go func() { e.Stop(); close(stopped) }()
	close(release)
	first := <-answer
	<-stopped
	again := l.open(t, h).Send(1, "a")
	wantVerdict(t, "after the restart", again, Accepted)
	if first.Verdict == Accepted && !bytes.Equal(first.Bytes, again.Bytes) {
		t.Errorf("answered %q, and after the restart %q", first.Bytes, again.Bytes)
	}
	wantStored(t, h, 1)
}
