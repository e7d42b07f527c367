package adaptertest

import (
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
	Store   *store.Store // what Receive commits to, for a listener that keeps its own progress
}

// Entrance is a listener under test, and a partner that sends to it: over a
// connection, or by a file that is put where the listener looks.
type Entrance interface {
	// Send sends the n-th message and waits for what comes back; equal n, equal
	// key; n and content equal, bytes equal.
	Send(n int, content string) Answer
	// Half sends a part of it; rest sends what is missing and waits.
	Half(n int, content string) (rest func() Answer)
	Stop() // as at a shutdown: returns when the listener has ended
}

// Listening is a listener under test.
type Listening struct {
	Wire    string                                   // its column in docs/partners/conformance.md
	Partner *gateway.Partner                         // as the listener knows it
	Open    func(t *testing.T, in Intake) Entrance   // called again for a restart
	Key     func(n int) (kind gateway.Kind, key any) // of the n-th message; key nil = not checked
	Without map[string]string                        // case -> why the wire does not know it
	// Fetches says that the listener has what it could not take in before it and
	// comes back to it by itself, as it does with files.
	Fetches bool
	// Words says that the listener words its own answers, from what became of the
	// messages; else they are the answers that are stored.
	Words bool
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

// gate stops the next message before it is received, until release is called.
func (h *house) gate() (entered <-chan struct{}, release func()) {
	in, out := make(chan struct{}), make(chan struct{})
	h.set(nil, false, func(next func() (*gateway.Receipt, error)) (*gateway.Receipt, error) {
		close(in)
		<-out
		return next()
	})
	return in, func() { close(out) }
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
