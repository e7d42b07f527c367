package gateway

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func planned(sender PartnerID, partners ...*Partner) Plan {
	return plan(&Receipt{Message: &Message{ID: "m1", Partner: sender}, Effects: []Effect{
		{Type: "CarePlan", ID: "c1", Version: 2, Verb: Updated, Person: "p1"},
		{Type: "Goal", ID: "g1", Version: 1, Verb: Created, Person: "p1"},
		{Type: "CarePlan", ID: "c2", Version: 1, Verb: Created, Person: "p2"},
		{Type: "CarePlan", ID: "c3", Version: 7, Verb: Unchanged, Person: "p3"},
		{Type: "Organization", ID: "o1", Version: 1, Verb: Created},
	}}, partners)
}

func wanting(id PartnerID, own bool, types ...string) *Partner {
	return &Partner{ID: id, Wants: []Want{{Types: types, Own: own}}, Deliver: &Endpoint{}}
}

// lanes shows a plan as lane -> items.
func lanes(p Plan) map[string][]string {
	out := map[string][]string{}
	for _, d := range p.Deliveries {
		name := string(d.Lane.Partner) + " " + d.Lane.Subject
		for _, i := range d.Items {
			out[name] = append(out[name], i.Type+"/"+i.ID)
		}
	}
	return out
}

func TestPlanSaysWhoWantsWhat(t *testing.T) {
	collector := wanting("collects", false, "*")
	collector.Deliver = nil
	got := lanes(planned("clinic-a", wanting("mco-a", false, "CarePlan"), wanting("clinic-a", false, "CarePlan"),
		wanting("clinic-a", true, "Goal"), wanting("state", false, "*"), collector))
	want := map[string][]string{
		"mco-a p1":    {"CarePlan/c1"},
		"mco-a p2":    {"CarePlan/c2"},
		"clinic-a p1": {"Goal/g1"}, // not back to the sender, unless it asks
		"state p1":    {"CarePlan/c1", "Goal/g1"},
		"state p2":    {"CarePlan/c2"},
		"state -":     {"Organization/o1"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestSameContentHasTheSameKey(t *testing.T) {
	a, b := planned("x", wanting("mco-a", false, "CarePlan")), planned("x", wanting("mco-a", false, "CarePlan"))
	if diff := cmp.Diff(a, b); diff != "" {
		t.Errorf("planning twice differs: %s", diff)
	}
	seen := map[string]bool{}
	for _, p := range []Plan{a, planned("x", wanting("mco-b", false, "CarePlan")), planned("x", wanting("mco-a", false, "Goal"))} {
		for _, d := range p.Deliveries {
			if seen[d.Key] || d.Key == "" || d.ID == "" {
				t.Errorf("key %q of %v is not its own", d.Key, d.Lane)
			}
			seen[d.Key] = true
		}
	}
}

func TestBackoffGrowsToItsCap(t *testing.T) {
	d := &Drain{Rand: func() float64 { return 0.999 }}
	last := time.Duration(0)
	for n := range 40 {
		wait := d.backoff(n)
		if wait < last || wait > lastRetry {
			t.Fatalf("try %d waits %v after %v", n, wait, last)
		}
		last = wait
	}
	d.Rand = func() float64 { return 0 }
	if wait := d.backoff(0); wait != firstRetry/2 {
		t.Errorf("least first wait %v", wait)
	}
}

func TestVerdictEndsByTime(t *testing.T) {
	now := time.Date(2026, 3, 8, 0, 0, 0, 0, time.UTC)
	d := &Drain{Now: func() time.Time { return now }, Rand: func() float64 { return 0 }}
	busy := &Fault{Code: Busy, Err: &Wait{For: 90 * 24 * time.Hour}}
	for _, c := range []struct {
		name string
		age  time.Duration
		err  error
		next time.Duration // 0 = parked
	}{
		{"busy", 0, &Fault{Code: Busy}, firstRetry / 2},
		{"unknown error", 0, errNotTried, firstRetry / 2},
		{"asks for 90 days", 0, busy, longestAsk},
		{"last try at the end", RetryFor - time.Hour, busy, time.Hour},
		{"over", RetryFor, &Fault{Code: Busy}, 0},
		{"invalid", 0, &Fault{Code: Invalid}, 0},
		{"denied", 0, &Fault{Code: Denied}, 0},
	} {
		a := d.verdict(&Delivery{FirstAt: now.Add(-c.age)}, c.err)
		if got := a.Next.Sub(now); a.Next.IsZero() != (c.next == 0) || c.next != 0 && got != c.next {
			t.Errorf("%s: next %v, want in %v", c.name, a.Next, c.next)
		}
	}
}
