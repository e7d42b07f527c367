package ledger_test

import (
	"strings"
	"testing"

	"github.com/throughline/throughline/ledger"
)

func TestCheck(t *testing.T) {
	weekly := auth("A", 20, func(a *ledger.Auth) { a.CapPeriod, a.CapUnits, a.End = ledger.CapWeek, 10, on("2026-02-28") })
	child := &ledger.Case{Spans: []ledger.Span{span("M1", "2025-01-01", "2026-03-15")},
		Lines: []ledger.Line{line("L1", "2026-01-06", "6"), line("L2", "2026-01-08", "2")},
		Auths: []ledger.Auth{weekly, auth("B", 3), auth("D", 9, func(a *ledger.Auth) { a.Status, a.Code = ledger.Pended, "T1016" })}}
	ask := func(day, units string) ledger.Question {
		return ledger.Question{Provider: "N1", Code: "H2021", Modifiers: "ha", Date: on(day), Units: decimal(units)}
	}
	with := func(q ledger.Question, set func(*ledger.Question)) ledger.Question { set(&q); return q }
	byID := func(id, units string) ledger.Question {
		return ledger.Question{Auth: ledger.AuthKey{ID: id}, Units: decimal(units)}
	}
	byIDOn := func(id, day, units string) ledger.Question {
		return with(byID(id, units), func(q *ledger.Question) { q.Date = on(day) })
	}
	for name, c := range map[string]struct {
		ask     ledger.Question
		verdict ledger.CheckVerdict
		code    ledger.Verdict
		units   int64
		auths   string
		words   string
	}{
		"all of it, from the second authorization too": {ask("2026-01-07", "5"), ledger.CheckYes, ledger.Matched, 5, "A B", "All 5"},
		"the window counts lines after the date too":   {ask("2026-01-05", "6"), ledger.CheckPartly, ledger.OverCap, 5, "A B", "5 of 6"},
		"another week":                     {ask("2026-01-14", "11"), ledger.CheckYes, ledger.Matched, 13, "A B", "13 are left"},
		"how many, without units":          {ask("2026-01-07", "0"), ledger.CheckYes, ledger.Matched, 5, "A B", "5 units"},
		"partly and exhausted":             {ask("2026-03-01", "5"), ledger.CheckPartly, ledger.Exhausted, 3, "B", "3 of 5"},
		"not enrolled":                     {ask("2026-03-16", "1"), ledger.CheckNo, ledger.NotEnrolled, 0, "", "No enrollment"},
		"a negative number":                {ask("2026-01-07", "-1"), ledger.CheckNo, ledger.InvalidLine, 0, "", "-1"},
		"wrong provider":                   {with(ask("2026-01-07", "1"), func(q *ledger.Question) { q.Provider = "N2" }), ledger.CheckNo, ledger.WrongProvider, 0, "A", "N2"},
		"whoever delivers it":              {with(ask("2026-01-07", "1"), func(q *ledger.Question) { q.Provider = "" }), ledger.CheckYes, ledger.Matched, 5, "A B", "All 1"},
		"the named one first":              {with(ask("2026-01-07", "1"), func(q *ledger.Question) { q.Auth.ID = "B" }), ledger.CheckYes, ledger.Matched, 5, "B A", "All 1"},
		"no date is today":                 {with(ask("2026-01-07", "1"), func(q *ledger.Question) { q.Date = 0 }), ledger.CheckYes, ledger.Matched, 13, "A B", "2026-02-01"},
		"a pended decision pays nothing":   {with(ask("2026-01-07", "1"), func(q *ledger.Question) { q.Code, q.Modifiers, q.Provider = "T1016", "HA", "" }), ledger.CheckNo, ledger.NoAuthorization, 0, "", "T1016"},
		"by its number":                    {byID("A", "0"), ledger.CheckYes, ledger.Matched, 10, "A", "approved"},
		"by its number, more than the cap": {byID("A", "11"), ledger.CheckPartly, ledger.OverCap, 10, "A", "10 of 11"},
		"by its number, more than is left": {byID("B", "4"), ledger.CheckPartly, ledger.Exhausted, 3, "B", "3 of 4"},
		"by its number, pended":            {byID("D", "0"), ledger.CheckNo, ledger.NoAuthorization, 0, "D", "pended"},
		"by its number, unknown":           {byID("Z", "0"), ledger.CheckNo, ledger.NoAuthorization, 0, "", "known"},
		"by its number, on a date":         {byIDOn("A", "2026-01-07", "0"), ledger.CheckYes, ledger.Matched, 2, "A", "2 units on 2026-01-07"},
		"by its number, over that cap":     {byIDOn("A", "2026-01-07", "3"), ledger.CheckPartly, ledger.OverCap, 2, "A", "2 of 3"},
		"by its number, another window":    {byIDOn("A", "2026-01-14", "10"), ledger.CheckYes, ledger.Matched, 10, "A", "10 units on 2026-01-14"},
		"by its number, after its end":     {byIDOn("A", "2026-03-01", "1"), ledger.CheckNo, ledger.OutsidePeriod, 0, "A", "does not hold 2026-03-01"},
		"by its number, another provider":  {with(byIDOn("A", "2026-01-07", "1"), func(q *ledger.Question) { q.Provider = "N2" }), ledger.CheckNo, ledger.WrongProvider, 0, "A", "N2"},
		"by its number, its provider":      {with(byIDOn("A", "2026-01-07", "1"), func(q *ledger.Question) { q.Provider = "N1" }), ledger.CheckYes, ledger.Matched, 2, "A", "2 units"},
		"by its number, other modifiers":   {with(byID("A", "1"), func(q *ledger.Question) { q.Modifiers = "U1" }), ledger.CheckNo, ledger.WrongModifier, 0, "A", "U1"},
	} {
		t.Run(name, func(t *testing.T) {
			a := ledger.NewSettler(nil).Check(child, c.ask, on("2026-02-01"))
			var ids []string
			for _, s := range a.Auths {
				ids = append(ids, s.Key.ID)
			}
			if a.Verdict != c.verdict || a.ReasonCode != c.code || a.Units != c.units || strings.Join(ids, " ") != c.auths {
				t.Errorf("got %s %s %d %v: %s", a.Verdict, a.ReasonCode, a.Units, ids, a.Reason)
			}
			if !strings.Contains(a.Reason, c.words) || !strings.HasSuffix(a.Reason, ".") || strings.Contains(a.Reason, "%!") {
				t.Errorf("reason %q does not say %q", a.Reason, c.words)
			}
		})
	}
}

func TestCheckShowsTheStandingOfAnAuthorization(t *testing.T) {
	a := auth("A", 20, func(a *ledger.Auth) { a.CapPeriod, a.CapUnits, a.Pending, a.Seq = ledger.CapMonth, 10, 3, 7 })
	c := &ledger.Case{Spans: []ledger.Span{span("M1", "2025-01-01", "")}, Lines: []ledger.Line{line("L1", "2026-01-06", "6")}, Auths: []ledger.Auth{a}}
	q := ledger.Question{Provider: "N1", Code: "H2021", Modifiers: "HA", Date: on("2026-01-06"), Units: decimal("6")}
	got := ledger.NewSettler(nil).Check(c, q, on("2026-01-10"))
	s := got.Auths[0]
	if s.Used != 6 || s.Remaining != 14 || s.CapLeft != 4 || s.Pending != 3 || s.Seq != 7 || s.WindowStart != on("2026-01-01") || s.WindowEnd != on("2026-01-31") {
		t.Errorf("%+v", s)
	}
	if got.SameAs != "L1" {
		t.Errorf("the known line that it would repeat is %q", got.SameAs)
	}
	c.Auths[0].CapPeriod = ledger.CapWeek
	if w := ledger.NewSettler(nil).Check(c, q, on("2026-01-10")).Auths[0]; w.WindowStart != on("2026-01-05") || w.WindowEnd != on("2026-01-11") {
		t.Errorf("week %s to %s", w.WindowStart, w.WindowEnd)
	}
	byID := ledger.NewSettler(nil).Check(c, ledger.Question{Auth: s.Key}, on("2026-04-01"))
	if byID.ReasonCode != ledger.OutsidePeriod || byID.Auths[0].Used != 6 {
		t.Errorf("%+v", byID)
	}
}
