package gateway

import (
	"context"
)

// Prober is a Sender that can reach its partner and show its credentials without
// sending anything.
type Prober interface {
	Probe(ctx context.Context) error
}

// Breaker is a Sender that knows what a receiver of its wire must refuse; nil
// where no receiver answers. Without it, broken JSON is sent.
type Breaker interface {
	Broken(p *Parcel) []byte
}

// TestResult is what came of one step of a self-test.
type TestResult string

// Failed is the only one that somebody has to do something about.
const (
	TestOK      TestResult = "ok"
	TestFailed  TestResult = "failed"
	TestSkipped TestResult = "skipped"
)

// TestStep is one step of the self-test of a partner's wire.
type TestStep struct {
	Wire   string     `json:"wire"`
	Name   string     `json:"step"`
	Result TestResult `json:"result"`
	Found  string     `json:"found,omitempty"`
	Fix    string     `json:"fix,omitempty"`
}

// SelfTest tries the way out to a partner: connect and authenticate, send a
// made-up record, send it again, send a broken one. p.Deliver must be a test
// endpoint: the suite sends.
func SelfTest(ctx context.Context, p *Partner, w Wire) []TestStep {
	t := &selfTest{wire: p.Deliver.Wire}
	sender, err := w.Dial(p)
	if err != nil {
		t.step("connect", err)
		return t.steps
	}
	if closer, ok := sender.(interface{ Close() }); ok {
		defer closer.Close()
	}
	if prober, ok := sender.(Prober); !ok {
		t.skip("connect and authenticate", "this wire shows it by sending")
	} else if !t.step("connect and authenticate", prober.Probe(ctx)) {
		return t.steps
	}
	parcel, err := testParcel(p, w)
	if err != nil {
		t.skip("send a test record", "this wire carries none of the test records: "+saidBy(err))
		return t.steps
	}
	_, err = sender.Send(ctx, parcel)
	if !t.step("send a test record", err) {
		return t.steps
	}
	_, err = sender.Send(ctx, parcel)
	t.step("send it again, with the same key", err)
	t.broken(ctx, sender, parcel)
	return t.steps
}

type selfTest struct {
	wire  string
	steps []TestStep
}

func (t *selfTest) skip(name, why string) {
	t.steps = append(t.steps, TestStep{t.wire, name, TestSkipped, why, ""})
}

// step records an outcome and says whether to go on.
func (t *selfTest) step(name string, err error) bool {
	s := TestStep{Wire: t.wire, Name: name, Result: TestOK}
	if err != nil {
		cause := DeliveryCause(FaultOf(err).Code)
		s.Result, s.Found, s.Fix = TestFailed, saidBy(err), cause.Words+": "+cause.Next
	}
	t.steps = append(t.steps, s)
	return err == nil
}

// broken sends what must be refused: a receiver that takes it would take
// anything, and nobody would hear of a mistake.
func (t *selfTest) broken(ctx context.Context, sender Sender, parcel *Parcel) {
	const name = "send broken data"
	bad := *parcel
	bad.Key, bad.Items, bad.Resources, bad.Body = parcel.Key+"-broken", nil, nil, []byte(`{"resourceType":"Patient","birthDate":"not a date",`)
	if b, ok := sender.(Breaker); ok {
		if bad.Body = b.Broken(parcel); bad.Body == nil {
			t.skip(name, "nobody answers at once on this wire: what the partner cannot take it says in a file of its own")
			return
		}
	}
	_, err := sender.Send(ctx, &bad)
	s := TestStep{Wire: t.wire, Name: name, Result: TestOK}
	switch {
	case err == nil:
		s.Result, s.Found, s.Fix = TestFailed, "it was taken", "ask the partner to check what it takes: its mistakes stay unseen"
	case transient(FaultOf(err).Code):
		s.Result, s.Found, s.Fix = TestFailed, saidBy(err), "ask the partner to refuse broken data (a 4xx status, AE): this looks as if it were away, and is tried again for seven days"
	default:
		s.Found = "refused, as it should be: " + string(FaultOf(err).Code)
	}
	t.steps = append(t.steps, s)
}

// saidBy is a fault without anything personal.
func saidBy(err error) string {
	f := FaultOf(err)
	if len(f.Issues) > 0 {
		return f.Issues[0].Text()
	}
	return string(f.Code)
}
