package ledger_test

import (
	"bytes"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/throughline/throughline/internal/population"
	"github.com/throughline/throughline/ledger"
)

// everyVerdict of the page.
var everyVerdict = []ledger.Verdict{ledger.Replaced, ledger.Voided, ledger.Void, ledger.UnknownOriginal, ledger.InvalidLine, ledger.DeniedLine, ledger.UnknownUnit,
	ledger.Duplicate, ledger.NotEnrolled, ledger.Matched, ledger.OverCap, ledger.Exhausted, ledger.WrongPayer, ledger.WrongProvider,
	ledger.OutsidePeriod, ledger.WrongModifier, ledger.WrongCode, ledger.NoAuthorization}

func populate(tb testing.TB, seed uint64, members int, partner, prefix string) tables {
	tb.Helper()
	cfg := population.Default(members)
	cfg.Seed, cfg.Prefix, cfg.Measured = seed, prefix, true
	var e, a, s, said, kept bytes.Buffer
	cfg.Advices, cfg.Continuations = &said, &kept
	if _, err := population.Generate(cfg, &e, &a, &s); err != nil {
		tb.Fatal(err)
	}
	return tables{partner, e.String(), a.String(), s.String(), said.String(), kept.String()}
}

// measured are the default rules with the unit table of the populations.
func measured(tb testing.TB) (rules *ledger.Rules, units string) {
	tb.Helper()
	rules, units = ledger.DefaultRules(), population.UnitTable(population.Default(1))
	rules.Units = unitTable(tb, units)
	if errs := rules.Check(); len(rules.Units) == 0 || len(errs) > 0 {
		tb.Fatal(errs)
	}
	return rules, units
}

func TestOracleAgreesOnPopulations(t *testing.T) {
	rules, units := measured(t)
	seen := map[string]int{}
	for seed, asOf := range []string{"2025-12-31", "2026-03-01", "2026-06-30", "2025-08-15"} {
		src := populate(t, uint64(seed), 150, "state", "")
		w := load(t, src)
		if err := compare(asOf, rules, units, w, src); err != nil {
			t.Fatal(err)
		}
		for _, l := range w.settle(date(asOf, 0), rules).Lines {
			seen[l.Verdict]++
			for _, flag := range l.Flags {
				seen[flag]++
			}
		}
	}
	for _, v := range everyVerdict {
		if seen[string(v)] == 0 {
			t.Errorf("no line of the populations is %s", v)
		}
	}
	for _, flag := range []string{ledger.OverDailyMaximum, ledger.ContinuedBenefits} {
		if seen[flag] == 0 {
			t.Errorf("no line of the populations has the flag %s", flag)
		}
	}
	t.Log(seen)
}

// The list above is that of the page.
func TestEveryVerdictOfThePageIsTried(t *testing.T) {
	page, err := os.ReadFile("../docs/ledger.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(page), "| Verdict | When |")
	table, _, _ = strings.Cut(table, "\n\n")
	var said []ledger.Verdict
	for _, row := range strings.Split(table, "\n") {
		if cells := strings.Split(row, "|"); len(cells) > 2 {
			for _, word := range regexp.MustCompile("`[a-z_]+`").FindAllString(cells[1], -1) {
				said = append(said, ledger.Verdict(strings.Trim(word, "`")))
			}
		}
	}
	slices.Sort(said)
	want := slices.Sorted(slices.Values(everyVerdict))
	if !slices.Equal(said, want) {
		t.Errorf("docs/ledger.md names %v\nthe populations are tried for %v", said, want)
	}
}

// Two partners speak about the same children: the second has the same record ids
// for other records.
func TestOracleAgreesOnTwoPartners(t *testing.T) {
	rules, units := measured(t)
	rules.Zone = eastern
	a, b := populate(t, 11, 120, "state", ""), populate(t, 12, 120, "clinic", "")
	if err := compare("2026-03-01", rules, units, load(t, a, b), a, b); err != nil {
		t.Fatal(err)
	}
}

// BenchmarkSettle is the law alone on one core: over ordinary children (the mix of
// the prototype in the speed notes: 35 lines, 3 authorizations, caps and splits,
// every line new), over the population with all its oddities while it is in the
// cache, as it is when a store has just read it, and over more than a cache holds.
func BenchmarkSettle(b *testing.B) {
	b.Run("ordinary", func(b *testing.B) { benchmarkSettle(b, ordinary(40)) })
	b.Run("odd", func(b *testing.B) { benchmarkSettle(b, odd(b, 40)) })
	b.Run("odd_cold", func(b *testing.B) { benchmarkSettle(b, odd(b, 3000)) })
}

func odd(b *testing.B, members int) []*ledger.Case {
	var cases []*ledger.Case
	for _, c := range load(b, populate(b, 1, members, "state", "")).cases {
		cases = append(cases, c)
	}
	return cases
}

func ordinary(members int) []*ledger.Case {
	var cases []*ledger.Case
	for m := range members {
		c := &ledger.Case{Spans: []ledger.Span{span("M1", "2026-01-01", "")}}
		for n, code := range []string{"H2021", "T1016", "S5150"} {
			c.Auths = append(c.Auths, auth(fmt.Sprintf("A%08d", m*3+n), 60, func(a *ledger.Auth) {
				a.Code, a.CapPeriod, a.CapUnits = code, []ledger.CapPeriod{ledger.CapWeek, ledger.CapMonth, ledger.NoCap}[n], 20
			}))
		}
		for n := range 35 {
			day := ledger.Day(int(on("2026-01-01")) + n*7%89)
			c.Lines = append(c.Lines, line(fmt.Sprintf("L%09d", m*35+n), day.String(), "6", func(l *ledger.Line) { l.Code = c.Auths[n%3].Code }))
		}
		cases = append(cases, c)
	}
	return cases
}

func benchmarkSettle(b *testing.B, cases []*ledger.Case) {
	lines := 0
	for _, c := range cases {
		lines += len(c.Lines)
	}
	s := ledger.NewSettler(nil)
	asOf := date("2026-03-01", 0)
	b.ReportAllocs()
	for b.Loop() {
		for _, c := range cases {
			s.Settle(c, asOf)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(lines), "ns/line")
	b.ReportMetric(float64(b.N)*float64(lines)/b.Elapsed().Seconds()/1e6, "Mlines/s")
}
