package pas_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/ledger"
	"github.com/throughline/throughline/mappings/pas"
)

// TestAnyOrderOfDecisions: decisions in any order, each as often as it likes, end
// in the same authorization and the same ledger as the sorted ones. More than CI
// draws: -rapid.checks=10000.
func TestAnyOrderOfDecisions(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		decisions := rapid.SliceOfN(rapid.Custom(drawDecision), 1, 8).Draw(t, "decisions")
		shuffled := rapid.Permutation(decisions).Draw(t, "order")
		shuffled = append(shuffled, rapid.SliceOfN(rapid.SampledFrom(decisions), 0, 5).Draw(t, "again")...)
		sorted, settled := end(t, decisions)
		other, again := end(t, shuffled)
		if diff := cmp.Diff(sorted, other); diff != "" {
			t.Fatalf("another authorization (-given order +shuffled):\n%s", diff)
		}
		if diff := cmp.Diff(settled, again); diff != "" {
			t.Fatalf("another ledger (-given order +shuffled):\n%s", diff)
		}
	})
}

// drawDecision answers some items of a request of three, in one of two
// revisions; the second asked items 2 and 3 anew.
func drawDecision(t *rapid.T) gateway.Decision {
	d := gateway.Decision{Trace: gateway.Identifier{Value: "T"}, Revision: rapid.IntRange(1, 2).Draw(t, "revision"),
		At: time.Date(2026, 3, rapid.IntRange(1, 28).Draw(t, "day"), 9, 0, 0, 0, time.UTC)}
	for _, n := range rapid.SliceOfNDistinct(rapid.IntRange(1, 3), 1, 3, rapid.ID[int]).Draw(t, "items") {
		a := gateway.ItemAnswer{Action: rapid.SampledFrom([]string{"A1", "A3", "A4", "A6", "C"}).Draw(t, "action"),
			Number: fmt.Sprintf("N%d-%d", n, rapid.IntRange(1, 3).Draw(t, "number"))}
		if a.Action == "A6" {
			a.Given = &gateway.AuthService{Units: fmt.Sprint(rapid.IntRange(1, 9).Draw(t, "units"))}
		}
		d.Items = append(d.Items, gateway.DecidedItem{Sequence: n, ItemAnswer: a})
	}
	return d
}

// end applies decisions one after the other, keeps the facts of each step as the
// store does, and settles them.
func end(t *rapid.T, decisions []gateway.Decision) (*gateway.Authorization, map[string]string) {
	service := gateway.AuthService{Code: gateway.Coded{Code: "H2021"}, Units: "9", Start: "2026-01-01", End: "2026-12-31"}
	a := &gateway.Authorization{ID: "a", Patient: "Patient/p", Claim: "Claim/c", Payer: "mco", Provider: []gateway.Identifier{{System: gateway.NPI, Value: "1234567893"}},
		Revisions: []gateway.Revision{{Message: "m1", Trace: gateway.Identifier{Value: "T"}}, {Message: "m2", Trace: gateway.Identifier{Value: "T"}}}}
	for n := 1; n <= 3; n++ {
		a.Items = append(a.Items, gateway.AuthItem{Sequence: n, Asked: service, Revision: min(n, 2)})
	}
	c := &ledger.Case{Member: "p", Spans: []ledger.Span{{Payer: "MCO", Start: 0, End: ledger.Forever}}}
	for i := range decisions {
		next, changed, err := gateway.Decide(a, &decisions[i], decisions[i].Revision)
		if err != nil {
			t.Fatal(err)
		}
		if a = next; !changed {
			continue
		}
		kept := pas.Kept(a, []string{"MCO"})
		if kept.Issues.Errors() {
			t.Fatal(kept.Issues)
		}
		for _, f := range kept.Facts.Auths {
			f.Auth.Seq = int64(len(c.Auths) + 1)
			c.Auths = append(c.Auths, f.Auth)
		}
	}
	out := map[string]string{}
	for _, u := range ledger.Settle(c, 30000, ledger.DefaultRules()).Uses {
		if u.Auth.TakesPart() {
			out[u.Auth.ID] = fmt.Sprintf("%s %d of %s", u.Auth.Status, u.Approved(), u.Auth.Code)
		}
	}
	return a, out
}
