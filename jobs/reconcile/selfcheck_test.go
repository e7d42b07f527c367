package reconcile_test

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/throughline/throughline/internal/population"
	"github.com/throughline/throughline/jobs/reconcile"
	"github.com/throughline/throughline/ledger"
	"github.com/throughline/throughline/store/storetest"
)

// spoil changes what stands of every line behind the program's back.
func spoil(t *testing.T, url string) {
	t.Helper()
	driver := "sqlite"
	if strings.HasPrefix(url, "postgres") {
		driver = "pgx"
	}
	db, err := sql.Open(driver, url)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec("update verdict set matched = matched + 1"); err != nil {
		t.Fatal(err)
	}
}

// TestSelfCheck: every run is checked in one bucket that its id draws. What does not
// agree is told, the run is an error, nothing builds on it, and the next is full.
func TestSelfCheck(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, url string) {
		s := openAt(t, url)
		defer s.Close()
		src := populate(t, "p", population.Default(110))
		for _, kind := range []string{"enrollment", "authorization", "service"} {
			importTable(t, s, "p", kind, src.tables[kind])
		}
		var checks []reconcile.Check
		judge := func(o reconcile.Options) (why string, base int, err error) {
			d := deps(s)
			d.Checked = func(c reconcile.Check) { checks = append(checks, c) }
			o.Told = func(r *ledger.Run) { why, base = r.Why, r.Base }
			_, err = reconcile.Run(context.Background(), d, asOf, o)
			return why, base, err
		}
		if _, _, err := judge(reconcile.Options{}); err != nil || len(checks) != 1 || checks[0].Rows == 0 || checks[0].Differ != 0 {
			t.Fatalf("%v %+v", err, checks)
		}
		if _, _, err := judge(reconcile.Options{}); err != nil || len(checks) != 1 {
			t.Errorf("a run that stood was checked again: %v %+v", err, checks)
		}
		m := newMischief(t, s, 5, src)
		m.act(1)
		if _, base, err := judge(reconcile.Options{Since: ledger.SinceLast}); err != nil || base == 0 || len(checks) != 2 || checks[1].Differ != 0 {
			t.Fatalf("an increment: base %d, %v %+v", base, err, checks)
		}
		spoil(t, url)
		m.act(1)
		_, base, err := judge(reconcile.Options{Since: ledger.SinceLast})
		if !errors.Is(err, reconcile.ErrDoubted) || base == 0 || checks[2].Differ == 0 || !strings.Contains(err.Error(), "as of 2026-06-30, bucket ") {
			t.Fatalf("built on what was spoiled: base %d, %v %+v", base, err, checks)
		}
		if n, err := s.DoubtedRuns(context.Background()); err != nil || n != 2 {
			t.Errorf("%d runs are doubted, want the increment and its base: %v", n, err)
		}
		why, base, err := judge(reconcile.Options{Since: ledger.SinceLast})
		if err != nil || base != 0 || why == "" || checks[3].Run != checks[2].Run || checks[3].Bucket != checks[2].Bucket || checks[3].Differ != 0 {
			t.Fatalf("the next run: base %d, why %q, %v %+v", base, why, err, checks)
		}
		mended := export(t, s)
		m.act(1)
		if _, base, err := judge(reconcile.Options{Since: ledger.SinceLast}); err != nil || base == 0 {
			t.Errorf("nothing builds on the full run: %v", err)
		}
		if cmp.Equal(mended, export(t, s)) {
			t.Error("the last increment saw nothing")
		}
	})
}
