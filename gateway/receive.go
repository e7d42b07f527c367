package gateway

import (
	"cmp"
	"context"
	"fmt"
	"path"
	"runtime/debug"
	"time"

	"github.com/throughline/throughline/fhir"
)

// Gateway takes messages in. Everything before Commit is pure; everything
// after it can run twice without harm.
type Gateway struct {
	Test     bool // takes test traffic: everything here is one
	Ledger   Ledger
	Dedup    Deduper
	Partners func(PartnerID) (*Partner, bool)
	Mapping  func(Kind, *Partner) (m Mapping, name string, ok bool)
	Payers   func(insurer []Identifier) []PartnerID // who answers for an insurer; nil = nobody
	NewID    func() MessageID
	Now      func() time.Time
	Wake     func(ctx context.Context, topic string) // a hint that something is ready; may be nil
}

// Reply words the answer of a door. It runs once, inside the commit, so that a
// repeat of the message gets the same bytes.
type Reply func(*Receipt) *Answer

// Receive is the walk of one message: partner, recall, prepare, commit,
// remember. A Receipt means that the message is in the ledger; an error means
// that it is not, that its key stays free, and whether to send again or to
// mend it first.
func (g *Gateway) Receive(ctx context.Context, m *Message, reply Reply) (*Receipt, error) {
	if m.Test && !g.Test {
		return nil, Faultf("receive", Denied, fhir.Issue{Code: "forbidden", Found: "test traffic at the door of live data", Fix: "nothing was stored: tell the gateway's operator"})
	}
	p, err := g.partner(m)
	if err != nil {
		return nil, err
	}
	g.complete(m)
	if r, err := g.recall(ctx, m); r != nil || err != nil {
		return r, err
	}
	r, err := g.Prepare(m, p)
	if err != nil {
		return nil, err
	}
	r.Reply = reply
	if r, err = g.Ledger.Commit(ctx, r); err != nil {
		return nil, err
	}
	if m.Key != "" {
		g.Dedup.Remember(ctx, m.Partner, m.dedupKey(), r.Message.ID)
	}
	g.wake(ctx, r)
	return r, nil
}

// wake hints that there is something to route, and who waits for an answer that
// it may have come.
func (g *Gateway) wake(ctx context.Context, r *Receipt) {
	if g.Wake == nil || r.Repeat {
		return
	}
	g.Wake(ctx, TopicRoute)
	if len(r.Authorizations) > 0 {
		g.Wake(ctx, TopicNotify)
	}
	for _, id := range r.Authorizations {
		g.Wake(ctx, TopicAuthorization(id))
	}
}

// partner finds the sender and asks whether it may send this kind at all.
func (g *Gateway) partner(m *Message) (*Partner, error) {
	p, ok := g.Partners(m.Partner)
	if !ok {
		return nil, Faultf("receive", Denied, fhir.Issue{Code: "forbidden", Found: "an unknown partner", Fix: "ask the operator to add this partner to the configuration"})
	}
	if !p.MaySend(m.Kind) {
		return nil, Faultf("receive", Denied, fhir.Issue{Code: "forbidden", Found: string(m.Kind), Allowed: fmt.Sprint(p.Sends), Fix: "ask the operator to let this partner send it"})
	}
	return p, nil
}

// MaySend says whether one of the partner's patterns allows the kind.
func (p *Partner) MaySend(k Kind) bool {
	for _, pattern := range p.Sends {
		if ok, _ := path.Match(string(pattern), string(k)); ok || pattern == "*" {
			return true
		}
	}
	return false
}

func (g *Gateway) complete(m *Message) {
	if m.ID == "" {
		m.ID = g.NewID()
	}
	if m.Received.IsZero() {
		m.Received = g.Now()
	}
}

// dedupKey scopes the key to its door, as the unique index does.
func (m *Message) dedupKey() string { return m.Channel + "\x00" + m.Key }

// recall asks the fast path. A hit leads to a primary-key read; a miss proves
// nothing, Commit's unique index decides.
func (g *Gateway) recall(ctx context.Context, m *Message) (*Receipt, error) {
	if m.Key == "" {
		return nil, nil
	}
	if _, hit := g.Dedup.Recall(ctx, m.Partner, m.dedupKey()); !hit {
		return nil, nil
	}
	return g.Ledger.Recall(ctx, m)
}

// Prepare maps and validates: pure. Valid input that cannot be mapped yet is
// held with its cause; invalid input is refused. A panic of a mapping is a fault
// of this message alone, whatever wire it came by.
func (g *Gateway) Prepare(m *Message, p *Partner) (r *Receipt, err error) {
	defer func() {
		if v := recover(); v != nil { // what it says may hold a body: only the place is told
			r, err = nil, &Fault{Op: "map", Code: Internal, Err: fmt.Errorf("panic of type %T\n%s", v, debug.Stack())}
		}
	}()
	mapping, name, ok := g.Mapping(m.Kind, p)
	if !ok {
		return held(m, "", Faultf("map", Unmapped, fhir.Issue{Code: "not-supported", Found: string(m.Kind), Fix: "add a mapping of this kind, then replay the message"})), nil
	}
	mapped, err := mapping(m, p)
	if err != nil {
		if f := FaultOf(err); f.Code == Unmapped {
			return held(m, name, f), nil
		}
		return nil, err
	}
	mapped.Name = cmp.Or(m.Pin, name) // another version would have been refused
	keepAuthority(p, mapped)
	g.addressPayer(mapped)
	if issues := validate(mapped); issues.Errors() {
		return nil, &Fault{Op: "validate", Code: Invalid, Issues: issues}
	}
	return &Receipt{Message: m, State: Accepted, Mapped: *mapped}, nil
}

func held(m *Message, mapping string, f *Fault) *Receipt {
	return &Receipt{Message: m, State: Held, Mapped: Mapped{Name: mapping}, Fault: f}
}

// validate checks every resource against the R4 model and gathers all issues.
func validate(mapped *Mapped) fhir.Issues {
	issues := mapped.Issues
	for _, c := range mapped.Changes {
		if c.Resource != nil {
			issues = append(issues, fhir.Validate(c.Resource)...)
		}
	}
	return issues
}

// Hold keeps a message that was refused, with its cause: for wires whose sender
// waits for no answer, so that nothing is lost in silence. A person mends the
// cause and replays it, or discards it.
func (g *Gateway) Hold(ctx context.Context, m *Message, cause *Fault) error {
	g.complete(m)
	r, err := g.Ledger.Commit(ctx, held(m, "", cause))
	if err == nil && m.Key != "" {
		g.Dedup.Remember(ctx, m.Partner, m.dedupKey(), r.Message.ID)
	}
	return err
}
