package ledger_test

import (
	"testing"

	"github.com/throughline/throughline/ledger"
)

func with[T any](set func(*T)) func(*T) { return set }

func TestALineThatCannotBeSettledSaysSoFirst(t *testing.T) {
	denied := with(func(l *ledger.Line) { l.DenialCode = "CO-97" })
	unit := func(u string) func(*ledger.Line) { return func(l *ledger.Line) { l.Unit = u } }
	hours := auth("A", 100, func(a *ledger.Auth) { a.Unit = "HR" })
	examples(t, []example{
		{sentence: "invalid_line: units not above zero, no code, impossible date, a fraction that nothing converts",
			lines: []ledger.Line{line("L1", "2026-01-05", "0"), line("L2", "2026-01-05", "-1"), line("L3", "2026-01-05", "1", func(l *ledger.Line) { l.Code = " " }),
				line("L4", "2026-02-30", "1"), line("L5", "2026-01-05", "1.5"), line("L6", "2026-01-05", "3.00")},
			auths: []ledger.Auth{auth("A", 100)},
			want:  []string{"L1 invalid_line", "L2 invalid_line", "L3 invalid_line", "L4 invalid_line", "L5 invalid_line", "L6 matched A:3"}},
		{sentence: "denied by the payer, but invalid goes before",
			lines: []ledger.Line{line("L1", "2026-01-05", "4", denied), line("L2", "2026-01-05", "0", denied), line("L3", "2026-01-05", "4")},
			auths: []ledger.Auth{auth("A", 100)}, want: []string{"L1 denied", "L2 invalid_line", "L3 duplicate"}},
		{sentence: "unknown_unit: not the authorization's and no row converts it",
			lines: []ledger.Line{line("L1", "2026-01-05", "4", unit("MJ")), line("L2", "2026-01-06", "4", unit("HR")), line("L3", "2026-01-07", "4")},
			auths: []ledger.Auth{hours}, want: []string{"L1 unknown_unit", "L2 matched A:4", "L3 matched A:4"}},
		{sentence: "says so before duplicate; denied goes before unknown_unit",
			lines: []ledger.Line{line("L1", "2026-01-05", "4", unit("MJ")), line("L2", "2026-01-05", "4", unit("MJ")), line("L3", "2026-01-05", "4", unit("MJ"), denied)},
			auths: []ledger.Auth{hours}, want: []string{"L1 unknown_unit", "L2 unknown_unit", "L3 denied"}},
		{sentence: "where either unit is empty they are the same",
			lines: []ledger.Line{line("L1", "2026-01-05", "4", unit("MJ"))}, auths: []ledger.Auth{auth("A", 100)}, want: []string{"L1 matched A:4"}},
		{sentence: "without an authorization there is no unit to miss",
			lines: []ledger.Line{line("L1", "2026-01-05", "4", unit("MJ"))}, want: []string{"L1 no_authorization"}},
		{sentence: "an authorization of another unit does not take part beside one that fits",
			lines: []ledger.Line{line("L1", "2026-01-05", "9", unit("UN"))},
			auths: []ledger.Auth{hours, auth("B", 4, func(a *ledger.Auth) { a.Unit = "UN" }), auth("C", 3)}, want: []string{"L1 exhausted B:4 C:3"}},
	})
}

func TestDuplicate(t *testing.T) {
	visit := func(v, source string) func(*ledger.Line) {
		return func(l *ledger.Line) { l.VisitID, l.Source = v, source }
	}
	start := func(s string) func(*ledger.Line) { return func(l *ledger.Line) { l.StartTime = s } }
	a := []ledger.Auth{auth("A", 100)}
	examples(t, []example{
		{sentence: "an earlier line has the same provider, code, set of modifiers, date and units", auths: a,
			lines: []ledger.Line{line("L1", "2026-01-05", "8", func(l *ledger.Line) { l.Modifiers = "ha:HA" }), line("L2", "2026-01-05", "8.0"), line("L3", "2026-01-05", "7"),
				line("L4", "2026-01-06", "8"), line("L5", "2026-01-05", "8", func(l *ledger.Line) { l.Provider = "N2" })},
			want: []string{"L1 matched A:8", "L2 duplicate", "L3 matched A:7", "L4 matched A:8", "L5 wrong_provider near A"}},
		{sentence: "whatever its verdict", auths: a,
			lines: []ledger.Line{line("L1", "2026-01-05", "8", with(func(l *ledger.Line) { l.DenialCode = "X" })), line("L2", "2026-01-05", "8"), line("L3", "2026-01-05", "8")},
			want:  []string{"L1 denied", "L2 duplicate", "L3 duplicate"}},
		{sentence: "unless both carry a visit id and they differ", auths: a,
			lines: []ledger.Line{line("L1", "2026-01-05", "8", visit("V1", "")), line("L2", "2026-01-05", "8", visit("V2", "")), line("L3", "2026-01-05", "8")},
			want:  []string{"L1 matched A:8", "L2 matched A:8", "L3 duplicate"}},
		{sentence: "or both a start time and they differ", auths: a,
			lines: []ledger.Line{line("L1", "2026-01-05", "8", start("09:00")), line("L2", "2026-01-05", "8", start("10:00")), line("L3", "2026-01-05", "8")},
			want:  []string{"L1 matched A:8", "L2 matched A:8", "L3 duplicate"}},
		{sentence: "lines that share a visit id are one service: the first source counts", auths: a,
			lines: []ledger.Line{line("L1", "2026-01-05", "8", visit("V1", "visit log")), line("L2", "2026-01-05", "8", visit("V1", "")), line("L3", "2026-01-05", "9", visit("V1", "encounter"))},
			want:  []string{"L1 duplicate", "L2 matched A:8", "L3 duplicate"}},
		{sentence: "among equal sources the earlier line counts, other units or not", auths: a,
			lines: []ledger.Line{line("L1", "2026-01-06", "8", visit("V1", "")), line("L2", "2026-01-05", "4", visit("V1", "claim"))},
			want:  []string{"L1 duplicate", "L2 matched A:4"}},
		{sentence: "a source that nobody names comes last", auths: a,
			lines: []ledger.Line{line("L1", "2026-01-05", "8", visit("V1", "fax")), line("L2", "2026-01-05", "8", visit("V1", "visit_log"))},
			want:  []string{"L1 duplicate", "L2 matched A:8"}},
		{sentence: "the payer's own precedence", auths: a, rules: &ledger.Rules{Payers: []ledger.PayerRule{{Payer: "M1", Sources: []string{"visit log", "claim"}}}},
			lines: []ledger.Line{line("L1", "2026-01-05", "8", visit("V1", "claim")), line("L2", "2026-01-05", "8", visit("V1", "visit log"))},
			want:  []string{"L1 duplicate", "L2 matched A:8"}},
	})
}

func TestEligibleAuthorizations(t *testing.T) {
	ends := func(day string) func(*ledger.Auth) { return func(a *ledger.Auth) { a.End = date(day, ledger.Forever) } }
	capped := func(p ledger.CapPeriod, n int64) func(*ledger.Auth) {
		return func(a *ledger.Auth) { a.CapPeriod, a.CapUnits = p, n }
	}
	examples(t, []example{
		{sentence: "not_enrolled: no span holds the date; both ends are inclusive",
			lines: []ledger.Line{line("L1", "2026-01-04", "1"), line("L2", "2026-01-05", "1"), line("L3", "2026-01-09", "1"), line("L4", "2026-01-10", "1")},
			auths: []ledger.Auth{auth("A", 100)}, spans: []ledger.Span{span("M1", "2026-01-05", "2026-01-09")},
			want: []string{"L1 not_enrolled", "L2 matched A:1", "L3 matched A:1", "L4 not_enrolled"}},
		{sentence: "authorizations in order of end date, then id; what one lacks the next gives",
			lines: []ledger.Line{line("L1", "2026-01-05", "10")}, auths: []ledger.Auth{auth("A", 100, ends("")), auth("C", 3, ends("2026-02-01")), auth("B", 4, ends("2026-02-01"))},
			want: []string{"L1 matched B:4 C:3 A:3"}},
		{sentence: "the one that the line names comes first",
			lines: []ledger.Line{line("L1", "2026-01-05", "10", with(func(l *ledger.Line) { l.Auth = "C" }))}, auths: []ledger.Auth{auth("A", 100), auth("B", 4), auth("C", 3)},
			want: []string{"L1 matched C:3 A:7"}},
		{sentence: "an empty provider is any, an empty payer fits any",
			lines: []ledger.Line{line("L1", "2026-01-05", "1")}, auths: []ledger.Auth{auth("A", 100, with(func(a *ledger.Auth) { a.Provider, a.Payer = "", "" }))}, want: []string{"L1 matched A:1"}},
		{sentence: "an empty payer of a span fits any too",
			lines: []ledger.Line{line("L1", "2026-01-05", "1")}, auths: []ledger.Auth{auth("A", 100)}, spans: []ledger.Span{span("", "2026-01-01", "")}, want: []string{"L1 matched A:1"}},
		{sentence: "a transition-of-care window keeps the old payer's",
			lines: []ledger.Line{line("L1", "2026-01-05", "1"), line("L2", "2026-01-06", "1")}, auths: []ledger.Auth{auth("A", 100)}, spans: []ledger.Span{span("M2", "2026-01-01", "")},
			rules: &ledger.Rules{Transitions: []ledger.Transition{{Old: "M1", New: "M2", From: on("2026-01-01"), Until: on("2026-01-05")}}},
			want:  []string{"L1 matched A:1", "L2 wrong_payer near A"}},
		{sentence: "exhausted: what was given stays given",
			lines: []ledger.Line{line("L1", "2026-01-05", "8"), line("L2", "2026-01-06", "8"), line("L3", "2026-01-07", "1")}, auths: []ledger.Auth{auth("A", 10)},
			want: []string{"L1 matched A:8", "L2 exhausted A:2", "L3 exhausted"}},
		{sentence: "over_cap: units left that its cap forbade",
			lines: []ledger.Line{line("L1", "2026-01-05", "8"), line("L2", "2026-01-05", "7")}, auths: []ledger.Auth{auth("A", 100, capped(ledger.CapDay, 10))},
			want: []string{"L1 matched A:8", "L2 over_cap A:2"}},
		{sentence: "exhausted when the cap stops an authorization that has no more units anyway",
			lines: []ledger.Line{line("L1", "2026-01-05", "8")}, auths: []ledger.Auth{auth("A", 5, capped(ledger.CapDay, 5))}, want: []string{"L1 exhausted A:5"}},
		{sentence: "over_cap when any of several could have given more",
			lines: []ledger.Line{line("L1", "2026-01-05", "9")}, auths: []ledger.Auth{auth("A", 5, capped(ledger.CapDay, 2)), auth("B", 3)}, want: []string{"L1 over_cap A:2 B:3"}},
		{sentence: "a week is Monday to Sunday, a month a calendar month",
			lines: []ledger.Line{line("L1", "2026-01-11", "3"), line("L2", "2026-01-12", "3"), line("L3", "2026-01-31", "3"), line("L4", "2026-02-01", "4")},
			auths: []ledger.Auth{auth("A", 100, capped(ledger.CapWeek, 3))}, want: []string{"L1 matched A:3", "L2 matched A:3", "L3 matched A:3", "L4 over_cap"}},
		{sentence: "the payer's week may start on another day, from a date on",
			lines: []ledger.Line{line("L1", "2026-01-10", "3"), line("L2", "2026-01-11", "3"), line("L3", "2026-01-12", "1")},
			auths: []ledger.Auth{auth("A", 100, capped(ledger.CapWeek, 3))},
			rules: &ledger.Rules{Payers: []ledger.PayerRule{{Payer: "M1", WeekStart: "Sunday", From: on("2026-01-11")}}},
			want:  []string{"L1 matched A:3", "L2 matched A:3", "L3 over_cap"}},
		{sentence: "a window that a change of week start stretches back counts what was given before the change",
			lines: []ledger.Line{line("L1", "2026-01-13", "3"), line("L2", "2026-01-14", "1")},
			auths: []ledger.Auth{auth("A", 100, capped(ledger.CapWeek, 3))},
			rules: &ledger.Rules{Payers: []ledger.PayerRule{{Payer: "M1", WeekStart: "Sunday", From: on("2026-01-14")}}},
			want:  []string{"L1 matched A:3", "L2 over_cap"}},
		{sentence: "modifiers as a set, unless the payer wants the order",
			lines: []ledger.Line{line("L1", "2026-01-05", "1", with(func(l *ledger.Line) { l.Modifiers = "u1:ha" })), line("L2", "2026-01-05", "1", with(func(l *ledger.Line) { l.Modifiers = "HA U1" }))},
			auths: []ledger.Auth{auth("A", 9, with(func(a *ledger.Auth) { a.Modifiers = "HA U1" }))},
			rules: &ledger.Rules{Payers: []ledger.PayerRule{{Payer: "M1", OrderedModifiers: true}}}, want: []string{"L1 wrong_modifier near A", "L2 matched A:1"}},
	})
}

func TestNearestMiss(t *testing.T) {
	l := []ledger.Line{line("L1", "2026-01-05", "1")}
	change := func(set func(*ledger.Auth)) ledger.Auth { return auth("A", 9, set) }
	examples(t, []example{
		{sentence: "all but the payer", lines: l, auths: []ledger.Auth{change(func(a *ledger.Auth) { a.Payer = "M9" })}, want: []string{"L1 wrong_payer near A"}},
		{sentence: "other provider", lines: l, auths: []ledger.Auth{change(func(a *ledger.Auth) { a.Provider = "N9" })}, want: []string{"L1 wrong_provider near A"}},
		{sentence: "other period", lines: l, auths: []ledger.Auth{change(func(a *ledger.Auth) { a.Start = on("2026-01-06") })}, want: []string{"L1 outside_period near A"}},
		{sentence: "other modifiers", lines: l, auths: []ledger.Auth{change(func(a *ledger.Auth) { a.Modifiers = "" })}, want: []string{"L1 wrong_modifier near A"}},
		{sentence: "other code, that very provider", lines: l, auths: []ledger.Auth{change(func(a *ledger.Auth) { a.Code, a.Modifiers = "T1016", "" })}, want: []string{"L1 wrong_code near A"}},
		{sentence: "other code and any provider is no miss", lines: l, auths: []ledger.Auth{change(func(a *ledger.Auth) { a.Code, a.Provider = "T1016", "" })}, want: []string{"L1 no_authorization"}},
		{sentence: "two things wrong is no miss", lines: l, auths: []ledger.Auth{change(func(a *ledger.Auth) { a.Provider, a.Start = "N9", on("2026-01-06") })}, want: []string{"L1 no_authorization"}},
		{sentence: "first that fits, whatever the order of authorizations", lines: l,
			auths: []ledger.Auth{change(func(a *ledger.Auth) { a.Modifiers, a.End = "", on("2026-01-20") }), auth("B", 9, func(a *ledger.Auth) { a.Provider = "N9" })},
			want:  []string{"L1 wrong_provider near B"}},
		{sentence: "a miss that is not approved is no miss", lines: l,
			auths: []ledger.Auth{change(func(a *ledger.Auth) { a.Provider, a.Status = "N9", ledger.Denied })}, want: []string{"L1 no_authorization"}},
	})
}

func TestUnitTable(t *testing.T) {
	rules := &ledger.Rules{Units: []ledger.UnitRow{
		{Code: "H2021", Modifiers: "ha", LineUnit: "MJ", AuthUnit: "UN", Num: 1, Den: 15, Round: ledger.RoundDown, DailyMax: 8},
		{Payer: "M1", Code: "H2021", Modifiers: "HA", LineUnit: "HR", AuthUnit: "UN", Num: 4, Den: 1},
		{Code: "H2021", Modifiers: "HA", LineUnit: "HR", AuthUnit: "UN", Num: 9, Den: 1},
	}}
	unit := func(u string) func(*ledger.Line) { return func(l *ledger.Line) { l.Unit = u } }
	a := []ledger.Auth{auth("A", 100, func(a *ledger.Auth) { a.Unit = "UN" })}
	examples(t, []example{
		{sentence: "conversion happens once, before rule 1", auths: a, rules: rules,
			lines: []ledger.Line{line("L1", "2026-01-05", "67", unit("MJ")), line("L2", "2026-01-05", "4", unit("UN"))}, want: []string{"L1 matched A:4", "L2 duplicate"}},
		{sentence: "the row of the payer wins; exact decimals before rounding", auths: a, rules: rules,
			lines: []ledger.Line{line("L1", "2026-01-05", "1.25", unit("HR"))}, want: []string{"L1 matched A:5"}},
		{sentence: "an exact row does not convert a fraction", auths: a, rules: rules,
			lines: []ledger.Line{line("L1", "2026-01-05", "1.1", unit("HR"))}, want: []string{"L1 invalid_line"}},
		{sentence: "a table's daily maximum is a flag, never a limit", auths: a, rules: rules,
			lines: []ledger.Line{line("L1", "2026-01-05", "75", unit("MJ")), line("L2", "2026-01-05", "60", unit("MJ"))},
			want:  []string{"L1 matched A:5", "L2 matched A:4 over_daily_maximum"}},
		{sentence: "less than one unit needs nothing", auths: a, rules: rules,
			lines: []ledger.Line{line("L1", "2026-01-05", "14", unit("MJ"))}, want: []string{"L1 matched"}},
	})
}

func TestRoundingRuleFromTheTable(t *testing.T) {
	for _, c := range []struct {
		round   ledger.Rounding
		minutes string
		want    string
	}{
		{ledger.RoundUp, "31", "L1 matched A:3"}, {ledger.RoundUp, "30", "L1 matched A:2"}, {ledger.RoundDown, "44.99", "L1 matched A:2"},
		{ledger.RoundNearest, "37.5", "L1 matched A:3"}, {ledger.RoundNearest, "37.4", "L1 matched A:2"}, {ledger.RoundExact, "45", "L1 matched A:3"},
		{ledger.RoundExact, "46", "L1 unknown_unit"}, {ledger.RoundUp, "0.000001", "L1 matched A:1"}, {ledger.RoundUp, "9000000000000000", "L1 exhausted A:100"},
	} {
		e := example{auths: []ledger.Auth{auth("A", 100, func(a *ledger.Auth) { a.Unit = "UN" })}, want: []string{c.want},
			lines: []ledger.Line{line("L1", "2026-01-05", c.minutes, func(l *ledger.Line) { l.Unit = "MJ" })},
			rules: &ledger.Rules{Units: []ledger.UnitRow{{Code: "H2021", Modifiers: "HA", LineUnit: "MJ", AuthUnit: "UN", Num: 1, Den: 15, Round: c.round}}}}
		t.Run(string(c.round)+" "+c.minutes, e.run)
	}
}
