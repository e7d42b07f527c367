package config

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/throughline/throughline/ledger"
)

const payers = "partners:\n  - {id: m, name: M, kind: mco, payers: [amber]}\n"

// TestRules turns the ledger section, its CSV file and a pack's own thresholds
// into the law's data.
func TestRules(t *testing.T) {
	csv := write(t, "units.csv", "code,line_unit,auth_unit,num,den,round,from,to\nT1016,hour,15min,4,1,exact,2026-01-01,2026-06-30\n")
	c := load(t, Input{Paths: []string{write(t, "c.yaml", payers+`
programs: {packs: [individual-service-coordination, wraparound]}
ledger:
  zone: America/Chicago
  unit_table_file: `+csv+`
  unit_table: [{payer: amber, code: H2021, modifiers: U1 HA, line_unit: minute, auth_unit: 15min, num: 1, den: 15, round: down, daily_max: 96}]
  payers: [{payer: amber, sources: [visit log, claim], ordered_modifiers: true, week_start: sunday, zone: America/New_York}]
  transitions: [{old: beryl, new: amber, from: 2026-01-01}]
  thresholds: {expiring_days: 45}
`)}})
	day := func(s string) ledger.Day {
		d, err := ledger.ParseDay(s)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	chicago, _ := time.LoadLocation("America/Chicago")
	newYork, _ := time.LoadLocation("America/New_York")
	want := &ledger.Rules{
		Zone: chicago,
		Units: []ledger.UnitRow{
			{Payer: "amber", Code: "H2021", Modifiers: "U1 HA", LineUnit: "minute", AuthUnit: "15min", Num: 1, Den: 15, Round: ledger.RoundDown, DailyMax: 96},
			{Code: "T1016", LineUnit: "hour", AuthUnit: "15min", Num: 4, Den: 1, Round: ledger.RoundExact, From: day("2026-01-01"), To: day("2026-06-30")},
		},
		Payers:       []ledger.PayerRule{{Payer: "amber", Sources: []string{"visit log", "claim"}, OrderedModifiers: true, WeekStart: "sunday", Zone: newYork}},
		Transitions:  []ledger.Transition{{Old: "beryl", New: "amber", From: day("2026-01-01")}},
		Thresholds:   ledger.Thresholds{UnderUsedBP: 6000, MinElapsedDays: 30, ExpiringDays: 45, GapDays: 30},
		Programs:     map[string]ledger.Thresholds{},
		Independent:  []ledger.ProgramRule{{Program: "individual-service-coordination"}}, // as the pack asks
		Coordination: []string{"T1016", "T1017", "T2022", "T2023"},
	}
	if diff := cmp.Diff(want, c.Rules, cmp.Comparer(func(a, b *time.Location) bool { return a.String() == b.String() })); diff != "" {
		t.Error(diff)
	}
	if errs := c.Rules.Check(); len(errs) > 0 {
		t.Error(errs)
	}
}

// TestUnitFile names file, line and column of what is wrong in the table.
func TestUnitFile(t *testing.T) {
	for text, want := range map[string]string{
		"":                         "a file without a header",
		"code,lineunit\n":          "units.csv:1:1: lineunit: found an unknown column",
		"code,num\nH1,x\n":         "units.csv:2:4: num: found \"x\"; allowed: a whole number of at most 64 bits",
		"code,num\nH1,1,1\n":       "units.csv:2:1: found a row that cannot be read",
		"code,num,den\nH1,1,1\n":   "units.csv:2:1: found a row that lacks code, units or a positive factor",
		"code,from\nH1,2026-13-01": "units.csv:2:4: from: found \"2026-13-01\"; allowed: a date YYYY-MM-DD",
	} {
		_, problems := Load(Input{Paths: []string{write(t, "c.yaml", "ledger: {unit_table_file: "+write(t, "units.csv", text)+"}\n")}})
		if !strings.Contains(problems.Error(), want) {
			t.Errorf("%q: got %v, want %q", text, problems, want)
		}
	}
}

// TestSchedules reads zones from either place and refuses intervals.
func TestSchedules(t *testing.T) {
	for entry, want := range map[string]string{
		"{name: n, cron: 30 2 * * *, zone: America/Chicago, job: reconcile}":                          "CRON_TZ=America/Chicago 30 2 * * *",
		"{name: n, cron: '@daily', job: reconcile, missed: all}":                                      "CRON_TZ=UTC @daily",
		"{name: n, cron: TZ=America/Chicago 30 2 * * *, zone: America/Chicago, job: reconcile}":       "CRON_TZ=America/Chicago 30 2 * * *",
		"{name: n, cron: CRON_TZ=America/Chicago 30 2 * * *, zone: America/New_York, job: reconcile}": "two zones",
		"{name: n, cron: '@every 1h', job: reconcile}":                                                "found \"@every 1h\"",
		"{name: n, cron: 30 2 * *, job: reconcile}":                                                   "found \"30 2 * *\"",
	} {
		c, problems := Load(Input{Paths: []string{write(t, "c.yaml", "schedules: ["+entry+"]\n")}})
		got := problems.Error()
		if c != nil {
			got = c.Schedules[0].Spec()
		}
		if !strings.Contains(got, want) {
			t.Errorf("%s: got %s, want %s", entry, got, want)
		}
	}
}
