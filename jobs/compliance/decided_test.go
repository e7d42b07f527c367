package compliance

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/jobs/reports"
	"github.com/throughline/throughline/ledger"
	"github.com/throughline/throughline/mappings/record"
)

// some adds some children with the same decisions and appeals.
func (d *decisions) some(n int, statuses []ledger.Status, outcomes ...string) {
	for i := range n {
		c := &child{person: fmt.Sprint(i), asOf: 30000, programs: []string{"p"}}
		for at, s := range statuses {
			c.decisions = append(c.decisions, ledger.Auth{ID: fmt.Sprint(at), Status: s, Program: "p"})
		}
		for at, o := range outcomes {
			c.appeals = append(c.appeals, sent[record.Appeal]{record: record.Appeal{AppealID: fmt.Sprint(at), AuthID: "0", Filed: "2026-03-01T10:00:00Z", Decided: "2026-03-02T10:00:00Z", Outcome: o}})
		}
		d.add(c)
	}
}

// TestSharedDecisions holds back what fewer than eleven children are behind, not
// what is few in itself, and whatever would tell it.
func TestSharedDecisions(t *testing.T) {
	cases := map[string]struct {
		fill func(d *decisions)
		want gateway.DecisionCount
	}{
		"nothing": {func(*decisions) {}, gateway.DecisionCount{}},
		"enough":  {func(d *decisions) { d.some(11, []ledger.Status{ledger.Approved, ledger.Denied}, "upheld") }, gateway.DecisionCount{Approved: 11, Denied: 11, Appeals: 11, Upheld: 11}},
		"many decisions about few children": {func(d *decisions) {
			d.some(10, []ledger.Status{ledger.Denied, ledger.Denied, ledger.Denied}, "upheld", "upheld")
		}, gateway.DecisionCount{Suppressed: []string{"denied", "open", "upheld", "overturned", "withdrawn", "filed"}}},
		"one small number takes another with it, or all appeals": {func(d *decisions) {
			d.some(20, []ledger.Status{ledger.Approved}, "upheld")
			d.some(3, []ledger.Status{ledger.Partial}, "withdrawn")
		}, gateway.DecisionCount{Approved: 20, Suppressed: []string{"in-part", "withdrawn"}}},
		"the same children behind every appeal": {func(d *decisions) { d.some(6, []ledger.Status{ledger.Approved}, "upheld", "overturned") },
			gateway.DecisionCount{Suppressed: []string{"approved", "open", "upheld", "overturned", "withdrawn", "filed"}}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			d := &decisions{}
			d.Program, c.want.Program = "p", "p"
			c.fill(d)
			got := d.shared()
			if name == "one small number takes another with it, or all appeals" { // which of them is the business of Suppress
				if !got.Held("in-part") || !got.Held("withdrawn") || !got.Held("upheld") && !got.Held("filed") || got.InPart+got.Withdrawn != 0 {
					t.Errorf("%+v", got)
				}
				return
			}
			slices.Sort(got.Suppressed)
			slices.Sort(c.want.Suppressed)
			if diff := cmp.Diff(&c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestSharedDecisionsTellNothingSmall: no number that fewer than eleven children
// are behind is shown, nor is it the difference of all appeals and the rest.
func TestSharedDecisionsTellNothingSmall(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := &decisions{}
		d.Program = "p"
		for range rapid.IntRange(0, 6).Draw(t, "groups") {
			d.some(rapid.IntRange(1, 14).Draw(t, "children"), rapid.SliceOfN(rapid.SampledFrom([]ledger.Status{ledger.Approved, ledger.Partial, ledger.Denied}), 0, 3).Draw(t, "decided"),
				rapid.SliceOfN(rapid.SampledFrom([]string{"", "upheld", "overturned", "withdrawn"}), 0, 3).Draw(t, "outcomes")...)
		}
		got := d.shared()
		really, behind := d.Numbers(), d.children.Numbers()
		hidden := map[string]int{}
		for i, n := range got.Numbers() {
			switch held := got.Held(n.Name); {
			case held:
				hidden[n.Group]++
			case *behind[i].N > 0 && *behind[i].N < reports.SmallCell:
				t.Fatalf("%s is %d of %d children, and shown", n.Name, *n.N, *behind[i].N)
			case *n.N != *really[i].N:
				t.Fatalf("%s is %d, not %d", n.Name, *really[i].N, *n.N)
			}
		}
		if hidden["appeals"] == 1 {
			t.Fatalf("one number of the appeals is held back alone: %+v", got)
		}
	})
}
