package ledger_test

import (
	"math"
	"math/big"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/throughline/throughline/ledger"
)

func TestUseOfAnAuthorization(t *testing.T) {
	rules := ledger.DefaultRules()
	ends := func(day string, status ledger.Status) *ledger.Auth {
		a := auth("A", 100, func(a *ledger.Auth) { a.Start, a.End, a.Status = on("2026-01-01"), date(day, ledger.Forever), status })
		return &a
	}
	type state struct {
		remaining, burn, days int64
		under, expiring       bool
	}
	for sentence, c := range map[string]struct {
		auth *ledger.Auth
		used int64
		last string
		asOf string
		want state
	}{
		"not approved: remaining = units, burn 0, days -1, flags false": {ends("2026-01-31", ledger.Denied), 0, "", "2026-01-30", state{100, 0, -1, false, false}},
		"burn = used x 10000 x period days / (units x days elapsed)":    {ends("2026-04-10", ledger.Approved), 30, "2026-01-20", "2026-01-30", state{70, 10000, 10, false, false}},
		"elapsed counts to min(D, end)":                                 {ends("2026-01-10", ledger.Approved), 55, "2026-01-05", "2026-03-01", state{45, 5500, 55, false, false}},
		"under_used: 30 days elapsed, both counts inclusive":            {ends("2026-02-28", ledger.Partial), 10, "2026-01-02", "2026-01-30", state{90, 1966, 28, true, true}},
		"29 days elapsed is not yet under_used":                         {ends("2026-02-28", ledger.Approved), 10, "2026-01-02", "2026-01-29", state{90, 2034, 27, false, true}},
		"exactly 6000 is not below 6000":                                {ends("2026-01-30", ledger.Approved), 60, "2026-01-02", "2026-02-15", state{40, 6000, 44, false, false}},
		"before the start nothing has elapsed":                          {ends("2026-02-28", ledger.Approved), 10, "2026-01-02", "2025-12-31", state{90, 0, -2, false, false}},
		"expiring on the last day, not the day after":                   {ends("2026-01-31", ledger.Approved), 100, "2026-01-31", "2026-01-31", state{0, 10000, 0, false, true}},
		"not expiring 31 days before":                                   {ends("2026-03-03", ledger.Approved), 100, "2026-01-31", "2026-01-31", state{0, 20000, 0, false, false}},
		"an open end has no rate and does not expire":                   {ends("", ledger.Approved), 1, "2026-01-31", "2026-06-30", state{99, 0, 150, false, false}},
	} {
		u := &ledger.Use{Auth: c.auth, Used: c.used, Last: date(c.last, ledger.NoDay)}
		d := on(c.asOf)
		got := state{u.Remaining(), u.BurnBP(d), u.DaysSince(d), u.UnderUsed(d, rules), u.Expiring(d, rules)}
		if got != c.want {
			t.Errorf("%s: got %+v, want %+v", sentence, got, c.want)
		}
	}
}

func TestThresholdsComeFromTheProgram(t *testing.T) {
	rules := ledger.DefaultRules()
	rules.Programs = map[string]ledger.Thresholds{"slow": {UnderUsedBP: 100, MinElapsedDays: 10, ExpiringDays: 60}}
	a := auth("A", 100, func(a *ledger.Auth) { a.Program = "slow" })
	u := &ledger.Use{Auth: &a, Used: 5, Last: on("2026-01-05")}
	if u.UnderUsed(on("2026-02-01"), rules) || !u.Expiring(on("2026-02-01"), rules) {
		t.Fatal("the program's own thresholds were not used")
	}
}

func TestBurnNeverOverflows(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := &ledger.Auth{Status: ledger.Approved, Units: rapid.Int64Range(1, math.MaxInt64).Draw(t, "units"),
			Start: ledger.Day(rapid.Int32Range(-100_000, 100_000).Draw(t, "start"))}
		a.End = a.Start + ledger.Day(rapid.Int32Range(0, 400_000).Draw(t, "length"))
		asOf := a.Start + ledger.Day(rapid.Int32Range(0, 500_000).Draw(t, "asOf"))
		u := &ledger.Use{Auth: a, Used: rapid.Int64Range(0, a.Units).Draw(t, "used")}
		want := big.NewInt(u.Used)
		want.Mul(want, big.NewInt(10000)).Mul(want, big.NewInt(int64(a.End-a.Start)+1))
		want.Quo(want, new(big.Int).Mul(big.NewInt(a.Units), big.NewInt(u.Elapsed(asOf))))
		if got := u.BurnBP(asOf); got != want.Int64() {
			t.Fatalf("burn %d, want %s", got, want)
		}
	})
}

// The date of an instant is that of the zone, also around a change of clocks.
func TestReceivedDayIsThatOfTheZone(t *testing.T) {
	for _, name := range []string{"America/New_York", "America/Sao_Paulo", "America/St_Johns", "Pacific/Kiritimati", "Pacific/Pago_Pago"} {
		zone, err := time.LoadLocation(name)
		if err != nil {
			t.Skip(err)
		}
		rules := ledger.DefaultRules()
		rules.Zone = zone
		s := ledger.NewSettler(rules)
		for _, asOf := range []string{"2026-03-08", "2025-11-02", "2018-11-03", "2018-02-17", "2006-10-28", "2026-01-15"} {
			d := on(asOf)
			for minutes := -40 * 60; minutes < 40*60; minutes += 13 {
				at := ledger.StampOf(d.Time().Add(time.Duration(minutes) * time.Minute))
				r := s.Settle(&ledger.Case{Lines: []ledger.Line{{ID: "L", Date: d, Received: at}}}, d)
				if want := at.Day(zone) > d; (len(r.Lines[0].Flags) > 0) != want {
					t.Fatalf("%s %s +%d minutes: after_as_of is not %t", name, asOf, minutes, want)
				}
			}
		}
	}
}
