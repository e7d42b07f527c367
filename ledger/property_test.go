package ledger_test

import (
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/throughline/throughline/ledger"
)

// Laws that hold for every world, whatever the verdicts.

func TestAnyOrderOfRowsGivesTheSameResult(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := load(t, denseWorld(rapidly(t))...)
		shuffle := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
		before := w.settle(on("2026-02-02"), ledger.DefaultRules())
		for _, c := range w.cases {
			shuffle.Shuffle(len(c.Lines), func(i, j int) { c.Lines[i], c.Lines[j] = c.Lines[j], c.Lines[i] })
			shuffle.Shuffle(len(c.Auths), func(i, j int) { c.Auths[i], c.Auths[j] = c.Auths[j], c.Auths[i] })
			shuffle.Shuffle(len(c.Spans), func(i, j int) { c.Spans[i], c.Spans[j] = c.Spans[j], c.Spans[i] })
		}
		if after := w.settle(on("2026-02-02"), ledger.DefaultRules()); !reflect.DeepEqual(before, after) {
			t.Fatalf("the order of rows changed the result:\n%+v\n%+v", before, after)
		}
	})
}

// Even rows that claim the same key, time and arrival are put in one order.
func TestRowsThatTieInEverythingGiveOneResult(t *testing.T) {
	lines := []ledger.Line{line("L1", "2026-01-05", "3"), line("L1", "2026-01-05", "4"), line("L1", "2026-01-06", "3")}
	e := example{auths: []ledger.Auth{auth("A", 9)}, lines: lines}
	want := words(&e.settle().Lines[0])
	for range 6 {
		slices.Reverse(lines)
		lines[0], lines[1] = lines[1], lines[0]
		if got := words(&e.settle().Lines[0]); got != want {
			t.Fatalf("%s, then %s", want, got)
		}
	}
}

func TestUnitsAreConserved(t *testing.T) {
	rules := ledger.DefaultRules()
	check := func(c *ledger.Case, asOf ledger.Day) {
		r := ledger.Settle(c, asOf, rules)
		used := map[ledger.AuthKey]int64{}
		for i := range r.Lines {
			v := &r.Lines[i]
			var sum int64
			for _, s := range v.Splits {
				sum += s.Units
				used[s.Auth] += s.Units
				if s.Units <= 0 {
					t.Fatalf("line %s: a split of %d units", v.Line.ID, s.Units)
				}
			}
			if sum != v.Matched || v.Matched > v.Needed || (v.Verdict == ledger.Matched) != (v.Needed > 0 && v.Matched == v.Needed) {
				t.Fatalf("line %s %s: splits %d, matched %d, needed %d", v.Line.ID, v.Verdict, sum, v.Matched, v.Needed)
			}
		}
		for _, u := range r.Uses {
			if u.Used != used[u.Auth.Key()] || u.Used > max(u.Auth.Units, 0) || u.Used > 0 && !u.Auth.TakesPart() {
				t.Fatalf("authorization %s: used %d, splits %d, units %d", u.Auth.ID, u.Used, used[u.Auth.Key()], u.Auth.Units)
			}
		}
		checkCaps(t, r)
	}
	for _, c := range load(t, populate(t, 5, 100, "state", "")).cases {
		check(c, on("2026-03-01"))
	}
	for seed := range uint64(500) {
		for _, c := range load(t, denseWorld(rand.New(rand.NewPCG(seed, 3)).IntN)...).cases {
			check(c, on("2026-02-02"))
		}
	}
}

// checkCaps adds up every window again.
func checkCaps(t *testing.T, r *ledger.Result) {
	t.Helper()
	type window struct {
		auth  ledger.AuthKey
		start string
	}
	given := map[window]int64{}
	for _, u := range r.Uses {
		for i := range r.Lines {
			v := &r.Lines[i]
			for _, s := range v.Splits {
				if s.Auth != u.Auth.Key() || u.Auth.CapPeriod == ledger.NoCap {
					continue
				}
				w := window{s.Auth, v.Line.Date.String()}
				switch u.Auth.CapPeriod {
				case ledger.CapMonth:
					w.start = w.start[:7]
				case ledger.CapWeek:
					year, week := v.Line.Date.Time().ISOWeek()
					w.start = ledger.Whole(int64(year*100 + week)).String()
				}
				if given[w] += s.Units; given[w] > u.Auth.CapUnits {
					t.Fatalf("authorization %s gave %d in window %s, cap %d", u.Auth.ID, given[w], w.start, u.Auth.CapUnits)
				}
			}
		}
	}
}

// A settler that has settled other children gives what a fresh one gives.
func TestASettlerKeepsNothingOfTheChildBefore(t *testing.T) {
	s := ledger.NewSettler(nil)
	for seed := range uint64(300) {
		for _, c := range load(t, denseWorld(rand.New(rand.NewPCG(seed, 9)).IntN)...).cases {
			used, fresh := s.Settle(c, on("2026-02-02")), ledger.Settle(c, on("2026-02-02"), nil)
			same := slices.EqualFunc(used.Lines, fresh.Lines, func(a, b ledger.LineVerdict) bool { return reflect.DeepEqual(a, b) }) &&
				slices.EqualFunc(used.Uses, fresh.Uses, func(a, b ledger.Use) bool { return reflect.DeepEqual(a, b) })
			if !same {
				t.Fatalf("seed %d: a used settler answers differently", seed)
			}
		}
	}
}
