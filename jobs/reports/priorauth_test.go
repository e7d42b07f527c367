package reports_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/jobs/reports"
	"github.com/throughline/throughline/ledger"
)

// start is when all requests of the hand-counted year were received.
var start = time.Date(2026, 5, 4, 9, 0, 0, 0, time.UTC)

// counted is a request of one item, decided some hours after its receipt.
func counted(hours int, action string, urgent bool, change func(*reports.AuthCase)) *reports.AuthCase {
	a := &gateway.Authorization{Payer: "mco", Requester: "clinic", Revisions: []gateway.Revision{{At: start, Urgent: urgent}}, Items: []gateway.AuthItem{{Sequence: 1, Revision: 1,
		Asked: gateway.AuthService{Code: gateway.Coded{Code: "H2021"}}, Answers: []gateway.ItemAnswer{{Revision: 1, At: start.Add(time.Duration(hours) * time.Hour), Action: action}}}}}
	c := &reports.AuthCase{A: a}
	if change != nil {
		change(c)
	}
	c.Clocks = gateway.DefaultClocks().Clocks(a, time.UTC, nil)
	return c
}

// appealedTo adds an appeal of each outcome, about the decision.
func appealedTo(outcomes ...string) func(*reports.AuthCase) {
	return func(c *reports.AuthCase) {
		for _, o := range outcomes {
			c.Filings.Appeals = append(c.Filings.Appeals, gateway.Appeal{ID: o, Level: gateway.PlanAppeal, Determined: ledger.DayOf(start) + 9, Filed: start.AddDate(0, 0, 10), Resolved: start.AddDate(0, 0, 20), Outcome: o})
		}
	}
}

// pendedFirst puts a pend two hours after the receipt before the decision.
func pendedFirst(c *reports.AuthCase) {
	i := &c.A.Items[0]
	i.Answers = append([]gateway.ItemAnswer{{Revision: 1, At: start.Add(2 * time.Hour), Action: "A4"}}, i.Answers...)
}

// byPAS appeals by a submission of certification type 2, which is approved.
func byPAS(c *reports.AuthCase) {
	c.A.Revisions = append(c.A.Revisions, gateway.Revision{At: start.AddDate(0, 0, 3), Urgent: true})
	i := &c.A.Items[0]
	i.Certification, i.Revision = "2", 2
	i.Answers = append(i.Answers, gateway.ItemAnswer{Revision: 2, At: start.AddDate(0, 0, 4), Action: "A1"})
}

// TestPriorAuthFigures counts a year whose figures are known by hand:
//
//	standard   20 approved in 24 h (12 of them pended first for 22 h), 2 approved in 200 h after an extension,
//	           6 denied in 48 h (3 reversed on appeal, 1 in part, 1 upheld, 1 withdrawn), 2 cut in 100 h (1 reversed)
//	expedited  12 approved in 10 h, 3 denied in 20 h (1 approved by a PAS submission of type 2)
//	others     1 withdrawn, 1 of another year, 11 that wait since 10 days
func TestPriorAuthFigures(t *testing.T) {
	p := reports.CountPriorAuth(2026, "mco", time.UTC, start.AddDate(0, 0, 10))
	add := func(times, hours int, action string, urgent bool, change func(*reports.AuthCase)) {
		for range times {
			p.Add(counted(hours, action, urgent, change))
		}
	}
	add(8, 24, "A1", false, nil)
	add(12, 24, "A1", false, pendedFirst)
	add(2, 200, "A1", false, func(c *reports.AuthCase) { c.A.Revisions[0].Extended = &gateway.Extension{Days: 14} })
	add(3, 48, "A3", false, appealedTo(gateway.Upheld, gateway.Overturned))
	add(1, 48, "A3", false, appealedTo(gateway.PartlyOverturned))
	add(1, 48, "A3", false, appealedTo(gateway.Upheld))
	add(1, 48, "A3", false, appealedTo(gateway.AppealWithdrawn))
	add(1, 100, "A6", false, appealedTo(gateway.Overturned))
	add(1, 100, "A6", false, nil)
	add(12, 10, "A1", true, nil)
	add(2, 20, "A3", true, nil)
	add(1, 20, "A3", true, byPAS)
	add(1, 24, "C", false, func(c *reports.AuthCase) {
		for n := range 12 {
			from := gateway.PartnerID("clinic")
			if n == 0 {
				from = "another"
			}
			c.Questions = append(c.Questions, reports.Question{At: start, From: from})
		}
	})
	add(11, 2, "A4", false, nil)
	add(1, 24, "A1", false, func(c *reports.AuthCase) {
		c.A.Revisions[0].At, c.A.Items[0].Answers[0].At = start.AddDate(1, 0, 0), start.AddDate(1, 0, 1)
	})
	report := p.Report("2026-12-31")
	got := map[string]reports.Figure{}
	for _, list := range [][]reports.Figure{report.Public, report.Metrics, report.Appeals} {
		for _, f := range list {
			if _, twice := got[f.Key]; twice {
				t.Errorf("%s twice", f.Key)
			}
			got[f.Key] = f
		}
	}
	for key, want := range map[string]string{
		"standard_requests": "30", "standard_approved": "73.3", "standard_denied": "20.0", "standard_appeal_approved": "13.3", "standard_partly": "6.7", // 22, 6, 4 and 2 of 30
		"extended_approved":  "4.4",                                                                                              // 2 of 45
		"expedited_requests": "15", "expedited_approved": "80.0", "expedited_denied": "20.0", "expedited_appeal_approved": "6.7", // 12, 3 and 1 of 15
		"standard_mean": "1.9", "standard_median": "1.0", // (20*24 + 2*200 + 6*48 + 2*100) / 30 = 45.6 h
		"expedited_mean": "12.0", "expedited_median": "10.0", // (12*10 + 3*20) / 15
		"submissions": "57", "items": "57", "queries": "12", "errors": "0.0", "final_any": "59.6", "final_first": "59.6", // 34 of 57
		"pends": "23", "pends_resolved": "12", "pend_mean": "22.0", "pend_median": "22.0",
		"total_mean": "34.2", "total_median": "24.0", // (1368 + 180 + 24) / 46
		"outstanding": "11", "age_mean": "10.0", "age_median": "10.0",
	} {
		if got[key].Value != want || got[key].Suppressed {
			t.Errorf("%s: %+v, want %s", key, got[key], want)
		}
	}
	for _, key := range []string{"updates", "queries_others", "appeals", "appeals_overturned"} { // 1, 1, 10 and 4 of 10
		if f := got[key]; !f.Suppressed || f.Value != "" {
			t.Errorf("%s is shown: %+v", key, f)
		}
	}
	for key, want := range map[string]string{"standard_approved": "(f)(2)", "standard_appeal_approved": "(f)(4)", "extended_approved": "(f)(5)", "expedited_denied": "(f)(7)", "standard_median": "(f)(8)", "expedited_mean": "(f)(9)", "age_mean": "10"} {
		if got[key].Cite != want {
			t.Errorf("%s cites %q, want %q", key, got[key].Cite, want)
		}
	}
	for format, want := range map[string]string{"html": "<svg", "csv": "2026,mco,public,standard_denied,(f)(3),", "json": `"key": "standard_denied"`} {
		var b bytes.Buffer
		if err := report.Write(&b, format); err != nil || !strings.Contains(b.String(), want) {
			t.Errorf("%s: %v\n%s", format, err, b.String())
		}
	}
}

// TestLateAppealsAreCounted with the appeals, once eleven were filed.
func TestLateAppealsAreCounted(t *testing.T) {
	p := reports.CountPriorAuth(2026, "mco", time.UTC, start.AddDate(0, 3, 0))
	for range 11 {
		c := counted(48, "A3", false, func(c *reports.AuthCase) {
			c.Filings.Appeals = []gateway.Appeal{{ID: "AP", Level: gateway.PlanAppeal, Determined: ledger.DayOf(start) + 2, Filed: start.AddDate(0, 0, 10), Continued: &gateway.Continuation{Status: "granted"}}}
		})
		c.Steps = gateway.DefaultClocks().AppealSteps("mco", &c.Filings.Appeals[0], &c.Filings, time.UTC, start.AddDate(0, 3, 0))
		p.Add(c)
	}
	for _, f := range p.Report("2026-08-01").Appeals {
		if want := map[string]string{"appeals": "11", "appeals_late": "100.0", "appeals_continued": "100.0", "appeals_upheld": "0.0"}[f.Key]; want != "" && f.Value != want {
			t.Errorf("%+v, want %s", f, want)
		}
	}
}
