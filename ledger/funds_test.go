package ledger_test

import (
	"math/rand"
	"slices"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/throughline/throughline/ledger"
)

func spend(id string, day ledger.Day, cents int64) ledger.Spend {
	return ledger.Spend{ID: id, Date: day, Payee: "Store " + id, Cents: cents, Need: "N1", Approver: "SUP-1", Receipt: "R-" + id}
}

func TestBalance(t *testing.T) {
	bare, late, again := spend("b", 101, 100), spend("e", 200, 1), spend("z", 100, 500)
	bare.Approver, bare.Receipt = "", ""
	again.Payee = "Store a"
	f := ledger.Fund{Start: 100, End: 199, Cents: 1000, Spends: []ledger.Spend{late, again, spend("d", 103, 200), bare, spend("a", 100, 500), spend("c", 102, 300)}}
	want := ledger.FundResult{Spent: 1101, Left: -101, Findings: []ledger.SpendFinding{
		{Spend: "z", Verdict: ledger.DuplicateSpend}, {Spend: "b", Verdict: ledger.Unapproved}, {Spend: "b", Verdict: ledger.Undocumented},
		{Spend: "d", Verdict: ledger.OverBudget, Over: 100}, {Spend: "e", Verdict: ledger.OverBudget, Over: 1}, {Spend: "e", Verdict: ledger.OutsideFund}}}
	if diff := cmp.Diff(want, f.Balance()); diff != "" {
		t.Error(diff)
	}
	exact := ledger.Fund{Start: 100, End: 199, Cents: 500, Spends: []ledger.Spend{spend("a", 100, 500)}}
	if r := exact.Balance(); r.Left != 0 || r.Findings != nil {
		t.Errorf("the last cent of a budget is in it: %+v", r)
	}
}

// Any order of payments gives the same result; spent and left add up; what goes
// over the budget, payment by payment, is what is over it in the end.
func TestBalanceLaws(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := ledger.Fund{Start: 100, End: 110, Cents: rapid.Int64Range(0, 3000).Draw(t, "budget")}
		for i := range rapid.IntRange(0, 12).Draw(t, "spends") {
			s := spend(strconv.Itoa(i), ledger.Day(rapid.IntRange(98, 112).Draw(t, "day")), rapid.Int64Range(1, 900).Draw(t, "cents"))
			s.Payee = rapid.SampledFrom([]string{"a", "b"}).Draw(t, "payee")
			f.Spends = append(f.Spends, s)
		}
		before := slices.Clone(f.Spends)
		got := f.Balance()
		if diff := cmp.Diff(before, f.Spends); diff != "" {
			t.Fatalf("it changed what it was given: %s", diff)
		}
		rand.New(rand.NewSource(rapid.Int64().Draw(t, "seed"))).Shuffle(len(f.Spends), func(i, j int) { f.Spends[i], f.Spends[j] = f.Spends[j], f.Spends[i] })
		if diff := cmp.Diff(got, f.Balance()); diff != "" {
			t.Fatalf("another order, another result: %s", diff)
		}
		var over, doubled, all int64
		for _, s := range before {
			all += s.Cents
			for _, found := range got.Findings {
				if found.Spend == s.ID && found.Verdict == ledger.DuplicateSpend {
					doubled += s.Cents
				}
			}
		}
		for _, found := range got.Findings {
			over += found.Over
		}
		if got.Spent+got.Left != f.Cents || got.Spent != all-doubled || over != max(got.Spent-f.Cents, 0) {
			t.Fatalf("%d spent, %d left of %d; %d of %d cents twice; %d over", got.Spent, got.Left, f.Cents, doubled, all, over)
		}
	})
}
