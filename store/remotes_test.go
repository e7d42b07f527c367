package store_test

import (
	"context"
	"testing"

	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
)

// A delivery is under way from its lease to its settlement, or until the lease
// lapses, for everybody who asks.
func TestDeliveriesUnderWay(t *testing.T) {
	eachWorld(t, func(w *world) {
		sending := func(p gateway.PartnerID) int {
			list, err := w.s.Sending(context.Background(), p)
			if err != nil {
				t.Fatal(err)
			}
			return len(list)
		}
		commit(t, w.s, message("clinic-a", "", create(t, `{"resourceType":"Goal","lifecycleStatus":"active","description":{"text":"x"},"subject":{"reference":"`+w.child("M1")+`"}}`)))
		w.route()
		lane := w.only(w.ready())
		before := sending("mco-a")
		d := w.head(lane, "i1")
		if list, err := w.s.Sending(context.Background(), "mco-a"); before != 0 || err != nil || len(list) != 1 || list[0] != d.Lease || sending("clinic-a") != 0 {
			t.Fatalf("%d before, then %q: %v", before, list, err)
		}
		if w.pass(gateway.LeaseFor); sending("mco-a") != 0 {
			t.Error("a lease that has lapsed is under way")
		}
		if d = w.head(lane, "i2"); sending("mco-a") != 1 {
			t.Error("the next try is not under way")
		}
		if w.settle(d, gateway.Attempt{At: w.clock()}); sending("mco-a") != 0 {
			t.Error("what is settled is under way")
		}
	})
}

// What an attempt taught is kept with it: names in both directions, versions,
// and conflicts until a person decides.
func TestWhatDeliveriesTeach(t *testing.T) {
	eachWorld(t, func(w *world) {
		ctx := context.Background()
		plan := w.child("M1")
		commit(t, w.s, message("clinic-a", "", create(t, `{"resourceType":"Goal","lifecycleStatus":"active","description":{"text":"x"},"subject":{"reference":"`+plan+`"}}`)))
		w.route()
		lanes := w.ready()
		if len(lanes) != 1 {
			t.Fatalf("%d lanes", len(lanes))
		}
		d := w.head(lanes[0], "i1")
		ours := fhir.NewRef(d.Items[0].Type, d.Items[0].ID)
		at := gateway.Remote{Ours: ours, Theirs: "Goal/77", Version: "3", Sent: 1}
		clash := gateway.Clash{Remote: gateway.Remote{Ours: ours, Theirs: "Goal/77", Version: "4", Sent: 1}, Tried: 2, Elements: []string{"note", "target"}, Content: []byte("{}")}
		fault := gateway.Faultf("merge", gateway.Conflict, fhir.Issue{Found: "x"})
		err := w.s.Settle(ctx, d, gateway.Attempt{At: w.clock(), Fault: fault, Learned: gateway.Learned{Remotes: []gateway.Remote{at}, Clashes: []gateway.Clash{clash}}})
		if err != nil {
			t.Fatal(err)
		}
		byOurs, err := w.s.Remotes(ctx, "mco-a", []fhir.Ref{ours, "Goal/none"})
		if err != nil || len(byOurs) != 1 || byOurs[ours] != at {
			t.Errorf("%v %+v", err, byOurs)
		}
		byTheirs, err := w.s.RemotesOf(ctx, "mco-a", []fhir.Ref{"Goal/77"})
		if err != nil || byTheirs["Goal/77"] != at {
			t.Errorf("%v %+v", err, byTheirs)
		}
		if others, _ := w.s.Remotes(ctx, "mco-b", []fhir.Ref{ours}); len(others) != 0 {
			t.Errorf("another partner knows it: %v", others)
		}
		open, err := w.s.Conflicts(ctx, d.ID)
		if err != nil || len(open) != 1 || len(open[0].Elements) != 2 || open[0].Version != "4" || open[0].Tried != 2 {
			t.Fatalf("%v %+v", err, open)
		}
		if err := w.s.ResolveConflict(ctx, d.ID, true, "", "op"); gateway.FaultOf(err).Code != gateway.Invalid {
			t.Errorf("a decision without a reason: %v", err)
		}
		if err := w.s.ResolveConflict(ctx, d.ID, true, "ours is newer", "op"); err != nil {
			t.Fatal(err)
		}
		if open, _ = w.s.Conflicts(ctx, ""); len(open) != 0 {
			t.Errorf("still open: %v", open)
		}
		byOurs, _ = w.s.Remotes(ctx, "mco-a", []fhir.Ref{ours})
		if r := byOurs[ours]; r.Settled != "4" || !r.Merged || r.Sent != 1 {
			t.Errorf("%+v", r)
		}
		if again := w.head(w.ready()[0], "i1"); again == nil || again.ID != d.ID {
			t.Errorf("it does not go again: %+v", again)
		}
		r, err := w.s.Version(ctx, ours, 1)
		if err != nil || r == nil || r.Ref() != ours {
			t.Errorf("%v %v", r, err)
		}
		if r, err := w.s.Version(ctx, ours, 9); r != nil || err != nil {
			t.Errorf("a version that is not: %v %v", r, err)
		}
	})
}
