package reconcile_test

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/internal/population"
	"github.com/throughline/throughline/jobs/reconcile"
	"github.com/throughline/throughline/ledger"
	"github.com/throughline/throughline/store"
	"github.com/throughline/throughline/store/storetest"
)

// mischief changes a store at random, in every way that the ledger knows.
type mischief struct {
	*rand.Rand
	t    *testing.T
	s    *store.Store
	rows map[string][][]string // the rows as they were first sent, by kind
	n    int
	todo []string
	done []string
}

func newMischief(t *testing.T, s *store.Store, seed uint64, src source) *mischief {
	m := &mischief{Rand: rand.New(rand.NewPCG(seed, 27)), t: t, s: s, rows: map[string][][]string{}}
	for kind, text := range src.tables {
		for _, row := range strings.Split(strings.TrimSpace(text), "\n")[1:] {
			m.rows[kind] = append(m.rows[kind], strings.Split(row, ","))
		}
	}
	return m
}

var heads = map[string]string{"enrollment": population.EnrollmentHeader, "authorization": population.AuthorizationHeader, "service": population.ServiceHeader}

// row is a copy of one of the rows, received after all of them.
func (m *mischief) row(kind string) []string {
	r := append([]string{}, m.rows[kind][m.IntN(len(m.rows[kind]))]...)
	m.n++
	r[len(r)-1] = time.Date(2026, 8, 1, 0, m.n, 0, 0, time.UTC).Format(time.RFC3339)
	return r
}

func (m *mischief) send(kind string, rows ...[]string) {
	text := heads[kind] + "\n"
	for _, r := range rows {
		text += strings.Join(r, ",") + "\n"
	}
	importTable(m.t, m.s, "p", kind, text)
}

func (m *mischief) id(prefix string) string {
	m.n++
	return fmt.Sprintf("%s-new-%04d", prefix, m.n)
}

func (m *mischief) member() gateway.Identifier {
	return gateway.Identifier{System: storetest.MemberSystem, Value: m.row("enrollment")[0]}
}

func (m *mischief) commit(mapped gateway.Mapped) {
	m.t.Helper()
	id := m.id("m")
	r, err := m.s.Commit(context.Background(), &gateway.Receipt{State: gateway.Accepted, Mapped: mapped,
		Message: &gateway.Message{ID: gateway.MessageID(id), Partner: "p", Channel: "fhir", Body: []byte(id), Received: time.Unix(1, 0)},
		Reply:   func(*gateway.Receipt) *gateway.Answer { return &gateway.Answer{Status: 201, Effect: 1} }})
	if err != nil || r.State != gateway.Accepted && mapped.Merges == nil {
		m.t.Fatalf("%+v %v", r, err)
	}
}

// merge asks for a merge, and a person allows it.
func (m *mischief) merge() {
	from, into := m.member(), m.member()
	if from == into {
		return
	}
	m.commit(gateway.Mapped{Merges: []gateway.Merge{{From: from, Into: into}}})
	open, err := m.s.Reviews(context.Background(), false)
	if err != nil || len(open) > 1 {
		m.t.Fatalf("%+v %v", open, err)
	}
	if len(open) == 0 { // they are one already
		return
	}
	if _, err := m.s.LinkPeople(context.Background(), open[0].ID, "one child", "operator"); err != nil {
		m.t.Fatal(err)
	}
}

// changes by name. Columns are those of the default tables.
func (m *mischief) changes() map[string]func() {
	return map[string]func(){
		"a line again with other units": func() { r := m.row("service"); r[7] = fmt.Sprint(1 + m.IntN(30)); m.send("service", r) },
		"a new line":                    func() { r := m.row("service"); r[0], r[1] = m.id("L"), m.id("C"); m.send("service", r) },
		"a line void": func() {
			r := m.row("service")
			r[0], r[9], r[10] = m.id("L"), "8", r[0]
			m.send("service", r)
		},
		"a replacement of another child's line": func() {
			r := m.row("service")
			r[0], r[9], r[10] = m.id("L"), "7", m.row("service")[0]
			m.send("service", r)
		},
		"a line that is another child's now": func() { r := m.row("service"); r[2] = m.member().Value; m.send("service", r) },
		"an authorization cut": func() {
			r := m.row("authorization")
			r[7], r[len(r)-1] = fmt.Sprint(m.IntN(40)), "2026-06-01T00:00:00Z"
			m.send("authorization", r)
		},
		"an authorization of another child": func() {
			r := m.row("authorization")
			r[1], r[len(r)-1] = m.member().Value, "2026-06-02T00:00:00Z"
			m.send("authorization", r)
		},
		"coverage ends early":  func() { r := m.row("enrollment"); r[2] = "2026-02-01"; m.send("enrollment", r) },
		"coverage taken back":  func() { r := m.row("enrollment"); r[2] = "2020-01-01"; m.send("enrollment", r) },
		"a child nobody knew":  m.newChild,
		"coverage and no care": func() { r := m.row("enrollment"); r[0] = m.id("SYN"); m.send("enrollment", r) },
		"a denial": func() {
			r := m.row("service")
			m.commit(gateway.Mapped{Facts: gateway.Facts{Advices: []gateway.AdviceFact{{Member: gateway.Identifier{System: storetest.MemberSystem, Value: r[2]},
				Advice: ledger.Advice{Partner: "p", Claim: r[1], Date: ledger.NoDay, Reason: "CO-197", Received: ledger.StampOf(time.Date(2026, 9, 1, 0, 0, 0, 0, time.UTC))}}}}})
		},
		"a plan": func() {
			m.commit(gateway.Mapped{Facts: gateway.Facts{Plans: []gateway.PlanFact{{Member: m.member(), Plan: ledger.Plan{Partner: "p", ID: m.id("P"), Kind: ledger.CarePlan,
				Status: "active", Start: asOf - 100, End: ledger.Forever, Items: []ledger.PlanItem{{ID: "1", Code: m.row("service")[4], End: ledger.Forever}}}}}}})
		},
		"two children are one": m.merge,
	}
}

func (m *mischief) newChild() {
	e, a, l := m.row("enrollment"), m.row("authorization"), m.row("service")
	who := m.id("SYN")
	e[0], a[1], l[2] = who, who, who
	a[0], l[0], l[1] = m.id("A"), m.id("L"), m.id("C")
	m.send("enrollment", e)
	m.send("authorization", a)
	m.send("service", l)
}

// act makes the next few changes: all of them in turn, in an order of its own.
func (m *mischief) act(some int) {
	all := m.changes()
	for range some {
		if len(m.todo) == 0 {
			m.todo = slices.Sorted(maps.Keys(all))
			m.Shuffle(len(m.todo), func(i, j int) { m.todo[i], m.todo[j] = m.todo[j], m.todo[i] })
		}
		name := m.todo[0]
		m.todo, m.done = m.todo[1:], append(m.done, name)
		all[name]()
	}
}

// large says that the long counts are wanted.
func large() bool { return os.Getenv("THROUGHLINE_FAULTS") == "large" }

// since makes an incremental run, which must be one.
func since(t *testing.T, s *store.Store, base string) (told *ledger.Run) {
	t.Helper()
	run(t, s, reconcile.Options{Workers: 2, Since: base, Told: func(r *ledger.Run) { told = r }})
	if told.Why != "" {
		t.Fatalf("the run is full: %s", told.Why)
	}
	return told
}

// TestIncrementalIsFull changes things at random, again and again: judging only
// who has changed leaves the very files that judging everybody does.
func TestIncrementalIsFull(t *testing.T) {
	rounds := 4
	if large() {
		rounds = 100
	}
	storetest.Each(t, func(t *testing.T, open func() *store.Store) {
		s := open()
		src := populate(t, "p", population.Default(40))
		for _, kind := range []string{"enrollment", "authorization", "service"} {
			importTable(t, s, "p", kind, src.tables[kind])
		}
		full := run(t, s, reconcile.Options{})
		m := newMischief(t, s, 5, src)
		for round := range rounds {
			m.done = nil
			for _, base := range []string{ledger.SinceLast, full.Run} {
				m.act(1 + m.IntN(3))
				if told := since(t, s, base); told.ID != full.Run && (told.Base == 0 || told.BaseKnown != full.Known) {
					t.Fatalf("round %d builds on %d, known %d: want run %s, known %d", round, told.Base, told.BaseKnown, full.Run, full.Known)
				}
			}
			quick, before := export(t, s), full.Fingerprint
			full = run(t, s, reconcile.Options{Full: true})
			if d := cmp.Diff(export(t, s), quick); d != "" {
				t.Fatalf("round %d, after %q: %s", round, m.done, d[:min(len(d), 3000)])
			}
			if full.Fingerprint == before {
				t.Fatalf("round %d, after %q: nothing was seen", round, m.done)
			}
			if again, err := s.RunByID(context.Background(), full.Run); err != nil || again.Base != 0 {
				t.Fatalf("--full left an incremental run: %+v %v", again, err)
			}
		}
	})
}

// TestIncrementFallsBack: where there is nothing to build on every child is
// judged, and the run says why.
func TestIncrementFallsBack(t *testing.T) {
	storetest.Each(t, func(t *testing.T, open func() *store.Store) {
		s, ctx := open(), context.Background()
		src := populate(t, "p", population.Default(110))
		for kind, text := range src.tables {
			importTable(t, s, "p", kind, text)
		}
		why := func(day ledger.Day, rules *ledger.Rules, base string) string {
			t.Helper()
			d, reason := deps(s), ""
			d.Rules = rules
			sum, err := reconcile.Run(ctx, d, day, reconcile.Options{Since: base, Told: func(r *ledger.Run) { reason = r.Why }})
			if err != nil || !sum.Balanced() {
				t.Fatal(sum, err)
			}
			return reason
		}
		if got := why(asOf, nil, ledger.SinceLast); got != "there is no full run of 2026-06-30 with the same rules" {
			t.Error(got)
		}
		first, err := s.RunOf(ctx, asOf)
		if err != nil {
			t.Fatal(err)
		}
		other := *ledger.DefaultRules()
		other.Thresholds.ExpiringDays++
		if got := why(asOf, &other, first.ID); got != fmt.Sprintf("run %s was made by rules %s, now they are %s", first.ID, first.Rules, other.Version()) {
			t.Error(got)
		}
		if got := why(asOf-1, nil, first.ID); got != "run "+first.ID+" is as of 2026-06-30" {
			t.Error(got)
		}
		m := newMischief(t, s, 1, src)
		var lines [][]string
		for range 400 {
			r := m.row("service")
			r[0] = m.id("L")
			lines = append(lines, r)
		}
		m.send("service", lines...)
		if got := why(asOf, nil, ledger.SinceLast); !strings.HasSuffix(got, "children have changed since run "+first.ID) {
			t.Error(got)
		}
		if _, err := reconcile.Run(ctx, deps(s), asOf, reconcile.Options{Since: "nonsense", Known: first.Known - 1}); gateway.FaultOf(err).Code != gateway.NotFound {
			t.Errorf("a run that is not there: %v", err)
		}
	})
}
