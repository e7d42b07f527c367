package reports_test

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/throughline/throughline/jobs/reports"
	"github.com/throughline/throughline/ledger"
)

const asOf ledger.Day = 20_634

func page(t *testing.T, change func(*ledger.Summary)) string {
	t.Helper()
	s := &ledger.Summary{Run: "abc", AsOf: asOf.String(), Known: 7, Rules: "r1", Zone: "UTC", RowsStored: 12, VerdictRows: 10, Tally: *ledger.NewTally(),
		Inputs: []ledger.Input{{Partner: "p", Kind: "service", SHA256: "00ff", Rows: 12}}}
	s.RowsIn, s.RowsOut, s.Superseded, s.Children = 12, 10, 2, 3
	s.Verdicts[ledger.Matched] = &ledger.Count{Lines: 7, Matched: 40}
	s.Verdicts[ledger.WrongPayer] = &ledger.Count{Lines: 3, Flagged: 1}
	s.Programs["<b>W&W</b>"] = map[ledger.Verdict]int64{ledger.Matched: 7, ledger.Exhausted: 1}
	s.Payers[""] = map[ledger.Verdict]int64{ledger.WrongPayer: 2}
	if change != nil {
		change(s)
	}
	p := reports.NewPage(s, asOf, ledger.DefaultRules())
	p.Rules = func(v ledger.Verdict) string { return "the rule of " + string(v) }
	p.Files = []reports.File{{Name: "lines.csv", Rows: 10, SHA256: "1234"}}
	for i := range 500 {
		p.Add(&ledger.Use{Auth: &ledger.Auth{Partner: "p", ID: fmt.Sprintf("A%03d", i), Start: asOf - 100, End: asOf + ledger.Day(i%60), Units: 100, Status: ledger.Approved},
			Used: int64(i % 90), Last: asOf - ledger.Day(i%50)})
	}
	var b bytes.Buffer
	if err := p.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestPageSaysTheSameEveryTime(t *testing.T) {
	if once, again := page(t, nil), page(t, nil); once != again {
		t.Error("two renderings differ")
	}
}

func TestPageStandsAlone(t *testing.T) {
	text := page(t, nil)
	if m := regexp.MustCompile(`(?i)(src|href)="[^#"][^"]*"|@import|url\(|<script|<link`).FindString(text); m != "" {
		t.Errorf("the page loads something: %s", m)
	}
	for _, want := range []string{`lang="en"`, "Rows in = rows out.", "abc", "commit 7", "the rule of wrong_payer", "&lt;b&gt;W&amp;W&lt;/b&gt;", "(none)", "1234", "00ff",
		`role="img"`, "The first 100 of "} {
		if !strings.Contains(text, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	if charts, tables := strings.Count(text, "<svg"), strings.Count(text, "<caption>"); charts != 4 || tables < charts {
		t.Errorf("%d charts, %d tables", charts, tables)
	}
	if strings.Contains(text, "ZgotmplZ") {
		t.Error("the template refused a value")
	}
}

func TestPageWarnsWhenRowsAreLost(t *testing.T) {
	text := page(t, func(s *ledger.Summary) { s.VerdictRows++ })
	if !strings.Contains(text, "do not use this report") || strings.Contains(text, "Rows in = rows out.") {
		t.Error("no warning")
	}
}
