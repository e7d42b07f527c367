package reports

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/ledger"
)

func rollUpOf(below int64) *RollUp {
	var c RollUpCount
	for group, columns := range map[string]map[string]int{"Kane": {"icg": 3, "wraparound": 40}, "Cook": {"icg": 60, "wraparound": 12}, "": {"icg": 80, "wraparound": 90}} {
		for column, n := range columns {
			for range n {
				c.Add(&gateway.RollUpRow{Group: group, Column: column, Open: 1, Approved: 10, Used: 4})
			}
		}
	}
	return c.RollUp(gateway.ByCounty, 20500, below, false)
}

// What is hidden is in no form of the report, and the totals add up where nothing
// is.
func TestRollUp(t *testing.T) {
	r := rollUpOf(0)
	if all := r.Cells[3][2]; all.Children != 285 || all.Open != 285 || all.Approved != 2850 || all.Used != 1140 || r.Groups[0] != noName || r.Groups[3] != total {
		t.Errorf("%v %+v", r.Groups, all)
	}
	r = rollUpOf(11)
	hidden := 0
	for _, row := range r.Cells {
		for _, cell := range row {
			if cell.Hidden {
				hidden++
				if cell != (RollUpCell{Hidden: true}) {
					t.Errorf("a hidden cell with numbers: %+v", cell)
				}
			}
		}
	}
	if hidden != 4 {
		t.Errorf("%d hidden", hidden)
	}
	for _, format := range []string{"html", "csv", "json", "xlsx"} {
		var one, two bytes.Buffer
		if err := r.Write(&one, format); err != nil {
			t.Fatal(err)
		}
		if err := rollUpOf(11).Write(&two, format); err != nil || !bytes.Equal(one.Bytes(), two.Bytes()) {
			t.Errorf("%s: not the same bytes: %v", format, err)
		}
		if format == "csv" && !strings.Contains(one.String(), "Kane,icg,,,,,,true\n") {
			t.Error(one.String())
		}
		if format == "xlsx" {
			f, err := excelize.OpenReader(&one)
			if err != nil {
				t.Fatal(err)
			}
			if v, err := f.GetCellValue("Roll-up", "C2"); err != nil || v != "80" {
				t.Errorf("%q %v", v, err)
			}
		}
	}
}

func TestUtilization(t *testing.T) {
	v := NewUtilization(&ledger.Run{ID: "r1", RunSpec: ledger.RunSpec{AsOf: 20030}}, 8000)
	for _, a := range []struct{ units, used int64 }{{100, 10}, {100, 50}, {100, 90}, {100, 0}} { // 31 of 62 days are over
		v.Add(&ledger.Use{Auth: &ledger.Auth{ID: "A", Status: ledger.Approved, Start: 20000, End: 20061, Units: a.units, Program: "wraparound"}, Used: a.used})
	}
	v.Add(&ledger.Use{Auth: &ledger.Auth{ID: "denied", Status: ledger.Denied, Start: 20000, End: 20061, Units: 5}})
	if v.All != 4 || v.Less != 2 || v.Steady != 1 || v.More != 1 {
		t.Errorf("%+v", v)
	}
	if early := v.Rows[2]; early.Use != useEarly || early.Forecast != 180 || early.Out != ledger.Day(20034).String() {
		t.Errorf("%+v", early)
	}
	if p := v.Programs(); len(p) != 2 || p[1].Units != 400 || p[1].Forecast != p[0].Forecast {
		t.Errorf("%+v", p)
	}
	for _, format := range []string{"html", "csv", "json"} {
		var b bytes.Buffer
		if err := v.Write(&b, format); err != nil || b.Len() == 0 {
			t.Error(format, err)
		}
	}
	for at, want := range map[string]string{"Authorizations!A4": "A", "Authorizations!L4": useEarly, "Authorizations!M4": ledger.Day(20034).String(), "Programs!E3": "300", "Programs!F3": "37.5", "Dictionary!B1": "meaning"} {
		if got := cellOf(t, v.Write, at); got != want {
			t.Errorf("%s: %q, want %q", at, got, want)
		}
	}
}

func TestCompliancePage(t *testing.T) {
	c := &Compliance{From: 20000, AsOf: 20030}
	c.Add("wraparound", "Wraparound care", []gateway.FindingPeriod{{Rule: "crisis-plan", Force: "required", Open: 4, Waived: 1}}, []*gateway.Finding{{Found: gateway.Found{Record: "CP-1", Reason: "<none>"}, Opened: 20001}},
		func(string) RuleWords { return RuleWords{"There is a plan for a crisis", "Wraparound roles, 7"} })
	var b bytes.Buffer
	if err := c.Write(&b, "html"); err != nil || !strings.Contains(b.String(), "<h2>Wraparound care</h2>") || !strings.Contains(b.String(), "There is a plan for a crisis") ||
		!strings.Contains(b.String(), "Wraparound roles, 7") || strings.Contains(b.String(), "<none>") {
		t.Error(err, b.String())
	}
}

// cellOf is a cell of a report's workbook, as it is shown; two workbooks of the
// same report are the same.
func cellOf(t *testing.T, write func(io.Writer, string) error, at string) string {
	t.Helper()
	var one, two bytes.Buffer
	if err := errors.Join(write(&one, "xlsx"), write(&two, "xlsx")); err != nil || !bytes.Equal(one.Bytes(), two.Bytes()) {
		t.Fatal("not the same twice", err)
	}
	f, err := excelize.OpenReader(&one)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	sheet, cell, _ := strings.Cut(at, "!")
	text, err := f.GetCellValue(sheet, cell)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// The tables say what the page says.
func TestComplianceTables(t *testing.T) {
	c := &Compliance{From: 20000, AsOf: 20030}
	source := func(rule string) RuleWords { return RuleWords{"In words: " + rule, "Roles, 7"} }
	c.Add("wraparound", "", []gateway.FindingPeriod{{Rule: "crisis-plan", Origin: "rules", Force: "required", Open: 4, Waived: 1, Opened: 3}, {Rule: "no_plan", Origin: "night", Force: "required", Closed: 2}}, nil, source)
	c.Add("il-icg", "", nil, nil, source)
	var text, doc bytes.Buffer
	if err := errors.Join(c.Write(&text, "csv"), c.Write(&doc, "json")); err != nil {
		t.Fatal(err)
	}
	if want := "program,rule,origin,force,open,waived,came,went,source,title\nwraparound,crisis-plan,rules,required,4,1,3,0,\"Roles, 7\",In words: crisis-plan\nwraparound,no_plan,night,required,0,0,0,2,\"Roles, 7\",In words: no_plan\n"; text.String() != want {
		t.Error(text.String())
	}
	var back struct {
		Programs []struct {
			Open, Came int64
			Rules      []struct{ Rule string }
		}
	}
	if err := json.Unmarshal(doc.Bytes(), &back); err != nil || len(back.Programs) != 2 || back.Programs[0].Open != 4 || back.Programs[0].Came != 3 || len(back.Programs[0].Rules) != 2 {
		t.Errorf("%s %v", doc.String(), err)
	}
	if got := cellOf(t, c.Write, "Rules!E2"); got != "4" {
		t.Errorf("%q", got)
	}
}

// What was decided stands in the page, in JSON and in a sheet of its own; what is
// held back has no number in any of them.
func TestComplianceDecisions(t *testing.T) {
	c := &Compliance{From: 20000, AsOf: 20030}
	c.Add("wraparound", "", nil, nil, nil)
	c.Add("il-icg", "", nil, nil, nil)
	c.Decide(&gateway.DecisionCount{Program: "il-icg", Approved: 1234, Appeals: 15, Open: 15, Suppressed: []string{"denied"}})
	var page, doc bytes.Buffer
	if err := errors.Join(c.Write(&page, "html"), c.Write(&doc, "json")); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"<h3>Decisions and appeals</h3>", "<dt>Approved</dt><dd>1,234</dd>", "<dt>Denied</dt><dd>few</dd>", "<dt>Appeals in all</dt><dd>15</dd>", "in 2024-11 found"} {
		if strings.Count(page.String(), want) != 1 {
			t.Errorf("the page does not say once: %s", want)
		}
	}
	var back struct {
		Programs []struct {
			Month   string                 `json:"decisions_month"`
			Decided *gateway.DecisionCount `json:"decisions"`
		}
	}
	if err := json.Unmarshal(doc.Bytes(), &back); err != nil || len(back.Programs) != 2 || back.Programs[0].Decided != nil || back.Programs[1].Month != "2024-11" ||
		!back.Programs[1].Decided.Held("denied") || back.Programs[1].Decided.Open != 15 {
		t.Errorf("%s %v", doc.String(), err)
	}
	for at, want := range map[string]string{"Decisions!B2": "approved", "Decisions!C2": "1234", "Decisions!B4": "denied", "Decisions!C4": "", "Decisions!D4": "TRUE", "Decisions!A11": ""} {
		if got := cellOf(t, c.Write, at); got != want {
			t.Errorf("%s: %q, want %q", at, got, want)
		}
	}
}
