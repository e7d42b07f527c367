package gateway_test

import (
	"testing"
	"time"

	"github.com/throughline/throughline/gateway"
)

// TestNotices: a denial is noticed with the decision; a cut of what runs waits
// ten days and lets benefits continue; no decision in time is a denial.
func TestNotices(t *testing.T) {
	start := at(t, "2026-05-04T10:00:00Z")
	answer := func(when, action string) gateway.ItemAnswer {
		return gateway.ItemAnswer{Revision: 1, At: at(t, when), Action: action, Note: "why", Reviewer: "R. Okafor", Credential: "MD", End: "2026-12-31"}
	}
	notices := func(now string, answers ...gateway.ItemAnswer) map[gateway.NoticeKind]gateway.Notice {
		a := &gateway.Authorization{Payer: "mco", Revisions: []gateway.Revision{{At: start}}, Items: []gateway.AuthItem{{Sequence: 1, Revision: 1, Answers: answers}}}
		table := gateway.DefaultClocks()
		out := map[gateway.NoticeKind]gateway.Notice{}
		for _, n := range table.Notices(a, table.Clocks(a, time.UTC, nil), time.UTC, at(t, now)) {
			out[n.Kind] = n
		}
		return out
	}
	if got := notices("2026-05-06T10:00:00Z", answer("2026-05-05T10:00:00Z", "A1")); len(got) != 0 {
		t.Errorf("an approval: %v", got)
	}
	got := notices("2026-05-06T10:00:00Z", answer("2026-05-05T10:00:00Z", "A3"))
	if n := got[gateway.AdverseNotice]; len(got) != 2 || !n.Due.Equal(at(t, "2026-05-11T10:00:00Z")) || n.Missing || !got[gateway.AppealWindow].Due.Equal(at(t, "2026-07-04T10:00:00Z")) {
		t.Errorf("a denial: %v", got)
	}
	unnamed := answer("2026-05-05T10:00:00Z", "A3")
	unnamed.Reviewer = ""
	if got := notices("2026-05-06T10:00:00Z", unnamed); !got[gateway.AdverseNotice].Missing {
		t.Errorf("a denial by nobody: %v", got)
	}
	got = notices("2026-08-02T10:00:00Z", answer("2026-05-05T10:00:00Z", "A1"), answer("2026-08-01T10:00:00Z", "A6"))
	if n := got[gateway.AdvanceNotice]; len(got) != 3 || !n.Due.Equal(at(t, "2026-08-11T10:00:00Z")) || !got[gateway.ContinueWindow].Due.Equal(n.Due) {
		t.Errorf("a cut of what runs: %v", got)
	}
	if got := notices("2027-02-02T10:00:00Z", answer("2026-05-05T10:00:00Z", "A1"), answer("2027-02-01T10:00:00Z", "A3")); got[gateway.AdvanceNotice].Item != 0 {
		t.Errorf("a denial after the end: %v", got)
	}
	if got := notices("2026-05-12T10:00:00Z"); !got[gateway.LateDenial].Due.Equal(at(t, "2026-05-11T10:00:00Z")) || !got[gateway.AppealWindow].Due.Equal(at(t, "2026-07-10T10:00:00Z")) {
		t.Errorf("no decision: %v", got)
	}
}
