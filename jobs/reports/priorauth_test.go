package reports_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/jobs/reports"
)

// TestPriorAuthFigures counts 40 requests whose figures are known by hand.
func TestPriorAuthFigures(t *testing.T) {
	p := reports.CountPriorAuth(2026, "mco", time.UTC)
	add := func(times int, hours int, action string, urgent bool, change func(*gateway.Authorization)) {
		for range times {
			start := time.Date(2026, 5, 4, 9, 0, 0, 0, time.UTC)
			a := &gateway.Authorization{Payer: "mco", Revisions: []gateway.Revision{{At: start, Urgent: urgent}}, Items: []gateway.AuthItem{{Sequence: 1, Revision: 1,
				Asked: gateway.AuthService{Code: gateway.Coded{Code: "H2021"}}, Answers: []gateway.ItemAnswer{{Revision: 1, At: start.Add(time.Duration(hours) * time.Hour), Action: action}}}}}
			if change != nil {
				change(a)
			}
			p.Add(a, gateway.DefaultClocks().Clocks(a, time.UTC, nil))
		}
	}
	add(20, 24, "A1", false, nil)
	add(6, 48, "A3", false, nil)
	add(2, 100, "A6", false, nil)
	add(2, 200, "A1", false, func(a *gateway.Authorization) { a.Revisions[0].Extended = &gateway.Extension{Days: 14} })
	add(3, 10, "A1", true, nil)
	add(12, 24, "A1", false, func(a *gateway.Authorization) { a.Items[0].Certification = "2" })
	add(1, 24, "C", false, nil)
	add(1, 24, "A1", false, func(a *gateway.Authorization) { // another year
		a.Revisions[0].At = a.Revisions[0].At.AddDate(1, 0, 0)
		a.Items[0].Answers[0].At = a.Items[0].Answers[0].At.AddDate(1, 0, 0)
	})
	report := p.Report("2026-12-31")
	got := map[string]reports.Figure{}
	for _, f := range append(report.Public, report.Metrics...) {
		got[f.Key] = f
	}
	// 30 first decisions on standard requests: 22 approved, 2 in part, 6 denied.
	for key, want := range map[string]string{"standard_approved": "73.3", "standard_partly": "6.7", "standard_denied": "20.0", "standard_extended_approved": "6.7",
		"standard_appeal_approved": "100.0", "standard_mean": "45.6", "standard_median": "24.0", "submissions": "46", "final_first": "100.0"} {
		if got[key].Value != want {
			t.Errorf("%s: %q, want %q", key, got[key].Value, want)
		}
	}
	if f := got["expedited_approved"]; !f.Suppressed || f.Value != "" {
		t.Errorf("three requests are shown: %+v", f)
	}
	for format, want := range map[string]string{"html": "<svg", "csv": "2026,mco,public,standard_denied,", "json": `"key": "standard_denied"`} {
		var b bytes.Buffer
		if err := report.Write(&b, format); err != nil || !strings.Contains(b.String(), want) {
			t.Errorf("%s: %v\n%s", format, err, b.String())
		}
	}
}
