package reconcile_test

import (
	"bytes"
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/internal/population"
	"github.com/throughline/throughline/internal/population/oracle"
	"github.com/throughline/throughline/jobs/load"
	"github.com/throughline/throughline/jobs/reconcile"
	"github.com/throughline/throughline/ledger"
	"github.com/throughline/throughline/store"
	"github.com/throughline/throughline/store/storetest"
)

const asOfText = "2026-06-30"

var asOf = func() ledger.Day { d, _ := ledger.ParseDay(asOfText); return d }()

// source is what one partner sends.
type source struct {
	partner string
	tables  map[string]string
}

func populate(t testing.TB, partner string, cfg population.Config) source {
	t.Helper()
	src, _ := planted(t, partner, cfg)
	return src
}

// planted is populate with what was planted.
func planted(t testing.TB, partner string, cfg population.Config) (source, map[string]int64) {
	t.Helper()
	var e, a, s, p, said, kept bytes.Buffer
	cfg.Prefix = partner
	if cfg.Plans != nil {
		cfg.Plans = &p
	}
	if cfg.Advices != nil {
		cfg.Advices = &said
	}
	if cfg.Continuations != nil {
		cfg.Continuations = &kept
	}
	stats, err := population.Generate(cfg, &e, &a, &s)
	if err != nil {
		t.Fatal(err)
	}
	src := source{partner, map[string]string{"enrollment": e.String(), "authorization": a.String(), "service": s.String()}}
	if cfg.Plans != nil {
		src.tables["plan"] = p.String()
	}
	if cfg.Advices != nil {
		src.tables["advice"] = said.String()
	}
	if cfg.Continuations != nil {
		src.tables["continuation"] = kept.String()
	}
	return src, stats.Planted
}

// shuffle puts the rows of a table in another order.
func shuffle(text string, seed uint64) string {
	rows := strings.SplitAfter(strings.TrimSuffix(text, "\n"), "\n")
	rows[len(rows)-1] += "\n"
	rand.New(rand.NewPCG(seed, 1)).Shuffle(len(rows)-1, func(i, j int) { rows[i+1], rows[j+1] = rows[j+1], rows[i+1] })
	return strings.Join(rows, "")
}

func importTable(t testing.TB, s *store.Store, partner, kind, text string) *store.Imported {
	t.Helper()
	r, err := load.New(kind, strings.NewReader(text), load.Options{Partner: "p", MemberSystem: storetest.MemberSystem,
		Bad: func(i load.Issue) { t.Errorf("%s %s", kind, i) }})
	if err != nil {
		t.Fatal(err)
	}
	b := storetest.Batch(partner, kind, text)
	b.Next = func() (store.ImportChunk, error) {
		c, err := r.Next()
		return store.ImportChunk(c), err
	}
	out, err := s.Import(context.Background(), b)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// advise commits the payer's words on claims.
func advise(t *testing.T, s *store.Store, src source) {
	t.Helper()
	var facts []gateway.AdviceFact
	table(t, src.tables["advice"], func(r []string) string {
		a := ledger.Advice{Partner: src.partner, Claim: r[0], Line: r[1], Code: r[3], Modifiers: r[4], Date: ledger.NoDay, Reason: r[6]}
		if d, err := ledger.ParseDay(r[5]); err == nil {
			a.Date = d
		}
		at, err := time.Parse(time.RFC3339, r[7])
		if err != nil {
			t.Fatal(err)
		}
		a.Received = ledger.StampOf(at)
		facts = append(facts, gateway.AdviceFact{Member: gateway.Identifier{System: storetest.MemberSystem, Value: r[2]}, Advice: a})
		return ""
	})
	if len(facts) == 0 {
		t.Fatal("the payer has said nothing")
	}
	(&mischief{t: t, s: s}).commit(gateway.Mapped{Facts: gateway.Facts{Advices: facts}})
}

// appeal commits the continuations of authorizations.
func appeal(t *testing.T, s *store.Store, src source) {
	t.Helper()
	var facts []gateway.AuthFact
	on := func(text string, otherwise ledger.Day) ledger.Day {
		if d, err := ledger.ParseDay(text); err == nil {
			return d
		}
		return otherwise
	}
	table(t, src.tables["continuation"], func(r []string) string {
		at, err := time.Parse(time.RFC3339, r[7])
		if err != nil {
			t.Fatal(err)
		}
		facts = append(facts, gateway.AuthFact{Member: gateway.Identifier{System: storetest.MemberSystem, Value: r[2]}, Auth: ledger.Auth{Partner: src.partner,
			ID: ledger.ContinuationID(r[0], r[1]), Continues: ledger.AuthKey{Partner: src.partner, ID: r[0]}, Start: on(r[3], ledger.NoDay), End: on(r[4], ledger.Forever),
			Status: ledger.Status(r[5]), Level: on(r[6], ledger.NoDay), Received: ledger.StampOf(at)}})
		return ""
	})
	(&mischief{t: t, s: s, n: 1000}).commit(gateway.Mapped{Facts: gateway.Facts{Auths: facts}})
}

// unitTable reads rows in the columns of population.UnitHeader.
func unitTable(t testing.TB, text string) (out []ledger.UnitRow) {
	t.Helper()
	on := func(text string) ledger.Day { d, _ := ledger.ParseDay(text); return max(d, 0) }
	table(t, text, func(r []string) string {
		out = append(out, ledger.UnitRow{Payer: r[0], Code: r[1], Modifiers: r[2], From: on(r[3]), To: on(r[4]), LineUnit: r[5], AuthUnit: r[6],
			Num: number(r[7]), Den: number(r[8]), Round: ledger.Rounding(r[9]), DailyMax: number(r[10])})
		return ""
	})
	return out
}

func deps(s *store.Store) reconcile.Deps { return reconcile.Deps{Runs: s, Facts: s, Results: s} }

func run(t testing.TB, s *store.Store, o reconcile.Options) *ledger.Summary {
	t.Helper()
	sum, err := reconcile.Run(context.Background(), deps(s), asOf, o)
	if err != nil {
		t.Fatal(err)
	}
	if !sum.Balanced() {
		t.Fatalf("rows do not balance: %+v", sum)
	}
	return sum
}

// export gives the files of the published run.
func export(t testing.TB, s *store.Store) map[string]string {
	t.Helper()
	r, err := s.RunOf(context.Background(), asOf)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if _, err := reconcile.Export(context.Background(), deps(s), r, dir, reconcile.ExportOptions{}); err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		text, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		out[e.Name()] = string(text)
	}
	return out
}

// judge asks the oracle and compares every line, split and authorization.
func judge(t *testing.T, files map[string]string, sources ...source) {
	t.Helper()
	judgeBy(t, oracle.Program{}, files, sources...)
}

// judgeBy also compares every flag and every finding.
func judgeBy(t *testing.T, asked oracle.Program, files map[string]string, sources ...source) {
	t.Helper()
	var in []oracle.Source
	for _, s := range sources {
		in = append(in, oracle.Source{Partner: s.partner, Enrollment: strings.NewReader(s.tables["enrollment"]),
			Authorization: strings.NewReader(s.tables["authorization"]), Service: strings.NewReader(s.tables["service"]), Plan: strings.NewReader(s.tables["plan"]),
			Advice: strings.NewReader(s.tables["advice"]), Continuation: strings.NewReader(s.tables["continuation"])})
	}
	want, err := asked.Run(asOfText, time.UTC, in...)
	if err != nil {
		t.Fatal(err)
	}
	var lines, splits, auths []string
	for _, l := range want.Lines {
		first, flags := "", l.Flags
		if len(l.Splits) > 0 {
			first = l.Splits[0].Authorization
		}
		if l.AfterAsOf {
			flags = append([]string{ledger.AfterAsOf}, flags...)
		}
		lines = append(lines, fmt.Sprintln(l.ID, l.Verdict, decimal(l.Units), l.Matched, len(l.Splits), first, strings.Join(flags, " ")))
		if len(l.Splits) < 2 {
			continue
		}
		for _, s := range slices.SortedFunc(slices.Values(l.Splits), func(a, b oracle.Split) int { return strings.Compare(a.Authorization, b.Authorization) }) {
			splits = append(splits, fmt.Sprintln(l.ID, s.Authorization, s.Units))
		}
	}
	for _, a := range want.Authorizations {
		auths = append(auths, fmt.Sprintln(a.ID, a.Approved, a.Used, a.Remaining, a.Burn, a.UnderUsed, a.DaysSince, a.Expiring))
	}
	var found []string
	for _, f := range want.Findings {
		found = append(found, fmt.Sprintln(f.Kind, f.Ref, f.Item, f.Code, f.Provider, f.Program, f.Payer, f.Days))
	}
	compare(t, "findings.csv", found, table(t, files["findings.csv"], func(r []string) string {
		return fmt.Sprintln(r[0], r[1], r[2], r[3], r[4], r[5], r[6], number(r[7]))
	}))
	compare(t, "lines.csv", lines, table(t, files["lines.csv"], func(r []string) string {
		return fmt.Sprintln(r[0], r[1], decimal(r[2]), number(r[3]), number(r[4]), r[5], r[6])
	}))
	compare(t, "splits.csv", splits, table(t, files["splits.csv"], func(r []string) string { return fmt.Sprintln(r[0], r[1], number(r[2])) }))
	compare(t, "authorizations.csv", auths, table(t, files["authorizations.csv"], func(r []string) string {
		return fmt.Sprintln(r[0], number(r[1]), number(r[2]), number(r[3]), number(r[4]), r[5] == "true", number(r[6]), r[7] == "true")
	}))
}

func number(s string) int64 {
	n, _ := strconv.ParseInt(s, 10, 64)
	return n
}

func decimal(s string) ledger.Decimal {
	d, _ := ledger.ParseDecimal(s)
	return d
}

func table(t testing.TB, text string, word func([]string) string) []string {
	t.Helper()
	r := csv.NewReader(strings.NewReader(text))
	if _, err := r.Read(); err != nil {
		t.Fatal(err)
	}
	var out []string
	for {
		row, err := r.Read()
		if err == io.EOF {
			return out
		}
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, word(row))
	}
}

func compare(t *testing.T, name string, want, got []string) {
	t.Helper()
	if len(want) != len(got) {
		t.Errorf("%s: %d rows, the oracle has %d", name, len(got), len(want))
	}
	wrong := 0
	for i := range min(len(want), len(got)) {
		if want[i] != got[i] {
			if wrong++; wrong <= 5 {
				t.Errorf("%s row %d: %q, the oracle says %q", name, i+1, got[i], want[i])
			}
		}
	}
	if wrong > 0 {
		t.Errorf("%s: %d of %d rows differ", name, wrong, len(want))
	}
}
