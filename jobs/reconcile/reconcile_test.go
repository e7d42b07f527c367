package reconcile_test

import (
	"context"
	"errors"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/internal/population"
	"github.com/throughline/throughline/internal/population/oracle"
	"github.com/throughline/throughline/jobs"
	"github.com/throughline/throughline/jobs/reconcile"
	"github.com/throughline/throughline/ledger"
	"github.com/throughline/throughline/store"
	"github.com/throughline/throughline/store/storetest"
)

// TestAgreesWithTheOracle imports two partners' tables in several orders, runs
// the law and compares every line and every authorization with the oracle.
func TestAgreesWithTheOracle(t *testing.T) {
	orders := map[string][]string{"in order": {"enrollment", "authorization", "service"}, "backwards": {"service", "authorization", "enrollment"}}
	for name, order := range orders {
		t.Run(name, func(t *testing.T) {
			storetest.Each(t, func(t *testing.T, open func() *store.Store) {
				s := open()
				big := population.Default(250)
				small := population.Default(60)
				small.Seed = 7
				sources := []source{populate(t, "b", big), populate(t, "a", small)}
				if name == "backwards" {
					for i := range sources {
						for kind, text := range sources[i].tables {
							sources[i].tables[kind] = shuffle(text, uint64(i))
						}
					}
				}
				for _, kind := range order {
					for _, src := range sources {
						importTable(t, s, src.partner, kind, src.tables[kind])
					}
				}
				run(t, s, reconcile.Options{})
				judge(t, export(t, s), sources...)
			})
		})
	}
}

// TestThreeWayAgreesWithTheOracle has plans of care, care teams, the payer's own
// counts and words on claims, appeals, and a unit table with daily maxima: every verdict,
// flag and finding is the oracle's, and what was planted is found as often as it
// was planted. Large: 100,000 lines.
func TestThreeWayAgreesWithTheOracle(t *testing.T) {
	members := 150
	if large() {
		members = 2860
	}
	cfg := population.Default(members)
	cfg.Plans, cfg.Advices, cfg.Continuations, cfg.Measured = io.Discard, io.Discard, io.Discard, true
	src, want := planted(t, "p", cfg)
	rules := *ledger.DefaultRules()
	rules.Units = unitTable(t, population.UnitTable(cfg))
	rules.Independent = []ledger.ProgramRule{{Program: population.IndependentProgram}}
	rules.Coordination = []string{"T1016", "T1017"}
	asked := oracle.Program{Independent: map[string]bool{population.IndependentProgram: true}, Coordination: map[string]bool{"T1016": true, "T1017": true},
		Units: population.UnitTable(cfg)}
	storetest.Each(t, func(t *testing.T, open func() *store.Store) {
		s := open()
		for _, kind := range []string{"plan", "enrollment", "authorization", "service"} {
			importTable(t, s, "p", kind, src.tables[kind])
		}
		advise(t, s, src)
		appeal(t, s, src)
		d := deps(s)
		d.Rules = &rules
		if sum, err := reconcile.Run(context.Background(), d, asOf, reconcile.Options{}); err != nil || !sum.Balanced() {
			t.Fatalf("%+v %v", sum, err)
		}
		files := export(t, s)
		judgeBy(t, asked, files, src)
		found := map[string]int64{}
		table(t, files["findings.csv"], func(r []string) string { found["finds "+r[0]+" "+r[3]]++; return "" })
		code := map[string]string{}
		table(t, src.tables["service"], func(r []string) string { code[r[0]] = r[4]; return "" })
		table(t, files["lines.csv"], func(r []string) string {
			for _, flag := range strings.Fields(r[6]) {
				found["flags "+flag+" "+code[r[0]]]++
			}
			found["verdict "+r[1]+" "+code[r[0]]]++
			return ""
		})
		kinds := 0
		for what, n := range want {
			if word, _, _ := strings.Cut(what, " "); word == "finds" || word == "flags" || word == "verdict" {
				if kinds++; found[what] != n {
					t.Errorf("%s: %d, planted %d", what, found[what], n)
				}
			}
		}
		if kinds < 17 {
			t.Errorf("only %d kinds of discrepancies were planted: %v", kinds, want)
		}
	})
}

// TestLateRowsAreJudgedAgain imports half of the service lines, runs, imports
// the rest, runs again, and asks the first run again by its watermark.
func TestLateRowsAreJudgedAgain(t *testing.T) {
	storetest.Each(t, func(t *testing.T, open func() *store.Store) {
		s := open()
		src := populate(t, "p", population.Default(80))
		head, rows, _ := strings.Cut(src.tables["service"], "\n")
		half := strings.Index(rows[len(rows)/2:], "\n") + len(rows)/2 + 1
		importTable(t, s, "p", "authorization", src.tables["authorization"])
		importTable(t, s, "p", "service", head+"\n"+rows[:half])
		importTable(t, s, "p", "enrollment", src.tables["enrollment"])
		first := run(t, s, reconcile.Options{Workers: 3})
		early := export(t, s)
		importTable(t, s, "p", "service", head+"\n"+rows[half:])
		second := run(t, s, reconcile.Options{})
		if first.Run == second.Run || first.Known >= second.Known {
			t.Fatalf("first %+v, second %+v", first, second)
		}
		judge(t, export(t, s), src)
		again := run(t, s, reconcile.Options{Known: first.Known})
		if d := cmp.Diff(first, again); d != "" {
			t.Errorf("pinned run: %s", d)
		}
		if !strings.Contains(export(t, s)["manifest.json"], second.Run) {
			t.Error("the date no longer points at the run that knows more")
		}
		pinned, err := s.RunByID(context.Background(), first.Run)
		if err != nil {
			t.Fatal(err)
		}
		dir := t.TempDir()
		if _, err := reconcile.Export(context.Background(), deps(s), pinned, dir, reconcile.ExportOptions{}); err != nil {
			t.Fatal(err)
		}
		if len(early["lines.csv"]) == 0 {
			t.Error("nothing exported")
		}
	})
}

func TestDryRunCountsTheSame(t *testing.T) {
	storetest.Each(t, func(t *testing.T, open func() *store.Store) {
		s := open()
		src := populate(t, "p", population.Default(60))
		for kind, text := range src.tables {
			importTable(t, s, "p", kind, text)
		}
		dry := run(t, s, reconcile.Options{DryRun: true})
		if _, err := s.RunOf(context.Background(), asOf); gateway.FaultOf(err).Code != gateway.NotFound {
			t.Errorf("a dry run leaves nothing: %v", err)
		}
		if d := cmp.Diff(dry.Tally, run(t, s, reconcile.Options{}).Tally); d != "" {
			t.Error(d)
		}
	})
}

// TestF23InstancesShareOneRun is F23: ten instances start the same night at once.
func TestF23InstancesShareOneRun(t *testing.T) {
	storetest.Each(t, func(t *testing.T, open func() *store.Store) {
		first := open()
		src := populate(t, "p", population.Default(200))
		for kind, text := range src.tables {
			importTable(t, first, "p", kind, text)
		}
		instances := []*store.Store{first}
		for len(instances) < 10 {
			if first.Kind() == "sqlite" {
				instances = append(instances, first) // one process owns a SQLite file
			} else {
				instances = append(instances, open())
			}
		}
		summaries := make([]*ledger.Summary, len(instances))
		var wg sync.WaitGroup
		for i, s := range instances {
			wg.Go(func() { summaries[i] = run(t, s, reconcile.Options{Workers: 2}) })
		}
		wg.Wait()
		for _, sum := range summaries[1:] {
			if d := cmp.Diff(summaries[0], sum); d != "" {
				t.Fatalf("two instances, two answers: %s", d)
			}
		}
		judge(t, export(t, first), src)
	})
}

// TestPruneKeepsWhatIsBuiltOn: a full run stays while a run that builds on it
// does, and goes together with it.
func TestPruneKeepsWhatIsBuiltOn(t *testing.T) {
	storetest.Each(t, func(t *testing.T, open func() *store.Store) {
		s, ctx := open(), context.Background()
		src := populate(t, "p", population.Default(20))
		for kind, text := range src.tables {
			importTable(t, s, "p", kind, text)
		}
		base := run(t, s, reconcile.Options{}).Run
		m := newMischief(t, s, 3, src)
		var built []string
		for range 2 {
			m.newChild()
			built = append(built, since(t, s, ledger.SinceLast).ID)
		}
		if dropped, err := s.PruneRuns(ctx, 1); err != nil || len(dropped) != 1 || dropped[0] != built[0] {
			t.Fatalf("dropped %v, error %v: want %s, which a later one stands for", dropped, err, built[0])
		}
		export(t, s)
		if _, err := reconcile.Run(ctx, deps(s), asOf+1, reconcile.Options{}); err != nil {
			t.Fatal(err)
		}
		if dropped, err := s.PruneRuns(ctx, 1); err != nil || len(dropped) != 2 || dropped[0] != built[1] || dropped[1] != base {
			t.Fatalf("dropped %v, error %v: want %s and its base %s", dropped, err, built[1], base)
		}
	})
}

// TestLostLeaseWritesNothing is F17 for parts: a worker that wakes after its
// lease finds its part gone.
func TestLostLeaseWritesNothing(t *testing.T) {
	storetest.Each(t, func(t *testing.T, open func() *store.Store) {
		s, ctx := open(), context.Background()
		src := populate(t, "p", population.Default(30))
		for kind, text := range src.tables {
			importTable(t, s, "p", kind, text)
		}
		r, err := s.BeginRun(ctx, ledger.RunSpec{AsOf: asOf, Rules: ledger.DefaultRules().Version(), Zone: "UTC"})
		if err != nil {
			t.Fatal(err)
		}
		slow, _, err := s.ClaimPart(ctx, r, 0) // the lease is over at once
		if err != nil || slow == nil {
			t.Fatal(slow, err)
		}
		run(t, s, reconcile.Options{})
		settle := func(func(*ledger.Case, *ledger.Result)) (*ledger.Tally, error) { return ledger.NewTally(), nil }
		if err := s.SavePart(ctx, slow, settle); !errors.Is(err, ledger.ErrLostPart) {
			t.Errorf("the slow worker: %v", err)
		}
		judge(t, export(t, s), src)
	})
}

func TestExplain(t *testing.T) {
	storetest.Each(t, func(t *testing.T, open func() *store.Store) {
		s, ctx := open(), context.Background()
		src := populate(t, "p", population.Default(40))
		for kind, text := range src.tables {
			importTable(t, s, "p", kind, text)
		}
		run(t, s, reconcile.Options{})
		r, err := s.RunOf(ctx, asOf)
		if err != nil {
			t.Fatal(err)
		}
		seen := map[ledger.Verdict]bool{}
		err = s.EachVerdict(ctx, r, func(v *ledger.VerdictRow) error {
			if seen[v.Verdict] {
				return nil
			}
			seen[v.Verdict] = true
			e, err := reconcile.Explain(ctx, deps(s), r, nil, "", v.ID)
			if err != nil {
				return err
			}
			if e.Verdict != string(v.Verdict) || e.Matched != v.Matched || e.Version != v.Known || e.Rule == "" || e.Reason == "" || e.Run != r.ID {
				t.Errorf("%+v explains %+v", e, v)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if len(seen) < 10 {
			t.Errorf("only %d verdicts explained", len(seen))
		}
		stranger := gateway.Caller{Partner: "x", Scopes: []string{"partner:x"}}
		if _, err := reconcile.Explain(ctx, deps(s), r, &stranger, "", "pL000000001"); gateway.FaultOf(err).Code != gateway.NotFound {
			t.Errorf("a stranger: %v", err)
		}
	})
}

func TestNightlyAndPrune(t *testing.T) {
	storetest.Each(t, func(t *testing.T, open func() *store.Store) {
		s, ctx := open(), context.Background()
		src := populate(t, "p", population.Default(20))
		for kind, text := range src.tables {
			importTable(t, s, "p", kind, text)
		}
		cal, err := jobs.ParseCalendar("0 2 * * *", time.UTC)
		if err != nil {
			t.Fatal(err)
		}
		for _, slot := range cal.Next(asOf.Time(), 3) {
			if result, err := reconcile.Nightly(deps(s), reconcile.Options{}, nil)(ctx, slot, func(gateway.Progress) {}); err != nil || !strings.Contains(result, "as of "+(slot.Date()-1).String()) {
				t.Fatalf("%s: %q %v", slot, result, err)
			}
		}
		dropped, err := s.PruneRuns(ctx, 1)
		if err != nil || len(dropped) != 2 {
			t.Fatalf("dropped %v, error %v", dropped, err)
		}
		last, err := s.LastRun(ctx)
		if err != nil || last.AsOf != asOf+1 {
			t.Fatalf("last %+v, error %v", last, err)
		}
		if _, err := s.RunOf(ctx, asOf); gateway.FaultOf(err).Code != gateway.NotFound {
			t.Errorf("a dropped run: %v", err)
		}
		if _, err := reconcile.Export(ctx, deps(s), last, t.TempDir(), reconcile.ExportOptions{}); err != nil {
			t.Error(err)
		}
	})
}
