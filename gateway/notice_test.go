package gateway_test

import (
	"slices"
	"testing"
	"time"

	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/ledger"
)

// decided is a request of one item that was received on 2026-05-04, with these
// answers, each with a reason and a reviewer.
func decided(t *testing.T, answers ...gateway.ItemAnswer) *gateway.Authorization {
	for i := range answers {
		answers[i].Revision, answers[i].End = 1, "2026-12-31"
		if answers[i].Note == "" {
			answers[i].Note, answers[i].Reviewer, answers[i].Credential, answers[i].Number = "why", "R. Okafor", "MD", "AUTH-1"
		}
	}
	return &gateway.Authorization{Payer: "mco", Revisions: []gateway.Revision{{At: at(t, "2026-05-04T10:00:00Z"), Trace: gateway.Identifier{Value: "REQ-1"}}},
		Items: []gateway.AuthItem{{Sequence: 1, Revision: 1, Answers: answers}}}
}

func answered(t *testing.T, when, action string) gateway.ItemAnswer {
	return gateway.ItemAnswer{At: at(t, when), Action: action}
}

// steps are what follows as of a moment, by kind.
func steps(t *testing.T, now string, a *gateway.Authorization, f gateway.Filings, table gateway.ClockTable) map[gateway.NoticeKind]gateway.Notice {
	out := map[gateway.NoticeKind]gateway.Notice{}
	for _, n := range table.Notices(a, table.Clocks(a, time.UTC, nil), f, time.UTC, at(t, now)) {
		out[n.Kind] = n
	}
	return out
}

func day(text string) ledger.Day {
	d, err := ledger.ParseDay(text)
	if err != nil {
		panic(err)
	}
	return d
}

func sentNotice(t *testing.T, when, determined, effective string) gateway.SentNotice {
	out := gateway.SentNotice{ID: "N-1", About: gateway.About{Number: "AUTH-1"}, Sent: at(t, when), Determined: day(determined), Effective: ledger.NoDay, Reason: "why", Reviewer: "R. Okafor", Credential: "MD"}
	if effective != "" {
		out.Effective = day(effective)
	}
	return out
}

// expect checks state, due moment ("" = none) and whom a step waits for.
func expect(t *testing.T, got map[gateway.NoticeKind]gateway.Notice, now string, kind gateway.NoticeKind, state gateway.ClockState, due string) {
	t.Helper()
	n, ok := got[kind]
	if !ok {
		t.Errorf("no %s in %v", kind, got)
		return
	}
	want := time.Time{}
	if due != "" {
		want = at(t, due)
	}
	if s := n.State(at(t, now)); s != state || !n.Due.Equal(want) {
		t.Errorf("%s is %s, due %s; want %s, due %s", kind, s, n.Due, state, want)
	}
}

// TestNotices: a denial is noticed with the decision; a cut of what runs waits
// ten days and lets benefits continue; no decision in time is a denial. The
// family's windows run from the notice and do not end before there is one.
func TestNotices(t *testing.T) {
	table := gateway.DefaultClocks()
	if got := steps(t, "2026-05-06T10:00:00Z", decided(t, answered(t, "2026-05-05T10:00:00Z", "A1")), gateway.Filings{}, table); len(got) != 0 {
		t.Errorf("an approval: %v", got)
	}
	denied := decided(t, answered(t, "2026-05-05T10:00:00Z", "A3"))
	now := "2026-05-06T10:00:00Z"
	got := steps(t, now, denied, gateway.Filings{}, table)
	expect(t, got, now, gateway.AdverseNotice, gateway.OnTime, "2026-05-11T10:00:00Z")
	expect(t, got, now, gateway.AppealWindow, gateway.Open, "")
	now = "2026-05-12T10:00:00Z"
	got = steps(t, now, denied, gateway.Filings{}, table)
	expect(t, got, now, gateway.AdverseNotice, gateway.Late, "2026-05-11T10:00:00Z")
	got = steps(t, now, denied, gateway.Filings{Notices: []gateway.SentNotice{sentNotice(t, "2026-05-08T10:00:00Z", "2026-05-05", "")}}, table)
	expect(t, got, now, gateway.AdverseNotice, gateway.Met, "2026-05-11T10:00:00Z")
	expect(t, got, now, gateway.AppealWindow, gateway.Open, "2026-07-07T23:59:59Z")
	expect(t, got, "2026-07-08T10:00:00Z", gateway.AppealWindow, gateway.Over, "2026-07-07T23:59:59Z")
	if got[gateway.AdverseNotice].Record != "N-1" || got[gateway.AdverseNotice].Missing {
		t.Errorf("%+v", got[gateway.AdverseNotice])
	}
	if got := steps(t, now, denied, gateway.Filings{Notices: []gateway.SentNotice{sentNotice(t, "2026-04-08T10:00:00Z", "2026-04-05", "")}}, table); !got[gateway.AdverseNotice].Done.IsZero() {
		t.Error("the notice of an earlier decision counts for this one")
	}
	unnamed := answered(t, "2026-05-05T10:00:00Z", "A3")
	unnamed.Note = "why"
	if n := steps(t, now, decided(t, unnamed), gateway.Filings{}, table)[gateway.AdverseNotice]; !n.Missing || !n.Flagged(at(t, "2026-05-05T10:00:00Z")) {
		t.Errorf("a denial by nobody: %v", n)
	}
	now = "2026-05-12T10:00:00Z"
	got = steps(t, now, decided(t), gateway.Filings{}, table)
	expect(t, got, now, gateway.LateDenial, gateway.Late, "2026-05-11T10:00:00Z")
	expect(t, got, now, gateway.AppealWindow, gateway.Open, "")
	got = steps(t, now, decided(t, answered(t, "2026-05-11T12:00:00Z", "A1")), gateway.Filings{}, table)
	expect(t, got, now, gateway.LateDenial, gateway.Missed, "2026-05-11T10:00:00Z")
	if len(got) != 1 {
		t.Errorf("approved too late, and still %v", got)
	}
}

// TestAdvanceNotice: ten days before a running service is cut, five for fraud,
// with the action where an exception holds; the window to ask that benefits
// continue ends with the later of ten days and the effective day.
func TestAdvanceNotice(t *testing.T) {
	table := gateway.DefaultClocks()
	cut := decided(t, answered(t, "2026-05-05T10:00:00Z", "A1"), answered(t, "2026-08-01T10:00:00Z", "A6"))
	now := "2026-08-02T10:00:00Z"
	got := steps(t, now, cut, gateway.Filings{}, table)
	expect(t, got, now, gateway.AdvanceNotice, gateway.OnTime, "2026-08-11T10:00:00Z")
	expect(t, got, now, gateway.ContinueWindow, gateway.Open, "")
	for _, c := range []struct {
		sent, effective, exception string
		state                      gateway.ClockState
		due, until                 string
	}{
		{"2026-08-01T12:00:00Z", "2026-08-11", "", gateway.Met, "2026-08-01T23:59:59Z", "2026-08-11T23:59:59Z"},
		{"2026-08-01T12:00:00Z", "2026-08-10", "", gateway.Missed, "2026-07-31T23:59:59Z", "2026-08-11T23:59:59Z"},
		{"2026-08-01T12:00:00Z", "2026-09-01", "", gateway.Met, "2026-08-22T23:59:59Z", "2026-09-01T23:59:59Z"},
		{"2026-08-01T12:00:00Z", "2026-08-06", "fraud", gateway.Met, "2026-08-01T23:59:59Z", "2026-08-11T23:59:59Z"},
		{"2026-08-01T12:00:00Z", "2026-08-01", "prescribed", gateway.Met, "2026-08-01T23:59:59Z", "2026-08-11T23:59:59Z"},
	} {
		n := sentNotice(t, c.sent, "2026-08-01", c.effective)
		n.Exception = c.exception
		got := steps(t, now, cut, gateway.Filings{Notices: []gateway.SentNotice{n}}, table)
		expect(t, got, now, gateway.AdvanceNotice, c.state, c.due)
		expect(t, got, now, gateway.ContinueWindow, gateway.Open, c.until)
	}
	if got := steps(t, "2027-02-02T10:00:00Z", decided(t, answered(t, "2026-05-05T10:00:00Z", "A1"), answered(t, "2027-02-01T10:00:00Z", "A3")), gateway.Filings{}, table); got[gateway.AdvanceNotice].Item != 0 {
		t.Errorf("a denial after the end: %v", got)
	}
}

// appealed is an appeal by the family about AUTH-1.
func appealed(t *testing.T, filed string, change func(*gateway.Appeal)) gateway.Appeal {
	a := gateway.Appeal{ID: "AP-1", Level: gateway.PlanAppeal, Decider: true, About: gateway.About{Trace: gateway.Identifier{Value: "REQ-1"}}, Determined: day("2026-05-05"), Filed: at(t, filed), FiledBy: "family"}
	if change != nil {
		change(&a)
	}
	return a
}

// TestAppealClocks: filed in 60 days or late; acknowledged, resolved in 30 days or
// 72 hours, extended by 14 days at most; carried out in 72 hours.
func TestAppealClocks(t *testing.T) {
	denied := decided(t, answered(t, "2026-05-05T10:00:00Z", "A3"))
	notice := sentNotice(t, "2026-05-05T12:00:00Z", "2026-05-05", "")
	now := "2026-06-20T10:00:00Z"
	run := func(table gateway.ClockTable, a *gateway.Authorization, appeals ...gateway.Appeal) map[gateway.NoticeKind]gateway.Notice {
		return steps(t, now, a, gateway.Filings{Notices: []gateway.SentNotice{notice}, Appeals: appeals}, table)
	}
	table := gateway.DefaultClocks()
	got := run(table, denied, appealed(t, "2026-05-11T10:00:00Z", nil))
	expect(t, got, now, gateway.AppealWindow, gateway.Used, "2026-07-04T23:59:59Z")
	expect(t, got, now, gateway.AcknowledgeAppeal, gateway.Open, "")
	expect(t, got, now, gateway.ResolveAppeal, gateway.Late, "2026-06-10T23:59:59Z")
	expect(t, got, now, gateway.HearingWindow, gateway.Open, "") // the plan let its time pass: deemed exhausted
	got = run(append(gateway.ClockTable{{Payer: "mco", AcknowledgeDays: 5, ResolveDays: 30, AppealDays: 60, Cite: "contract"}}, table...), denied, appealed(t, "2026-05-11T10:00:00Z", nil))
	expect(t, got, now, gateway.AcknowledgeAppeal, gateway.Late, "2026-05-16T23:59:59Z")
	got = run(table, denied, appealed(t, "2026-07-05T10:00:00Z", nil))
	expect(t, got, now, gateway.AppealWindow, gateway.Missed, "2026-07-04T23:59:59Z")
	got = run(table, denied, appealed(t, "2026-05-11T10:00:00Z", func(a *gateway.Appeal) { a.Expedited = true }))
	expect(t, got, now, gateway.ResolveAppeal, gateway.Late, "2026-05-14T10:00:00Z")
	got = run(table, denied, appealed(t, "2026-05-11T10:00:00Z", func(a *gateway.Appeal) { a.ExtendDays = 30 }))
	expect(t, got, now, gateway.ResolveAppeal, gateway.Warning, "2026-06-24T23:59:59Z")
	upheld := appealed(t, "2026-05-11T10:00:00Z", func(a *gateway.Appeal) {
		a.Resolved, a.Outcome = at(t, "2026-06-01T10:00:00Z"), gateway.Upheld
	})
	got = run(table, denied, upheld)
	expect(t, got, now, gateway.ResolveAppeal, gateway.Met, "2026-06-10T23:59:59Z")
	expect(t, got, now, gateway.AcknowledgeAppeal, gateway.Met, "")
	expect(t, got, now, gateway.HearingWindow, gateway.Open, "2026-09-29T23:59:59Z")
	if got[gateway.ResolveAppeal].Outcome != gateway.Upheld || got[gateway.HearingWindow].On != gateway.OnFamily {
		t.Errorf("%+v", got)
	}
	hearing := appealed(t, "2026-06-20T09:00:00Z", func(a *gateway.Appeal) { a.ID, a.Level, a.Prior = "H-1", gateway.FairHearing, "AP-1" })
	got = run(table, denied, upheld, hearing)
	expect(t, got, now, gateway.HearingWindow, gateway.Used, "2026-09-29T23:59:59Z")
	expect(t, got, now, gateway.DecideHearing, gateway.OnTime, "2026-08-28T23:59:59Z") // 90 days less the 21 that the plan had
	hearing.Expedited = true
	expect(t, run(table, denied, upheld, hearing), now, gateway.DecideHearing, gateway.OnTime, "2026-06-24T23:59:59Z") // Saturday, then three working days
	holiday := slices.Clone(table)
	for i := range holiday {
		holiday[i].Holidays = []ledger.Day{day("2026-06-19"), day("2026-06-23")}
	}
	expect(t, run(holiday, denied, upheld, hearing), now, gateway.DecideHearing, gateway.OnTime, "2026-06-25T23:59:59Z") // the Tuesday is none
	overturned := upheld
	overturned.Outcome = gateway.Overturned
	got = run(table, denied, overturned)
	expect(t, got, now, gateway.CarryOut, gateway.Late, "2026-06-04T10:00:00Z")
	if _, ok := got[gateway.HearingWindow]; ok {
		t.Error("a hearing about what was given")
	}
	got = run(table, decided(t, answered(t, "2026-05-05T10:00:00Z", "A3"), answered(t, "2026-06-02T10:00:00Z", "A1")), overturned)
	expect(t, got, now, gateway.CarryOut, gateway.Met, "2026-06-04T10:00:00Z")
	withdrawn := upheld
	withdrawn.Outcome = gateway.AppealWithdrawn
	if got := run(table, denied, withdrawn); len(got) != 4 {
		t.Errorf("a withdrawn appeal leaves %v", got)
	}
}

// TestContinueWindow: asked in ten days of the notice, or before the cut takes
// effect.
func TestContinueWindow(t *testing.T) {
	cut := decided(t, answered(t, "2026-05-05T10:00:00Z", "A1"), answered(t, "2026-08-01T10:00:00Z", "A6"))
	notice := sentNotice(t, "2026-08-01T12:00:00Z", "2026-08-01", "2026-08-15")
	for asked, want := range map[string]gateway.ClockState{"2026-08-15": gateway.Used, "2026-08-16": gateway.Missed} {
		a := appealed(t, "2026-08-15T10:00:00Z", func(a *gateway.Appeal) {
			a.Determined, a.Continued = day("2026-08-01"), &gateway.Continuation{Status: "granted", Asked: day(asked), From: day("2026-08-15"), Until: ledger.NoDay}
		})
		now := "2026-08-20T10:00:00Z"
		got := steps(t, now, cut, gateway.Filings{Notices: []gateway.SentNotice{notice}, Appeals: []gateway.Appeal{a}}, gateway.DefaultClocks())
		expect(t, got, now, gateway.ContinueWindow, want, "2026-08-15T23:59:59Z")
		if got[gateway.ContinueWindow].Outcome != "granted" {
			t.Errorf("%+v", got[gateway.ContinueWindow])
		}
	}
}

// TestMergeOfFilings: who decides has the say, whoever filed first says when, and
// any order ends in the same.
func TestMergeOfFilings(t *testing.T) {
	family := appealed(t, "2026-05-11T10:00:00Z", func(a *gateway.Appeal) { a.Decider, a.Known = false, 9 })
	plan := appealed(t, "2026-05-12T10:00:00Z", func(a *gateway.Appeal) { a.Known, a.Outcome = 5, gateway.Upheld })
	older := appealed(t, "2026-05-12T10:00:00Z", func(a *gateway.Appeal) { a.Known = 4 })
	hearing := appealed(t, "2026-05-13T10:00:00Z", func(a *gateway.Appeal) { a.Level = gateway.FairHearing })
	other := appealed(t, "2026-05-10T10:00:00Z", func(a *gateway.Appeal) { a.Person = "another" })
	for _, order := range [][]gateway.Appeal{{family, plan, older, hearing, other}, {other, hearing, older, plan, family}, {plan, other, family, older, hearing}} {
		f := gateway.Filings{Appeals: order}
		f.Merge()
		if len(f.Appeals) != 3 || f.Appeals[0].Person != "another" || f.Appeals[1].Outcome != gateway.Upheld || !f.Appeals[1].Filed.Equal(family.Filed) || f.Appeals[2].Level != gateway.FairHearing {
			t.Errorf("%+v", f.Appeals)
		}
	}
}

// TestStepsOfAnAppealAlone: about an authorization that was not asked for here the
// steps are the same, whichever copy of the appeal is asked about.
func TestStepsOfAnAppealAlone(t *testing.T) {
	plan := appealed(t, "2026-05-11T10:00:00Z", func(a *gateway.Appeal) {
		a.Resolved, a.Outcome = at(t, "2026-06-01T10:00:00Z"), gateway.Upheld
	})
	hearing := appealed(t, "2026-06-20T09:00:00Z", func(a *gateway.Appeal) { a.ID, a.Level = "H-1", gateway.FairHearing })
	f := &gateway.Filings{Appeals: []gateway.Appeal{plan, hearing}}
	now := at(t, "2026-06-21T10:00:00Z")
	got := map[gateway.NoticeKind]gateway.ClockState{}
	for _, a := range []gateway.Appeal{plan, hearing} {
		for _, n := range gateway.DefaultClocks().AppealSteps("mco", &a, f, time.UTC, now) {
			got[n.Kind] = n.State(now)
		}
	}
	if len(got) != 4 || got[gateway.HearingWindow] != gateway.Used || got[gateway.DecideHearing] != gateway.OnTime {
		t.Error(got)
	}
}
