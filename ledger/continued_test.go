package ledger_test

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/throughline/throughline/ledger"
)

// cut is the decision to halve A from 20 units to 10 on 2026-01-20.
func cut(change ...func(*ledger.Auth)) []ledger.Auth {
	was := auth("A", 20, func(a *ledger.Auth) { a.Received = received("2026-01-01") })
	now := auth("A", 10, func(a *ledger.Auth) { a.Received, a.Status = received("2026-01-20"), ledger.Partial })
	for _, c := range change {
		c(&now)
	}
	return []ledger.Auth{was, now}
}

// keeps is a continuation of A under appeal AP from 2026-02-01 on.
func keeps(change ...func(*ledger.Auth)) ledger.Auth {
	a := ledger.Auth{Partner: "p", ID: ledger.ContinuationID("A", "AP"), Continues: ledger.AuthKey{Partner: "p", ID: "A"}, Level: on("2026-01-19"),
		Start: on("2026-02-01"), End: ledger.Forever, Status: ledger.Approved, Received: received("2026-01-25")}
	for _, c := range change {
		c(&a)
	}
	return a
}

const keptID = "A/continued/AP"

func TestContinuedBenefits(t *testing.T) {
	lines := []ledger.Line{line("L1", "2026-01-15", "8"), line("L2", "2026-02-03", "6"), line("L3", "2026-02-10", "4"), line("L4", "2026-02-17", "4")}
	examples(t, []example{
		{sentence: "without an appeal the cut holds", auths: cut(), lines: lines, asOf: "2026-03-01",
			want: []string{"L1 matched A:8", "L2 exhausted A:2", "L3 exhausted", "L4 exhausted"}},
		{sentence: "what the authorization cannot give, its continuation gives, up to the old level together", auths: append(cut(), keeps()), lines: lines, asOf: "2026-03-01",
			want: []string{"L1 matched A:8", "L2 matched A:2 " + keptID + ":4 continued_benefits", "L3 matched " + keptID + ":4 continued_benefits", "L4 exhausted " + keptID + ":2 continued_benefits"}},
		{sentence: "asked for is not granted", auths: append(cut(), keeps(func(a *ledger.Auth) { a.Status = ledger.Pended })), lines: lines[:2], asOf: "2026-03-01",
			want: []string{"L1 matched A:8", "L2 exhausted A:2"}},
		{sentence: "before it was granted it is not there", auths: append(cut(), keeps(func(a *ledger.Auth) { a.Received = received("2026-02-05") })), lines: lines[:2], asOf: "2026-02-04",
			want: []string{"L1 matched A:8", "L2 exhausted A:2"}},
		{sentence: "it ends with the outcome", auths: append(cut(), keeps(), keeps(func(a *ledger.Auth) { a.End, a.Received = on("2026-02-09"), received("2026-02-09") })), lines: lines, asOf: "2026-03-01",
			want: []string{"L1 matched A:8", "L2 matched A:2 " + keptID + ":4 continued_benefits", "L3 exhausted", "L4 exhausted"}},
		{sentence: "the versions that came before the end are judged by it", auths: append(cut(), keeps(), keeps(func(a *ledger.Auth) { a.End, a.Received = on("2026-02-09"), received("2026-02-09") })), lines: lines[:2], asOf: "2026-02-05",
			want: []string{"L1 matched A:8", "L2 matched A:2 " + keptID + ":4 continued_benefits"}},
		{sentence: "a reversal gives the units back to the authorization, and nothing twice", auths: append(append(cut(), keeps(func(a *ledger.Auth) { a.End = on("2026-02-12") })),
			auth("A", 20, func(a *ledger.Auth) { a.Received = received("2026-02-12") })), lines: lines, asOf: "2026-03-01",
			want: []string{"L1 matched A:8", "L2 matched A:6", "L3 matched A:4", "L4 exhausted A:2"}},
		{sentence: "a terminated service goes on at its old terms, from the day of the cut", auths: append(cut(func(a *ledger.Auth) { a.End = on("2026-01-31") }), keeps()), lines: lines, asOf: "2026-03-01",
			want: []string{"L1 matched A:8", "L2 matched " + keptID + ":6 continued_benefits", "L3 matched " + keptID + ":4 continued_benefits", "L4 exhausted " + keptID + ":2 continued_benefits"}},
		{sentence: "also where the cut denies all of it", auths: append(cut(func(a *ledger.Auth) { a.Status, a.Units = ledger.Denied, 0 }), keeps()), lines: lines[1:3], asOf: "2026-03-01",
			want: []string{"L2 matched " + keptID + ":6 continued_benefits", "L3 matched " + keptID + ":4 continued_benefits"}},
		{sentence: "the old cap holds for both together", auths: []ledger.Auth{
			auth("A", 40, func(a *ledger.Auth) {
				a.Received, a.CapPeriod, a.CapUnits = received("2026-01-01"), ledger.CapWeek, 8
			}),
			auth("A", 40, func(a *ledger.Auth) {
				a.Received, a.CapPeriod, a.CapUnits, a.Status = received("2026-01-20"), ledger.CapWeek, 3, ledger.Partial
			}), keeps()},
			lines: []ledger.Line{line("L1", "2026-02-03", "6"), line("L2", "2026-02-05", "6")}, asOf: "2026-03-01",
			want: []string{"L1 matched A:3 " + keptID + ":3 continued_benefits", "L2 over_cap " + keptID + ":2 continued_benefits"}},
		{sentence: "also on one line", auths: []ledger.Auth{
			auth("A", 40, func(a *ledger.Auth) {
				a.Received, a.CapPeriod, a.CapUnits = received("2026-01-01"), ledger.CapWeek, 8
			}),
			auth("A", 40, func(a *ledger.Auth) {
				a.Received, a.CapPeriod, a.CapUnits, a.Status = received("2026-01-20"), ledger.CapWeek, 3, ledger.Partial
			}), keeps()},
			lines: []ledger.Line{line("L1", "2026-02-03", "10")}, asOf: "2026-03-01",
			want: []string{"L1 over_cap A:3 " + keptID + ":5 continued_benefits"}},
		{sentence: "any authorization in force gives first", auths: append(append(cut(), keeps()), auth("Z", 100)), lines: lines[:2], asOf: "2026-03-01",
			want: []string{"L1 matched A:8", "L2 matched A:2 Z:4"}},
		{sentence: "where nothing was known to go on it gives nothing", auths: append(cut()[1:], keeps()), lines: lines[:2], asOf: "2026-03-01",
			want: []string{"L1 matched A:8", "L2 exhausted A:2"}},
		{sentence: "another partner's authorization of that id is not meant", auths: append(cut(), keeps(func(a *ledger.Auth) { a.Partner, a.Continues.Partner = "q", "q" })), lines: lines[:2], asOf: "2026-03-01",
			want: []string{"L1 matched A:8", "L2 exhausted A:2"}},
	})
}

func TestContinuedBenefitsSayWhy(t *testing.T) {
	e := example{auths: append(cut(), keeps()), lines: []ledger.Line{line("L1", "2026-01-15", "8"), line("L2", "2026-02-03", "6")}, asOf: "2026-03-01"}
	r := e.settle()
	if got := r.Lines[1].Reason(); got != "All 6 units paid: 2 by authorization A, 4 by authorization A, which continues under appeal AP." {
		t.Error(got)
	}
	for _, u := range r.Uses {
		if u.Auth.Continuation() && (u.Used != 4 || u.Remaining() != 6 || u.Approved() != 10) {
			t.Errorf("used %d, remaining %d, approved %d", u.Used, u.Remaining(), u.Approved())
		}
	}
}

// TestCheckOfContinuedBenefits: the answer counts what both could give together
// once, and names the appeal.
func TestCheckOfContinuedBenefits(t *testing.T) {
	child := func(auths ...ledger.Auth) *ledger.Case {
		return &ledger.Case{Spans: []ledger.Span{span("M1", "2025-01-01", "")}, Lines: []ledger.Line{line("L1", "2026-01-15", "4")}, Auths: auths}
	}
	for name, c := range map[string]struct {
		of    *ledger.Case
		ask   ledger.Question
		units int64
		words string
	}{
		"both together":          {child(append(cut(), keeps())...), ledger.Question{Provider: "N1", Code: "H2021", Modifiers: "HA", Date: on("2026-02-03")}, 16, "continue at the old level under appeal AP until an open end"},
		"before the cut":         {child(append(cut(), keeps())...), ledger.Question{Provider: "N1", Code: "H2021", Modifiers: "HA", Date: on("2026-01-25")}, 6, "6 units"},
		"more than is left":      {child(append(cut(), keeps())...), ledger.Question{Provider: "N1", Code: "H2021", Modifiers: "HA", Date: on("2026-02-03"), Units: decimal("17")}, 16, "16 of 17"},
		"by its number, denied":  {child(append(cut(func(a *ledger.Auth) { a.Status, a.Units = ledger.Denied, 0 }), keeps())...), ledger.Question{Auth: ledger.AuthKey{ID: "A"}, Date: on("2026-02-03")}, 20, "under appeal AP until an open end: 20 units"},
		"by its number, cut":     {child(append(cut(), keeps())...), ledger.Question{Auth: ledger.AuthKey{ID: "A"}, Date: on("2026-02-03"), Units: decimal("9")}, 9 + 7, "16 units"},
		"by its number, in time": {child(append(cut(), keeps())...), ledger.Question{Auth: ledger.AuthKey{ID: "A"}, Date: on("2026-02-03"), Units: decimal("5")}, 6, "is partial"},
	} {
		t.Run(name, func(t *testing.T) {
			a := ledger.NewSettler(nil).Check(c.of, c.ask, on("2026-02-01"))
			if a.Units != c.units || !strings.Contains(a.Reason, c.words) {
				t.Errorf("%d units (%s): %s", a.Units, a.ReasonCode, a.Reason)
			}
		})
	}
}

// drawAppeals draws two authorizations in several versions, continuations of them
// in several versions, and lines.
func drawAppeals(t *rapid.T) *ledger.Case {
	n := func(name string, from, to int) int { return rapid.IntRange(from, to).Draw(t, name) }
	first := on("2026-01-01")
	c := &ledger.Case{Member: "m", Spans: []ledger.Span{span("M1", "2025-01-01", "")}}
	status := rapid.SampledFrom([]ledger.Status{ledger.Approved, ledger.Partial, ledger.Denied, ledger.Pended, ledger.Cancelled})
	when := func(day ledger.Day) ledger.Stamp { return received(day.String()) }
	for i := range n("versions", 1, 6) {
		c.Auths = append(c.Auths, auth(rapid.SampledFrom([]string{"A", "B"}).Draw(t, "auth"), int64(n("units", 0, 30)), func(a *ledger.Auth) {
			a.Received, a.Status, a.Seq = when(first+ledger.Day(n("decided", 0, 40))), status.Draw(t, "status"), int64(i)
			a.End = first + ledger.Day(n("end", 0, 60))
			if n("capped", 0, 2) == 0 {
				a.CapPeriod, a.CapUnits = ledger.CapWeek, int64(n("cap", 1, 9))
			}
		}))
	}
	for i := range n("continuations", 1, 4) {
		of := rapid.SampledFrom([]string{"A", "B"}).Draw(t, "of")
		c.Auths = append(c.Auths, keeps(func(a *ledger.Auth) {
			a.ID, a.Continues.ID = ledger.ContinuationID(of, rapid.SampledFrom([]string{"AP1", "AP2"}).Draw(t, "appeal")), of
			a.Level, a.Start = first+ledger.Day(n("level", -1, 40)), first+ledger.Day(n("from", 0, 40))
			a.End, a.Received, a.Status, a.Seq = a.Start+ledger.Day(n("long", -2, 30)), when(first+ledger.Day(n("granted", 0, 50))), status.Draw(t, "grant"), int64(100+i)
		}))
	}
	for i := range n("lines", 1, 8) {
		c.Lines = append(c.Lines, line(fmt.Sprintf("L%d", i), (first+ledger.Day(n("on", 0, 60))).String(), fmt.Sprint(n("needed", 1, 12))))
	}
	return c
}

// TestContinuedBenefitsLaws: whatever the order of rows, the result is the same;
// what authorizations in force give is the same with and without continuations;
// a continuation pays within its dates only, and together with the authorization
// never beyond the higher of its levels.
func TestContinuedBenefitsLaws(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := drawAppeals(t)
		asOf := on("2026-01-01") + ledger.Day(rapid.IntRange(0, 70).Draw(t, "as of"))
		summary := func(c *ledger.Case) (out []string) {
			r := ledger.Settle(c, asOf, nil)
			for i := range r.Lines {
				out = append(out, words(&r.Lines[i])+" "+r.Lines[i].Reason())
			}
			for _, u := range r.Uses {
				out = append(out, fmt.Sprint(u.Auth.Key(), u.Auth.Status, u.Used, u.Approved(), u.Last))
			}
			return out
		}
		before := summary(c)
		checkContinued(t, c, asOf)
		shuffle := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
		shuffle.Shuffle(len(c.Auths), func(i, j int) { c.Auths[i], c.Auths[j] = c.Auths[j], c.Auths[i] })
		shuffle.Shuffle(len(c.Lines), func(i, j int) { c.Lines[i], c.Lines[j] = c.Lines[j], c.Lines[i] })
		if after := summary(c); !reflect.DeepEqual(before, after) {
			t.Fatalf("the order of rows changed the result:\n%q\n%q", before, after)
		}
	})
}

func checkContinued(t *rapid.T, c *ledger.Case, asOf ledger.Day) {
	plain := &ledger.Case{Member: c.Member, Spans: c.Spans, Lines: c.Lines}
	level := map[ledger.AuthKey]int64{}
	for _, a := range c.Auths {
		if !a.Continuation() {
			plain.Auths = append(plain.Auths, a)
			level[a.Key()] = max(level[a.Key()], a.Units)
		}
	}
	with, without := ledger.Settle(c, asOf, nil), ledger.Settle(plain, asOf, nil)
	gave, dates := map[ledger.AuthKey]int64{}, map[ledger.AuthKey]*ledger.Auth{}
	for _, u := range with.Uses {
		dates[u.Auth.Key()] = u.Auth
	}
	for i := range with.Lines {
		v := &with.Lines[i]
		var own []ledger.Split
		for _, s := range v.Splits {
			a := dates[s.Auth]
			if !a.Continuation() {
				own = append(own, s)
				gave[s.Auth] += s.Units
				continue
			}
			gave[a.Continues] += s.Units
			if v.Line.Date < a.Start || v.Line.Date > a.End || !a.TakesPart() {
				t.Fatalf("%s paid by %s, %s to %s, %s", v.Line.Date, a.ID, a.Start, a.End, a.Status)
			}
		}
		if len(own)+len(without.Lines[i].Splits) > 0 && !reflect.DeepEqual(own, without.Lines[i].Splits) {
			t.Fatalf("authorizations in force gave %v, without continuations %v", own, without.Lines[i].Splits)
		}
	}
	for key, n := range gave {
		if n > level[key] {
			t.Fatalf("%v gave %d with its continuations, and never had more than %d", key, n, level[key])
		}
	}
}
