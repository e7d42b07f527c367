package ledger_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/throughline/throughline/ledger"
)

// Dense worlds: so few ids, codes, dates and times that everything collides with
// everything, from two partners and two members.

var (
	denseDates    = []string{"2026-01-30", "2026-01-31", "2026-02-01", "2026-02-02", "2026-02-03", "2026-02-08"}
	denseReceived = []string{"", "", "2026-01-31T10:00:00Z", "2026-02-02T04:30:00Z", "2026-02-02T23:30:00-05:00", "2026-02-09T00:00:00Z"}
	denseMods     = []string{"", "", "HA", "ha", "HA U1", "u1:HA", "HA:HA"}
)

func one(t *rapid.T, values []string) string { return rapid.SampledFrom(values).Draw(t, "") }

// mostly draws a word other than the first one time in n.
func mostly(t *rapid.T, n int, first string, others ...string) string {
	if rapid.IntRange(1, n).Draw(t, "") < n {
		return first
	}
	return one(t, others)
}

func denseService(t *rapid.T, rows int) string {
	var b strings.Builder
	b.WriteString("line_id,claim_id,member_id,provider_id,code,modifiers,service_date,units,unit,frequency,replaces,source,authorization_id,visit_id,start_time,received_at\n")
	ids := []string{"L1", "L2", "L3", "L4", "L5", "L6", "L7", "L10", "C1"}
	for range rows {
		frequency, replaces := mostly(t, 3, "", "1", "7", "7", "8", ""), ""
		if frequency == "7" || frequency == "8" || mostly(t, 12, "", "x") == "x" {
			replaces = one(t, []string{"L1", "L2", "L3", "L4", "L5", "C1", "C2", "L9", ""})
		}
		cells := []string{one(t, ids), one(t, []string{"C1", "C2", "C3", ""}), mostly(t, 5, "M1", "M2"), mostly(t, 3, "P1", "P2", ""),
			mostly(t, 4, "H2021", "T1016", ""), one(t, denseMods), mostly(t, 12, one(t, denseDates), "2026-02-30"),
			mostly(t, 4, one(t, []string{"1", "2", "4"}), "0", "-1", "2.5", "2.0", "40"), mostly(t, 5, "", "UN", "MJ"), frequency, replaces,
			mostly(t, 2, "", "claim", "encounter", "visit log", "fax"), mostly(t, 4, "", "A1", "A2", "A3"), mostly(t, 3, "", "V1", "V2"),
			mostly(t, 4, "", "09:00", "10:00"), one(t, denseReceived)}
		fmt.Fprintln(&b, strings.Join(cells, ","))
	}
	return b.String()
}

func denseAuthorizations(t *rapid.T, rows int) string {
	var b strings.Builder
	b.WriteString("authorization_id,member_id,provider_id,code,modifiers,start,end,units,status,unit,cap_period,cap_units,program,payer,received_at\n")
	for range rows {
		period, units := mostly(t, 2, "", "day", "week", "month"), ""
		if period != "" {
			units = one(t, []string{"0", "1", "2", "3", "5", "8", ""})
		}
		cells := []string{one(t, []string{"A1", "A2", "A3", "A4"}), mostly(t, 5, "M1", "M2"), mostly(t, 2, "", "P1", "P2"),
			mostly(t, 5, "H2021", "T1016"), one(t, denseMods), one(t, []string{"2025-12-01", "2026-01-30", "2026-02-01", "2026-02-02"}),
			one(t, []string{"2026-01-29", "2026-02-01", "2026-02-03", "2026-02-28", "2026-03-04", "2026-12-31", ""}),
			one(t, []string{"0", "1", "3", "4", "8", "20", "1000000"}), mostly(t, 4, "approved", "partial", "pended", "denied", "cancelled"),
			mostly(t, 5, "", "UN", "HR"), period, units, mostly(t, 2, "", "waiver"), mostly(t, 2, "", "MCO1", "MCO2"), one(t, denseReceived)}
		fmt.Fprintln(&b, strings.Join(cells, ","))
	}
	return b.String()
}

func denseEnrollment(t *rapid.T, rows int) string {
	var b strings.Builder
	b.WriteString("member_id,start,end,payer,program,received_at\n")
	for range rows {
		cells := []string{mostly(t, 4, "M1", "M2"), one(t, []string{"2026-01-01", "2026-01-31", "2026-02-02"}),
			mostly(t, 2, "", "2026-02-02", "2026-01-31", "2025-12-31", "2026-02-08"), mostly(t, 2, "MCO1", "MCO2", "MCO3", ""),
			mostly(t, 4, "", "waiver"), one(t, denseReceived)}
		fmt.Fprintln(&b, strings.Join(cells, ","))
	}
	return b.String()
}

func denseWorld(t *rapid.T) []tables {
	var out []tables
	for _, partner := range []string{"state", "clinic"}[:rapid.IntRange(1, 2).Draw(t, "partners")] {
		out = append(out, tables{partner, denseEnrollment(t, rapid.IntRange(1, 4).Draw(t, "spans")),
			denseAuthorizations(t, rapid.IntRange(1, 7).Draw(t, "auths")), denseService(t, rapid.IntRange(0, 14).Draw(t, "lines"))})
	}
	return out
}

func denseRules(t *rapid.T) *ledger.Rules {
	rules := ledger.DefaultRules()
	if rapid.Bool().Draw(t, "zone") {
		rules.Zone = eastern
	}
	return rules
}

var eastern = time.FixedZone("EST", -5*3600)

// checkDense is the heart of the test: two readings of the page, one answer.
func checkDense(t *rapid.T) {
	sources := denseWorld(t)
	asOf := one(t, []string{"2026-01-29", "2026-02-01", "2026-02-02", "2026-02-09", "2026-03-15"})
	rules := denseRules(t)
	if err := compare(asOf, rules, load(t, sources...), sources...); err != nil {
		t.Fatalf("%v\n%+v", err, sources)
	}
}

func TestOracleAgreesOnDenseWorlds(t *testing.T) { rapid.Check(t, checkDense) }

// FuzzOracleAgrees lets the fuzzer draw the worlds.
func FuzzOracleAgrees(f *testing.F) { f.Fuzz(rapid.MakeFuzz(checkDense)) }
