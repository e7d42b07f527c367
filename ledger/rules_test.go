package ledger_test

import (
	"slices"
	"testing"
	"time"

	"github.com/throughline/throughline/ledger"
)

func TestVersionIsAHashOfTheContent(t *testing.T) {
	rows := []ledger.UnitRow{{Code: "H2021", LineUnit: "HR", AuthUnit: "UN", Num: 4, Den: 1}, {Code: "T1016", LineUnit: "HR", AuthUnit: "UN", Num: 4, Den: 1}}
	a, b := ledger.DefaultRules(), ledger.DefaultRules()
	if a.Version() != b.Version() || len(a.Version()) != 12 {
		t.Fatalf("default rules: %s, %s", a.Version(), b.Version())
	}
	a.Units = rows
	b.Units = []ledger.UnitRow{rows[1], rows[0]}
	if a.Version() != b.Version() {
		t.Error("the order of rows changed the version")
	}
	seen := []string{ledger.DefaultRules().Version()}
	for _, change := range []func(*ledger.Rules){
		func(r *ledger.Rules) { r.Units = rows[:1] },
		func(r *ledger.Rules) { r.Thresholds.ExpiringDays = 60 },
		func(r *ledger.Rules) { r.Zone = time.FixedZone("EST", -5*3600) },
		func(r *ledger.Rules) { r.Programs = map[string]ledger.Thresholds{"w": {}} },
		func(r *ledger.Rules) { r.Payers = []ledger.PayerRule{{Payer: "M1", WeekStart: "sunday"}} },
		func(r *ledger.Rules) { r.Transitions = []ledger.Transition{{Old: "M1"}} },
	} {
		r := ledger.DefaultRules()
		change(r)
		if v := r.Version(); slices.Contains(seen, v) {
			t.Errorf("%+v has the version of other rules", r)
		} else {
			seen = append(seen, v)
		}
	}
}

func TestRulesCheckNamesEveryBadRow(t *testing.T) {
	r := ledger.DefaultRules()
	if errs := r.Check(); len(errs) > 0 {
		t.Fatal(errs)
	}
	r.Units = []ledger.UnitRow{{Code: "H2021", Num: 1, Den: 0}, {Code: "H2021", Num: 1, Den: 1, Round: "sideways"}}
	r.Payers = []ledger.PayerRule{{Payer: "M1", WeekStart: "Funday"}}
	if errs := r.Check(); len(errs) != 3 {
		t.Errorf("want three errors, got %v", errs)
	}
}
