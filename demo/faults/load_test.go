package faults

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/fhir/search"
	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/ledger"
	"github.com/throughline/throughline/store"
	"github.com/throughline/throughline/store/storetest"
)

// large raises the counts.
var large = os.Getenv("THROUGHLINE_FAULTS") == "large"

// scaled is a count on every commit and on demand.
func scaled(small, many int) int {
	if large {
		return many
	}
	return small
}

const (
	clinic     = gateway.PartnerID("clinic") // who sends
	mco        = gateway.PartnerID("mco")    // who receives
	stepSystem = "urn:test:step"
	clients    = 16
)

// step is one message: the n-th about a child. It makes a new version of the
// Patient, which shows order, and a CarePlan of its own, which shows losses and
// doubles.
type step struct {
	Child   int    `json:"child"`
	N       int    `json:"n"`
	Share   bool   `json:"share,omitempty"`   // the mco is related to the child
	Changed string `json:"changed,omitempty"` // makes it another content
}

func (s step) key() string { return fmt.Sprintf("k-%d-%d", s.Child, s.N) }

func (s step) message() *gateway.Message {
	body, _ := json.Marshal(s) // a struct of ints and strings
	return &gateway.Message{Partner: clinic, Channel: "load", Kind: "load/step", Key: s.key(), Body: body}
}

// mapStep is the mapping of load/step.
func mapStep(m *gateway.Message, _ *gateway.Partner) (*gateway.Mapped, error) {
	var s step
	if err := json.Unmarshal(m.Body, &s); err != nil {
		return nil, err
	}
	id := gateway.Identifier{System: storetest.MemberSystem, Value: fmt.Sprintf("SYN-%d", s.Child)}
	const me = "urn:uuid:11111111-1111-4111-8111-111111111111"
	patient, _ := fhir.Parse(fmt.Appendf(nil, `{"resourceType":"Patient","identifier":[{"system":%q,"value":%q}],"multipleBirthInteger":%d}`, id.System, id.Value, s.N), fhir.Limits{})
	plan, _ := fhir.Parse(fmt.Appendf(nil, `{"resourceType":"CarePlan","identifier":[{"system":%q,"value":%q}],"status":"active","intent":"plan","subject":{"reference":%q}}`, stepSystem, s.key(), me), fhir.Limits{})
	mapped := &gateway.Mapped{Changes: []gateway.Change{
		{Op: gateway.Upsert, Type: "Patient", Key: id, FullURL: me, Resource: patient},
		{Op: gateway.Create, Type: "CarePlan", Resource: plan},
	}}
	if s.Share {
		mapped.Relations = []gateway.Relation{{Subject: me, Scope: gateway.ScopePartner(mco), Why: "team", Ref: "1", Lo: 0, Hi: ledger.Day(99999)}}
	}
	return mapped, nil
}

// reply names the Patient's version as the answer.
func reply(*gateway.Receipt) *gateway.Answer { return &gateway.Answer{Status: 201, Effect: 1} }

// body is what a door would send of a receipt.
func body(r *gateway.Receipt) string {
	return fmt.Sprintf("%d %s %s", r.Answer.Status, r.Message.ID, r.Effects[r.Answer.Effect-1].JSON)
}

// newGateway plugs a gateway as cmd does.
func newGateway(l gateway.Ledger, d gateway.Deduper) *gateway.Gateway {
	return &gateway.Gateway{Ledger: l, Dedup: d, Now: time.Now,
		NewID: func() gateway.MessageID { return gateway.MessageID("m" + rand.Text()) },
		Partners: func(id gateway.PartnerID) (*gateway.Partner, bool) {
			return &gateway.Partner{ID: id, Sends: []gateway.Kind{"load/*"}}, id == clinic
		},
		Mapping: func(gateway.Kind, *gateway.Partner) (gateway.Mapping, string, bool) { return mapStep, "step@1", true }}
}

// door is how clients reach a gateway: the body of the answer, or an error after
// which the same message is sent again.
type door func(ctx context.Context, s step) (string, error)

// receive is the door of a gateway in this process.
func receive(g *gateway.Gateway) door {
	return func(ctx context.Context, s step) (string, error) {
		r, err := g.Receive(ctx, s.message(), reply)
		if err != nil {
			return "", err
		}
		return body(r), nil
	}
}

// load is what the clients have sent and seen.
type load struct {
	t       *testing.T
	door    door
	shared  int  // the mco is related to the children below this number
	repeats int  // every how manyth message is sent a second time; 0 = none
	blind   bool // answers are not compared: a control gives none

	mu      sync.Mutex
	acked   map[step]string
	faults  map[gateway.Code]int
	took    []time.Duration
	changed int // repeats whose answer had other bytes
	waiting map[chan struct{}]int
}

func newLoad(t *testing.T, d door) *load {
	return &load{t: t, door: d, repeats: 4, acked: map[step]string{}, faults: map[gateway.Code]int{}, waiting: map[chan struct{}]int{}}
}

// start lets the clients post until stop is called, each about a child of its
// own, one message after the other. stop waits for the last answers.
func (l *load) start(ctx context.Context) (stop func()) {
	ended, end := context.WithCancel(ctx)
	var wg sync.WaitGroup
	for child := range clients {
		wg.Go(func() {
			for n := 1; ended.Err() == nil; n++ {
				l.post(ctx, step{Child: child, N: n, Share: child < l.shared})
			}
		})
	}
	return func() { end(); wg.Wait() }
}

// post sends a message until it is acknowledged, and some of them again.
func (l *load) post(ctx context.Context, s step) {
	start := time.Now()
	answer, ok := l.insist(ctx, s)
	if !ok {
		return
	}
	l.note(s, answer, time.Since(start))
	if l.repeats == 0 || s.N%l.repeats != 0 {
		return
	}
	if again, ok := l.insist(ctx, s); ok && again != answer && !l.blind {
		l.mu.Lock()
		l.changed++
		l.mu.Unlock()
	}
}

func (l *load) insist(ctx context.Context, s step) (string, bool) {
	for {
		answer, err := l.door(ctx, s)
		if err == nil {
			return answer, true
		}
		l.mu.Lock()
		l.faults[codeOf(err)]++
		l.mu.Unlock()
		select {
		case <-ctx.Done():
			l.t.Errorf("%s was never acknowledged: %v", s.key(), err)
			return "", false
		case <-time.After(10 * time.Millisecond): // a sender's pause before it tries again
		}
	}
}

func codeOf(err error) gateway.Code {
	var f *gateway.Fault
	if errors.As(err, &f) {
		return f.Code
	}
	return "lost" // no answer at all
}

func (l *load) note(s step, answer string, took time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.acked[s] = answer
	l.took = append(l.took, took)
	for c, n := range l.waiting {
		if len(l.acked) >= n {
			close(c)
			delete(l.waiting, c)
		}
	}
}

// await waits until n more messages are acknowledged.
func (l *load) await(ctx context.Context, n int) {
	l.t.Helper()
	c := make(chan struct{})
	l.mu.Lock()
	l.waiting[c] = len(l.acked) + n
	l.mu.Unlock()
	select {
	case <-c:
	case <-ctx.Done():
		l.t.Fatalf("%d more messages were not acknowledged in time", n)
	}
}

// last is the last acknowledged step of each child.
func (l *load) last() map[int]int {
	l.mu.Lock()
	defer l.mu.Unlock()
	last := map[int]int{}
	for s := range l.acked {
		last[s.Child] = max(last[s.Child], s.N)
	}
	return last
}

// lap is the 99th percentile of the answers since the last lap.
func (l *load) lap() time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	slices.Sort(l.took)
	var p99 time.Duration
	if n := len(l.took); n > 0 {
		p99 = l.took[n*99/100]
	}
	l.took = nil
	return p99
}

// count is what a run has come to.
type count struct {
	acked      int // messages answered with success
	stored     int // messages in the ledger
	lost       int // acknowledged and not there
	doubled    int // effects that are there more than once
	disordered int // versions of a child out of order
	changed    int // repeats answered with other bytes
}

// clean fails the test unless nothing was lost, doubled, disordered or changed.
func (c count) clean(t *testing.T) {
	t.Helper()
	t.Logf("%+v", c)
	if c.acked == 0 || c.stored != c.acked || c.lost+c.doubled+c.disordered+c.changed > 0 {
		t.Errorf("not clean: %+v", c)
	}
}

// count reads the store and asks for every acknowledged message once more.
func (l *load) count(ctx context.Context, s *store.Store) count {
	l.t.Helper()
	l.mu.Lock()
	acked := maps.Clone(l.acked)
	l.mu.Unlock()
	c := count{acked: len(acked), changed: l.changed}
	var err error
	if c.stored, _, err = s.CountMessages(ctx, gateway.MessageFilter{}); err != nil {
		l.t.Fatal(err)
	}
	plans := plansOf(ctx, l.t, s)
	for _, n := range plans {
		c.doubled += n - 1
	}
	again := receive(newGateway(s, store.NewMemory()))
	for st, answer := range acked {
		if plans[st.key()] == 0 {
			c.lost++
			continue
		}
		if l.blind {
			continue
		}
		if got, err := again(ctx, st); err != nil || got != answer {
			c.changed++
		}
	}
	for _, steps := range versionsOf(ctx, l.t, s) {
		for i := 1; i < len(steps); i++ {
			if steps[i] < steps[i-1] {
				c.disordered++
			} else if steps[i] == steps[i-1] {
				c.doubled++
			}
		}
	}
	return c
}

func caller(p gateway.PartnerID) gateway.Caller { return storetest.Policy().Caller(p) }

// all reads every resource of a type.
func all(ctx context.Context, t *testing.T, s *store.Store, typ string) (out []gateway.Stored) {
	t.Helper()
	q, issues := search.Parse(typ, url.Values{"_count": {"500"}}, search.Options{Strict: true})
	if issues.Errors() {
		t.Fatal(issues)
	}
	for {
		page, err := s.Search(ctx, caller(clinic), q)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, page.Matches...)
		if q.Page = page.Next; q.Page == "" {
			return out
		}
	}
}

// resource is what the count reads of a resource.
type resource struct {
	Identifier           []struct{ Value string }
	MultipleBirthInteger int
}

func parse(text []byte) (r resource, err error) {
	if err = json.Unmarshal(text, &r); err == nil && len(r.Identifier) != 1 {
		err = errors.New("a resource that no step has made")
	}
	return r, err
}

func decode(t *testing.T, text []byte) resource {
	t.Helper()
	r, err := parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// plansOf counts the CarePlans of each key.
func plansOf(ctx context.Context, t *testing.T, s *store.Store) map[string]int {
	t.Helper()
	plans := map[string]int{}
	for _, r := range all(ctx, t, s, "CarePlan") {
		plans[decode(t, r.JSON).Identifier[0].Value]++
	}
	return plans
}

// versionsOf lists the steps that made the versions of each child, oldest first.
func versionsOf(ctx context.Context, t *testing.T, s *store.Store) map[string][]int {
	t.Helper()
	steps := map[string][]int{}
	for _, r := range all(ctx, t, s, "Patient") {
		for next := ""; ; {
			page, err := s.History(ctx, caller(clinic), "Patient", r.ID, next, 500)
			if err != nil {
				t.Fatal(err)
			}
			for _, v := range page.Matches {
				steps[r.ID] = append(steps[r.ID], decode(t, v.JSON).MultipleBirthInteger)
			}
			if next = page.Next; next == "" {
				break
			}
		}
		slices.Reverse(steps[r.ID])
	}
	return steps
}

// openStore opens a store of the load until the test ends.
func openStore(t *testing.T, url string) *store.Store {
	t.Helper()
	s, err := store.Open(context.Background(), url, storetest.Policy())
	if err != nil {
		t.Fatalf("open store: %v", err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// within bounds a test.
func within(t *testing.T, small time.Duration) context.Context {
	t.Helper()
	if large {
		small = 20 * time.Minute
	}
	ctx, cancel := context.WithTimeout(context.Background(), small)
	t.Cleanup(cancel)
	return ctx
}
