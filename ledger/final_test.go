package ledger_test

import (
	"testing"

	"github.com/throughline/throughline/ledger"
)

func replaces(frequency int, what, at string) func(*ledger.Line) {
	return func(l *ledger.Line) {
		l.Frequency, l.Replaces = frequency, what
		if at != "" {
			l.Received = received(at)
		}
	}
}

func TestFinalStateOfAClaimLine(t *testing.T) {
	examples(t, []example{
		{sentence: "a replacement alone goes through the law",
			lines: []ledger.Line{line("L1", "2026-01-05", "8"), line("L2", "2026-01-05", "4", replaces(7, "L1", "2026-01-09"))},
			auths: []ledger.Auth{auth("A", 100)}, want: []string{"L1 replaced", "L2 matched A:4"}},
		{sentence: "a void leaves none",
			lines: []ledger.Line{line("L1", "2026-01-05", "8"), line("L2", "2026-01-05", "8", replaces(8, "L1", "2026-01-09"))},
			auths: []ledger.Auth{auth("A", 100)}, want: []string{"L1 voided", "L2 void"}},
		{sentence: "the last by received time decides, not the last by id",
			lines: []ledger.Line{line("L3", "2026-01-05", "8", replaces(1, "", "2026-01-06")), line("L2", "2026-01-05", "4", replaces(7, "L3", "2026-01-07")),
				line("L1", "2026-01-05", "2", replaces(7, "L2", "2026-01-08"))},
			auths: []ledger.Auth{auth("A", 100)}, want: []string{"L1 matched A:2", "L2 replaced", "L3 replaced"}},
		{sentence: "equal received times: the last by id decides",
			lines: []ledger.Line{line("L1", "2026-01-05", "8"), line("L2", "2026-01-05", "4", replaces(7, "L1", "")), line("L3", "2026-01-05", "2", replaces(7, "L1", ""))},
			auths: []ledger.Auth{auth("A", 100)}, want: []string{"L1 replaced", "L2 replaced", "L3 matched A:2"}},
		{sentence: "a replacement after a void stands, the void row is void",
			lines: []ledger.Line{line("L1", "2026-01-05", "8"), line("L2", "2026-01-05", "8", replaces(8, "L1", "2026-01-09")),
				line("L3", "2026-01-05", "2", replaces(7, "L1", "2026-01-10"))},
			auths: []ledger.Auth{auth("A", 100)}, want: []string{"L1 replaced", "L2 void", "L3 matched A:2"}},
		{sentence: "replaces names a claim id and so all its lines",
			lines: []ledger.Line{line("L1", "2026-01-05", "8", func(l *ledger.Line) { l.ClaimID = "K" }), line("L2", "2026-01-06", "8", func(l *ledger.Line) { l.ClaimID = "K" }),
				line("L3", "2026-01-05", "2", replaces(7, "K", ""))},
			auths: []ledger.Auth{auth("A", 100)}, want: []string{"L1 replaced", "L2 replaced", "L3 matched A:2"}},
		{sentence: "a line id goes before a claim id",
			lines: []ledger.Line{line("K", "2026-01-05", "8"), line("L2", "2026-01-06", "8", func(l *ledger.Line) { l.ClaimID = "K" }),
				line("L3", "2026-01-05", "2", replaces(7, "K", ""))},
			auths: []ledger.Auth{auth("A", 100)}, want: []string{"K replaced", "L2 matched A:8", "L3 matched A:2"}},
		{sentence: "of the same partner",
			lines: []ledger.Line{line("L1", "2026-01-05", "8"), line("L2", "2026-01-05", "4", replaces(7, "L1", ""), func(l *ledger.Line) { l.Partner = "q" })},
			auths: []ledger.Auth{auth("A", 100)}, want: []string{"L1 matched A:8", "L2 unknown_original"}},
		{sentence: "none of them takes part, not even as an earlier line",
			lines: []ledger.Line{line("L1", "2026-01-05", "8"), line("L2", "2026-01-05", "8", replaces(7, "L1", "")), line("L3", "2026-01-06", "8"),
				line("L4", "2026-01-06", "8", replaces(8, "L3", "")), line("L5", "2026-01-06", "8")},
			auths: []ledger.Auth{auth("A", 100)}, want: []string{"L1 replaced", "L2 matched A:8", "L3 voided", "L4 void", "L5 matched A:8"}},
		{sentence: "a row whose original is unknown consumes nothing",
			lines: []ledger.Line{line("L1", "2026-01-05", "8", replaces(7, "L0", "")), line("L2", "2026-01-06", "8", replaces(8, "", "")),
				line("L3", "2026-01-07", "8", replaces(7, "L3", "")), line("L4", "2026-01-07", "2", replaces(1, "L0", ""))},
			auths: []ledger.Auth{auth("A", 100)}, want: []string{"L1 unknown_original", "L2 unknown_original", "L3 unknown_original", "L4 unknown_original"}},
		{sentence: "unknown inside a longer chain: the rest of the chain is as if the original were there",
			lines: []ledger.Line{line("L1", "2026-01-05", "8", replaces(7, "L0", "2026-01-06")), line("L2", "2026-01-05", "4", replaces(7, "L1", "2026-01-07"))},
			auths: []ledger.Auth{auth("A", 100)}, want: []string{"L1 unknown_original", "L2 matched A:4"}},
		{sentence: "an unknown original still counts as an earlier line",
			lines: []ledger.Line{line("L1", "2026-01-05", "8", replaces(7, "L0", "")), line("L2", "2026-01-05", "8")},
			auths: []ledger.Auth{auth("A", 100)}, want: []string{"L1 unknown_original", "L2 duplicate"}},
		{sentence: "a chain may cross members: foreign rows decide but get no verdict",
			lines: []ledger.Line{line("L1", "2026-01-05", "8"), line("L2", "2026-01-05", "4", replaces(7, "L1", ""), func(l *ledger.Line) { l.Foreign = true })},
			auths: []ledger.Auth{auth("A", 100)}, want: []string{"L1 replaced"}},
	})
}

func TestKeysAndVersions(t *testing.T) {
	later := func(at string, seq int64) func(*ledger.Auth) {
		return func(a *ledger.Auth) { a.Received, a.Seq = received(at), seq }
	}
	examples(t, []example{
		{sentence: "a later received row of the same key replaces it",
			lines: []ledger.Line{line("L1", "2026-01-05", "8", replaces(1, "", "2026-01-08")), line("L1", "2026-01-06", "4", replaces(1, "", "2026-01-07"))},
			auths: []ledger.Auth{auth("A", 100)}, want: []string{"L1 matched A:8"}},
		{sentence: "a received time that is not stated is the earliest, then arrival decides",
			lines: []ledger.Line{line("L1", "2026-01-05", "8", func(l *ledger.Line) { l.Seq = 5 }), line("L1", "2026-01-05", "4", func(l *ledger.Line) { l.Seq = 6 }),
				line("L2", "2026-01-05", "1", replaces(1, "", "2026-01-07")), line("L2", "2026-01-05", "2", func(l *ledger.Line) { l.Seq = 9 })},
			auths: []ledger.Auth{auth("A", 100)}, want: []string{"L1 matched A:4", "L2 matched A:1"}},
		{sentence: "ids are scoped by the partner and tie by it",
			lines: []ledger.Line{line("L1", "2026-01-05", "8", func(l *ledger.Line) { l.Partner = "q" }), line("L1", "2026-01-05", "7")},
			auths: []ledger.Auth{auth("A", 10)}, want: []string{"L1 matched A:7", "L1 exhausted A:3"}},
		{sentence: "the version of the decision in force on D counts",
			lines: []ledger.Line{line("L1", "2026-01-05", "8")}, asOf: "2026-01-20",
			auths: []ledger.Auth{auth("A", 100, later("2026-01-01", 1)), auth("A", 2, later("2026-01-20", 2)), auth("A", 5, later("2026-01-21", 3))},
			want:  []string{"L1 exhausted A:2"}},
		{sentence: "an authorization of which nothing was known on D does not exist",
			lines: []ledger.Line{line("L1", "2026-01-05", "8")}, asOf: "2026-01-20",
			auths: []ledger.Auth{auth("A", 100, later("2026-01-21", 1))}, want: []string{"L1 no_authorization"}},
		{sentence: "end before start retracts the enrollment",
			lines: []ledger.Line{line("L1", "2026-01-05", "8")}, auths: []ledger.Auth{auth("A", 100)},
			spans: []ledger.Span{span("M1", "2026-01-01", ""), {Partner: "q", Payer: "M1", Program: "w", Start: on("2026-01-01"), End: on("2025-12-31"), Seq: 2}},
			want:  []string{"L1 not_enrolled"}},
		{sentence: "lines received or dated after D carry the flag after_as_of",
			lines: []ledger.Line{line("L1", "2026-01-05", "8", replaces(1, "", "2026-02-02")), line("L2", "2026-02-02", "7"), line("L3", "2026-01-07", "6", replaces(1, "", "2026-02-01"))},
			auths: []ledger.Auth{auth("A", 100)}, want: []string{"L1 matched A:8 after_as_of", "L2 matched A:7 after_as_of", "L3 matched A:6"}},
		{sentence: "only approved authorizations take part, wholly or partly",
			lines: []ledger.Line{line("L1", "2026-01-05", "8")},
			auths: []ledger.Auth{auth("A", 9, func(a *ledger.Auth) { a.Status = ledger.Pended }), auth("B", 9, func(a *ledger.Auth) { a.Status = ledger.Denied }),
				auth("C", 9, func(a *ledger.Auth) { a.Status = ledger.Cancelled }), auth("D", 3, func(a *ledger.Auth) { a.Status = ledger.Partial })},
			want: []string{"L1 exhausted D:3"}},
		{sentence: "a version that belongs to another member hides the older one",
			lines: []ledger.Line{line("L1", "2026-01-05", "8")},
			auths: []ledger.Auth{auth("A", 9), auth("A", 9, func(a *ledger.Auth) { a.Foreign, a.Seq = true, 2 })}, want: []string{"L1 no_authorization"}},
	})
}
