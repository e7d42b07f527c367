package demo_test

import (
	"bytes"
	"cmp"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/throughline/throughline/demo"
	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/jobs/reconcile"
	"github.com/throughline/throughline/ledger"
	"github.com/throughline/throughline/store/storetest"
)

// TestSameDaySameMessages: chance and the number of workers change no byte.
func TestSameDaySameMessages(t *testing.T) {
	take := func(workers int) []gateway.Message {
		s := &sink{}
		if _, err := demo.Seed(t.Context(), s, demo.Options{Today: today, Children: 90, Workers: workers}); err != nil {
			t.Fatal(err)
		}
		slices.SortFunc(s.mail, func(a, b gateway.Message) int { return cmp.Compare(a.Key, b.Key) })
		return s.mail
	}
	one, many := take(1), take(16)
	if len(one) != len(many) {
		t.Fatalf("%d messages, then %d", len(one), len(many))
	}
	for i := range one {
		a, b := one[i], many[i]
		if a.Key != b.Key || a.Partner != b.Partner || a.Kind != b.Kind || !a.Received.Equal(b.Received) || !bytes.Equal(a.Body, b.Body) {
			t.Fatalf("message %s differs from %s", a.Key, b.Key)
		}
		if i > 0 && a.Key == one[i-1].Key {
			t.Errorf("two messages with the key %s", a.Key)
		}
	}
}

// TestSameExportOnBothDatabases: two stores, two orders of arrival, the bulk
// door or none, and one answer.
func TestSameExportOnBothDatabases(t *testing.T) {
	const children = 60
	first := export(t, newWorld(t, sqlite(t)), func(w *world) demo.Door { return door{w} }, children)
	second := export(t, newWorld(t, storetest.Postgres(t)), func(w *world) demo.Door { return plain{door{w}} }, children)
	for _, name := range []string{"lines.csv", "splits.csv", "authorizations.csv"} {
		if len(first[name]) == 0 || !bytes.Equal(first[name], second[name]) {
			t.Errorf("%s differs: %d bytes on SQLite, %d on PostgreSQL", name, len(first[name]), len(second[name]))
		}
	}
}

// export seeds a world, reconciles yesterday and gives the files.
func export(t *testing.T, w *world, through func(*world) demo.Door, children int) map[string][]byte {
	t.Helper()
	seed(t, through(w), children)
	deps := reconcile.Deps{Runs: w.store, Facts: w.store, Results: w.store, Rules: w.cfg.Rules}
	sum, err := reconcile.Run(t.Context(), deps, ledger.DayOf(today)-1, reconcile.Options{})
	if err != nil {
		t.Fatal(err)
	}
	run, err := w.store.RunByID(t.Context(), sum.Run)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if _, err := reconcile.Export(t.Context(), deps, run, dir, reconcile.ExportOptions{}); err != nil {
		t.Fatal(err)
	}
	files := map[string][]byte{}
	names, err := filepath.Glob(filepath.Join(dir, "*.csv"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		body, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		files[filepath.Base(name)] = body
	}
	return files
}
