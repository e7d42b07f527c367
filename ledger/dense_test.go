package ledger_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/throughline/throughline/internal/population"
	"github.com/throughline/throughline/ledger"
)

// Dense worlds: so few ids, codes, dates and times that everything collides with
// everything, from two partners and two members.

var (
	denseDates    = []string{"2026-01-30", "2026-01-31", "2026-02-01", "2026-02-02", "2026-02-03", "2026-02-08"}
	denseReceived = []string{"", "", "2026-01-31T10:00:00Z", "2026-02-02T04:30:00Z", "2026-02-02T23:30:00-05:00", "2026-02-09T00:00:00Z"}
	denseMods     = []string{"", "", "HA", "ha", "HA U1", "u1:HA", "HA:HA"}
)

// picker draws a number below n: by rapid, which shrinks what fails, or by a
// plain generator, which spreads evenly.
type picker func(n int) int

func rapidly(t *rapid.T) picker {
	return func(n int) int { return rapid.IntRange(0, n-1).Draw(t, "") }
}

func one(pick picker, values []string) string { return values[pick(len(values))] }

// mostly draws a word other than the first one time in n.
func mostly(pick picker, n int, first string, others ...string) string {
	if pick(n) < n-1 {
		return first
	}
	return one(pick, others)
}

func denseService(pick picker, rows int) string {
	var b strings.Builder
	b.WriteString("line_id,claim_id,member_id,provider_id,code,modifiers,service_date,units,unit,frequency,replaces,source,authorization_id,visit_id,start_time,received_at\n")
	ids := []string{"L1", "L2", "L3", "L4", "L5", "L6", "L7", "L10", "C1"}
	for range rows {
		frequency, replaces := mostly(pick, 3, "", "1", "7", "7", "8", ""), ""
		if frequency == "7" || frequency == "8" || mostly(pick, 12, "", "x") == "x" {
			replaces = one(pick, []string{"L1", "L2", "L3", "L4", "L5", "C1", "C2", "L9", ""})
		}
		cells := []string{one(pick, ids), one(pick, []string{"C1", "C2", "C3", ""}), mostly(pick, 5, "M1", "M2"), mostly(pick, 3, "P1", "P2", ""),
			mostly(pick, 6, "H2021", "T1016", "T1016", ""), one(pick, denseMods), mostly(pick, 12, one(pick, denseDates), "2026-02-30"),
			mostly(pick, 8, one(pick, []string{"1", "2", "4"}), "0", "-1", "2.5", "2.0", "40"), mostly(pick, 3, "", "UN", "MJ", "MJ"), frequency, replaces,
			mostly(pick, 2, "", "claim", "encounter", "visit log", "fax"), mostly(pick, 4, "", "A1", "A2", "A3"), mostly(pick, 3, "", "V1", "V2"),
			mostly(pick, 4, "", "09:00", "10:00"), one(pick, denseReceived)}
		fmt.Fprintln(&b, strings.Join(cells, ","))
	}
	return b.String()
}

func denseAuthorizations(pick picker, rows int) string {
	var b strings.Builder
	b.WriteString("authorization_id,member_id,provider_id,code,modifiers,start,end,units,status,unit,cap_period,cap_units,program,payer,received_at\n")
	for range rows {
		period, units := mostly(pick, 2, "", "day", "week", "month"), ""
		if period != "" {
			units = one(pick, []string{"0", "1", "2", "3", "5", "8", ""})
		}
		cells := []string{one(pick, []string{"A1", "A2", "A3", "A4"}), mostly(pick, 5, "M1", "M2"), mostly(pick, 2, "", "P1", "P2"),
			mostly(pick, 5, "H2021", "T1016"), one(pick, denseMods), one(pick, []string{"2025-12-01", "2026-01-30", "2026-02-01", "2026-02-02"}),
			one(pick, []string{"2026-01-29", "2026-02-01", "2026-02-03", "2026-02-28", "2026-03-04", "2026-12-31", ""}),
			one(pick, []string{"0", "1", "3", "4", "8", "20", "1000000"}), mostly(pick, 4, "approved", "partial", "pended", "denied", "cancelled"),
			mostly(pick, 3, "", "UN", "UN", "HR"), period, units, mostly(pick, 2, "", "waiver"), mostly(pick, 2, "", "MCO1", "MCO2"), one(pick, denseReceived)}
		fmt.Fprintln(&b, strings.Join(cells, ","))
	}
	return b.String()
}

func denseEnrollment(pick picker, rows int) string {
	var b strings.Builder
	b.WriteString("member_id,start,end,payer,program,received_at\n")
	for range rows {
		cells := []string{mostly(pick, 4, "M1", "M2"), one(pick, []string{"2026-01-01", "2026-01-31", "2026-02-02"}),
			mostly(pick, 2, "", "2026-02-02", "2026-01-31", "2025-12-31", "2026-02-08"), mostly(pick, 2, "MCO1", "MCO2", "MCO3", ""),
			mostly(pick, 4, "", "waiver"), one(pick, denseReceived)}
		fmt.Fprintln(&b, strings.Join(cells, ","))
	}
	return b.String()
}

// denseAdvices are words of the payer on claims, lines and services.
func denseAdvices(pick picker, rows int) string {
	var b strings.Builder
	b.WriteString(population.AdviceHeader + "\n")
	for range rows {
		cells := []string{one(pick, []string{"C1", "C2", "C3", ""}), mostly(pick, 2, "", "L1", "L2", "L3", "1"), mostly(pick, 5, "M1", "M2"), mostly(pick, 2, "", "H2021", "T1016"),
			one(pick, denseMods), mostly(pick, 2, "", denseDates...), mostly(pick, 3, "CO-197", "", "CO-29"), one(pick, denseReceived)}
		fmt.Fprintln(&b, strings.Join(cells, ","))
	}
	return b.String()
}

// denseUnits is a unit table in which no two rows of one payer begin on one date
// for the same: the page does not say which of those decides.
func denseUnits(pick picker) string {
	var b strings.Builder
	b.WriteString(population.UnitHeader + "\n")
	seen := map[string]bool{}
	for range 1 + pick(9) {
		key := []string{one(pick, []string{"", "", "MCO1", "MCO2"}), mostly(pick, 5, "H2021", "T1016"), mostly(pick, 2, "", denseMods...), mostly(pick, 2, "", "2026-01-31", "2026-02-02")}
		unit := one(pick, []string{"UN,UN,1,1,exact", "MJ,UN,1,15,up", "MJ,UN,1,2,down", "MJ,UN,2,3,nearest", "UN,UN,1,2,nearest", "MJ,HR,1,2,exact", "UN,HR,1,4,", "UN,UN,2,1,up"})
		units := strings.Split(unit, ",")
		if name := fmt.Sprint(key[0], key[1], ledger.NormalModifiers(key[2]), key[3], units[:2]); seen[name] {
			continue
		} else {
			seen[name] = true
		}
		to := mostly(pick, 3, "", "2026-02-01", "2026-02-03")
		fmt.Fprintln(&b, strings.Join([]string{key[0], key[1], key[2], key[3], to, unit, one(pick, []string{"0", "1", "2", "4", "6"})}, ","))
	}
	return b.String()
}

// denseContinuations are appeals that keep authorizations alive.
func denseContinuations(pick picker, rows int) string {
	var b strings.Builder
	b.WriteString(population.ContinuationHeader + "\n")
	for range rows {
		cells := []string{one(pick, []string{"A1", "A2", "A3", "A4"}), one(pick, []string{"AP1", "AP2"}), mostly(pick, 5, "M1", "M2"), one(pick, denseDates),
			mostly(pick, 2, "", "2026-01-31", "2026-02-02", "2026-02-08"), mostly(pick, 3, "approved", "pended", "cancelled"),
			one(pick, []string{"2026-01-29", "2026-01-31", "2026-02-01", "2026-02-03"}), one(pick, denseReceived)}
		fmt.Fprintln(&b, strings.Join(cells, ","))
	}
	return b.String()
}

func denseWorld(pick picker) []tables {
	var out []tables
	for _, partner := range []string{"state", "clinic"}[:1+pick(2)] {
		out = append(out, tables{partner, denseEnrollment(pick, 1+pick(4)),
			denseAuthorizations(pick, 1+pick(7)), denseService(pick, pick(18)), denseAdvices(pick, pick(4)), denseContinuations(pick, max(pick(6)-2, 0))})
	}
	return out
}

func denseRules(t failer, pick picker) (rules *ledger.Rules, units string) {
	rules = ledger.DefaultRules()
	if pick(2) == 1 {
		rules.Zone = eastern
	}
	if pick(2) == 1 {
		units = denseUnits(pick)
		rules.Units = unitTable(t, units)
	}
	return rules, units
}

var eastern = time.FixedZone("EST", -5*3600)

// checkDense is the heart of the test: two readings of the page, one answer.
func checkDense(t failer, pick picker) {
	t.Helper()
	sources := denseWorld(pick)
	asOf := one(pick, []string{"2026-01-29", "2026-02-01", "2026-02-02", "2026-02-09", "2026-03-15"})
	rules, units := denseRules(t, pick)
	if err := compare(asOf, rules, units, load(t, sources...), sources...); err != nil {
		t.Fatal(fmt.Sprintf("%v\n%+v\n%s", err, sources, units))
	}
}

func TestOracleAgreesOnDenseWorlds(t *testing.T) {
	for seed := range uint64(2500) {
		checkDense(t, rand.New(rand.NewPCG(seed, 7)).IntN)
	}
}

func TestOracleAgreesOnDenseWorldsThatShrink(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) { checkDense(t, rapidly(t)) })
}

// FuzzOracleAgrees lets the fuzzer draw the worlds.
func FuzzOracleAgrees(f *testing.F) {
	f.Fuzz(rapid.MakeFuzz(func(t *rapid.T) { checkDense(t, rapidly(t)) }))
}
