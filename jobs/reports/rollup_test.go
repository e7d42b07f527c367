package reports

import (
	"bytes"
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
}

func TestCompliancePage(t *testing.T) {
	c := &Compliance{From: 20000, AsOf: 20030}
	c.Add("wraparound", []gateway.FindingPeriod{{Rule: "crisis-plan", Force: "required", Open: 4, Waived: 1}}, []*gateway.Finding{{Found: gateway.Found{Record: "CP-1", Reason: "<none>"}, Opened: 20001}},
		func(string) string { return "Wraparound roles, 7" })
	var b bytes.Buffer
	if err := c.Write(&b); err != nil || !strings.Contains(b.String(), "Wraparound roles, 7") || strings.Contains(b.String(), "<none>") {
		t.Error(err, b.String())
	}
}
