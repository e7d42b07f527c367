package gateway

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/throughline/throughline/fhir"
)

// taskText draws a Task with some elements of every ownership.
func taskText(t *rapid.T, label string) *fhir.Resource {
	o := fhir.Obj("resourceType", "Task", "id", "t1", "intent", "order")
	for _, name := range []string{"status", "priority", "description", "authoredOn"} {
		values := map[string][]string{"status": {"requested", "accepted", "in-progress", "completed", "cancelled"}, "priority": {"", "routine", "urgent"},
			"description": {"", "a", "b"}, "authoredOn": {"", "2026-01-01", "2026-01-02"}}[name]
		o = o.With(name, rapid.SampledFrom(values).Draw(t, label+name))
	}
	notes := fhir.List{}
	for _, n := range []string{"x", "y"} {
		if rapid.Bool().Draw(t, label+n) {
			notes = append(notes, fhir.Obj("text", n))
		}
	}
	r, _ := o.With("note", notes).Resource()
	return r
}

// TestThreeWayLaws: what one side alone changed is that side's; a side that
// changed nothing changes nothing; a clash names only elements that both changed.
func TestThreeWayLaws(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		base, mine, other := taskText(t, "base"), taskText(t, "mine"), taskText(t, "other")
		if r, clashes := ThreeWay(base, mine, base, false); len(clashes) > 0 || !fhir.Equal(r.JSON, mine.JSON) {
			t.Fatalf("theirs unchanged: %v %s", clashes, r.JSON)
		}
		if r, clashes := ThreeWay(base, base, other, false); len(clashes) > 0 || !fhir.Equal(r.JSON, other.JSON) {
			t.Fatalf("ours unchanged: %v %s, want %s", clashes, r.JSON, other.JSON)
		}
		if r, clashes := ThreeWay(base, mine, mine, false); len(clashes) > 0 || !fhir.Equal(r.JSON, mine.JSON) {
			t.Fatalf("both the same: %v", clashes)
		}
		r, clashes := ThreeWay(base, mine, other, false)
		for _, c := range clashes {
			if same(base.Get(c), mine.Get(c)) || same(base.Get(c), other.Get(c)) || same(mine.Get(c), other.Get(c)) || !slices.Contains([]string{"priority", "description"}, c) {
				t.Fatalf("%s is no clash", c)
			}
		}
		if (r == nil) != (len(clashes) > 0) {
			t.Fatal("a clash and a text at once, or neither")
		}
		if r, clashes := ThreeWay(base, mine, other, true); r == nil || len(clashes) > 0 || !same(r.Get("priority"), pick(base, mine, other, "priority")) {
			t.Fatalf("a person let ours win: %v", clashes)
		}
	})
}

// pick is ours where we changed it, else theirs.
func pick(base, mine, other *fhir.Resource, name string) *fhir.Node {
	if same(base.Get(name), mine.Get(name)) {
		return other.Get(name)
	}
	return mine.Get(name)
}

// The cancel race: the requester cancels while the target moves on.
func TestCancelRace(t *testing.T) {
	text := func(status string) *fhir.Resource {
		r, _ := fhir.Obj("resourceType", "Task", "id", "t1", "status", status, "intent", "order").Resource()
		return r
	}
	for theirs, want := range map[string]string{"accepted": "cancelled", "in-progress": "cancelled", "completed": "completed", "rejected": "rejected", "failed": "failed"} {
		r, clashes := ThreeWay(text("requested"), text("cancelled"), text(theirs), false)
		if r == nil || r.Get("status").Text() != want {
			t.Errorf("cancelled meets %s: %v, want %s; %v", theirs, r, want, clashes)
		}
	}
}

func TestTaskMoves(t *testing.T) {
	both := []Side{Requester, Target}
	for _, c := range []struct {
		from, to string
		sides    []Side
		snapshot bool
		ok       bool
	}{
		{"requested", "accepted", []Side{Target}, false, true}, {"requested", "accepted", []Side{Requester}, false, false},
		{"requested", "cancelled", []Side{Requester}, false, true}, {"draft", "requested", []Side{Target}, false, false},
		{"requested", "completed", []Side{Target}, false, false}, {"requested", "completed", []Side{Target}, true, true},
		{"accepted", "requested", both, true, false}, {"completed", "in-progress", both, true, false}, {"cancelled", "accepted", both, true, false},
		{"rejected", "requested", both, true, false}, {"completed", "entered-in-error", []Side{Requester}, false, true}, {"completed", "entered-in-error", []Side{Target}, false, false},
		{"on-hold", "in-progress", []Side{Target}, false, true}, {"in-progress", "on-hold", []Side{Target}, false, true},
		{"received", "accepted", []Side{Target}, false, true}, {"requested", "received", []Side{Requester}, false, true}, {"ready", "in-progress", []Side{Target}, false, true},
		{"entered-in-error", "requested", both, true, false}, {"requested", "unheard-of", both, true, false},
	} {
		if err := TaskMove(c.from, c.to, c.sides, c.snapshot); (err == nil) != c.ok {
			t.Errorf("%s to %s by %v: %v", c.from, c.to, c.sides, err)
		}
	}
}

// TestTerminalStatesNeverReopen whoever speaks, and however many steps were missed.
func TestTerminalStatesNeverReopen(t *testing.T) {
	for _, from := range []string{"rejected", "completed", "failed", "cancelled", "entered-in-error"} {
		for to := range taskMoves {
			if err := TaskMove(from, to, []Side{Requester, Target}, true); err == nil && to != from && to != "entered-in-error" {
				t.Errorf("%s opened again to %s", from, to)
			}
		}
	}
}
