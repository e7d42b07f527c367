package adaptertest

import (
	"bytes"
	"context"
	"maps"
	"testing"

	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
)

// Listeners runs the suite that every listener passes.
func Listeners(t *testing.T, l Listening) {
	cases := map[string]func(*testing.T, Listening, *house, Entrance){
		"order": listenOrder, "repeat gets the same bytes": listenRepeat, "same key, other content": listenOther, "busy, then again": listenBusy,
		"half a message": listenHalf, "answers after the commit": listenAfterCommit, "committed, and the answer lost": listenLost, "held is accepted": listenHeld,
		"invalid is to be mended": listenInvalid, "a panic is one message's fault": listenPanic, "restart in the middle": listenRestart,
	}
	documented(t, "Listeners", l.Wire, maps.Keys(cases), l.Without)
	for name, body := range cases {
		if l.Without[name] != "" {
			continue
		}
		t.Run(name, func(t *testing.T) {
			h := newHouse(t, l.Partner)
			body(t, l, h, l.open(t, h))
		})
	}
}

func (l Listening) open(t *testing.T, h *house) Entrance {
	t.Helper()
	e := l.Open(t, Intake{Receive: h.receive, Partner: l.Partner, NewID: h.newID, Store: h.store})
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
	entered, release := h.gate()
	answer := make(chan Answer, 1)
	go func() { answer <- e.Send(1, "a") }()
	<-entered
	select {
	case got := <-answer:
		t.Errorf("answered before the commit: %q", got.Bytes)
	default:
	}
	wantStored(t, h, 0)
	release()
	wantVerdict(t, "after", <-answer, Accepted)
	wantStored(t, h, 1)
}

// listenLost commits and then fails: the sender is told to come again, and gets
// the first answer.
func listenLost(t *testing.T, l Listening, h *house, e Entrance) {
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
	if !l.Words && !bytes.Equal(again.Bytes, first) {
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

// listenHalf sends a message in two parts with a look at the ledger between: half
// a message is none.
func listenHalf(t *testing.T, _ Listening, h *house, e Entrance) {
	rest := e.Half(1, "a")
	wantStored(t, h, 0)
	wantVerdict(t, "the rest", rest(), Accepted)
	wantStored(t, h, 1)
}

func listenPanic(t *testing.T, l Listening, h *house, e Entrance) {
	h.set(nil, true, nil)
	wantVerdict(t, "panic", e.Send(1, "a"), Again)
	h.set(nil, false, nil)
	wantVerdict(t, "the next", e.Send(2, "a"), Accepted)
	want := 1
	if l.Fetches {
		want = 2 // it came back to the first
	}
	wantStored(t, h, want)
}

// listenRestart stops the listener while a message is being taken in. Whatever
// its sender learns, it comes again and is one message.
func listenRestart(t *testing.T, l Listening, h *house, e Entrance) {
	entered, release := h.gate()
	answer := make(chan Answer, 1)
	go func() { answer <- e.Send(1, "a") }()
	<-entered
	h.set(nil, false, nil)
	stopped := make(chan struct{})
	go func() { e.Stop(); close(stopped) }()
	release()
	first := <-answer
	<-stopped
	again := l.open(t, h).Send(1, "a")
	wantVerdict(t, "after the restart", again, Accepted)
	if first.Verdict == Accepted && !bytes.Equal(first.Bytes, again.Bytes) {
		t.Errorf("answered %q, and after the restart %q", first.Bytes, again.Bytes)
	}
	wantStored(t, h, 1)
}
