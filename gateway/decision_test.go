package gateway

import (
	"testing"
	"time"
)

// TestDecideByTrace: an answer goes to the item whose trace number it echoes,
// whatever its place; without one, or with one that several share, by sequence.
func TestDecideByTrace(t *testing.T) {
	item := func(n int, trace string) AuthItem {
		return AuthItem{Sequence: n, Trace: Identifier{System: "urn:x", Value: trace}, Revision: 1}
	}
	for name, c := range map[string]struct {
		traces [2]string // of items 1 and 2
		answer DecidedItem
		want   int // the item that is answered
	}{
		"another order":      {[2]string{"T1", "T2"}, DecidedItem{Sequence: 1, Trace: Identifier{Value: "T2"}}, 2},
		"the same order":     {[2]string{"T1", "T2"}, DecidedItem{Sequence: 2, Trace: Identifier{System: "urn:x", Value: "T2"}}, 2},
		"another system":     {[2]string{"T1", "T2"}, DecidedItem{Sequence: 1, Trace: Identifier{System: "urn:y", Value: "T2"}}, 1},
		"no trace":           {[2]string{"T1", "T2"}, DecidedItem{Sequence: 2}, 2},
		"shared":             {[2]string{"T", "T"}, DecidedItem{Sequence: 2, Trace: Identifier{Value: "T"}}, 2},
		"unknown":            {[2]string{"T1", "T2"}, DecidedItem{Sequence: 1, Trace: Identifier{Value: "T9"}}, 1},
		"only traced":        {[2]string{"T1", "T2"}, DecidedItem{Sequence: 9, Trace: Identifier{Value: "T1"}}, 1},
		"items without them": {[2]string{"", ""}, DecidedItem{Sequence: 2, Trace: Identifier{Value: "T2"}}, 2},
	} {
		t.Run(name, func(t *testing.T) {
			a := &Authorization{Revisions: []Revision{{}}, Items: []AuthItem{item(1, c.traces[0]), item(2, c.traces[1])}}
			c.answer.Action = Certified
			next, changed, err := Decide(a, &Decision{At: time.Unix(1, 0), Items: []DecidedItem{c.answer}}, 1)
			if err != nil || !changed {
				t.Fatal(changed, err)
			}
			for _, i := range next.Items {
				if got := i.Standing() != nil; got != (i.Sequence == c.want) {
					t.Errorf("item %d answered: %v", i.Sequence, got)
				}
			}
		})
	}
	a := &Authorization{Revisions: []Revision{{}}, Items: []AuthItem{item(1, "T1")}}
	if _, _, err := Decide(a, &Decision{Items: []DecidedItem{{Sequence: 3, Trace: Identifier{Value: "T3"}}}}, 1); FaultOf(err).Code != Invalid {
		t.Errorf("an answer to nothing: %v", err)
	}
}
