package reconcile_test

import (
	"bufio"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	_ "github.com/jackc/pgx/v5/stdlib"

	"github.com/throughline/throughline/internal/population"
	"github.com/throughline/throughline/jobs/reconcile"
	"github.com/throughline/throughline/store"
	"github.com/throughline/throughline/store/storetest"
)

// childEnv makes the test binary one instance of a night on the database named.
const childEnv = "THROUGHLINE_TEST_NIGHT"

func TestMain(m *testing.M) {
	if url := os.Getenv(childEnv); url != "" {
		play := night
		if os.Getenv(slotEnv) != "" {
			play = ring
		}
		if err := play(url); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func night(url string) error {
	s, err := store.Open(context.Background(), url, storetest.Policy())
	if err != nil {
		return err
	}
	defer s.Close()
	fmt.Println("begun")
	_, err = reconcile.Run(context.Background(), deps(s), asOf, reconcile.Options{Workers: 2, Lease: leaseOfChild(),
		Progress: func(done, parts int, _ int64) { fmt.Println("part", done, "of", parts) }})
	return err
}

// leaseOfChild is short: what a killed child held is free again soon.
func leaseOfChild() time.Duration {
	if large() { // parts take longer
		return 3 * time.Second
	}
	return 300 * time.Millisecond
}

// killAfter runs a night in a process of its own and kills it with SIGKILL when
// it has said so many words; it answers whether the night was over before.
func killAfter(t *testing.T, url string, words int) (over bool) {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^$")
	cmd.Env = append(os.Environ(), childEnv+"="+url)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	said := bufio.NewScanner(out)
	for n := 0; n < words && said.Scan(); n++ {
		if strings.HasPrefix(said.Text(), "part 4") {
			words++ // the last part: let it end
		}
	}
	_ = cmd.Process.Kill()
	err = cmd.Wait()
	exit, ended := errors.AsType[*exec.ExitError](err)
	killed := ended && exit.Sys().(syscall.WaitStatus).Signal() == syscall.SIGKILL
	if err != nil && !killed {
		t.Fatalf("the night failed by itself: %v", err)
	}
	return err == nil
}

func openAt(t testing.TB, url string) *store.Store {
	t.Helper()
	s, err := store.Open(context.Background(), url, storetest.Policy())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func fill(t testing.TB, url string, src source) {
	t.Helper()
	s := openAt(t, url)
	for _, kind := range []string{"enrollment", "authorization", "service"} {
		importTable(t, s, src.partner, kind, src.tables[kind])
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

// TestF23KilledNightResumes is F23's second half: a night killed again and again
// with SIGKILL ends with the very bytes of one that was left alone.
func TestF23KilledNightResumes(t *testing.T) {
	src := populate(t, "p", population.Default(200))
	storetest.EachURL(t, func(t *testing.T, url string) {
		fill(t, url, src)
		kills := 0
		for words := 1; !killAfter(t, url, words%4+1); words++ {
			if kills++; kills > 50 {
				t.Fatal("the night never ends")
			}
		}
		s := openAt(t, url)
		defer s.Close()
		killed := export(t, s)
		judge(t, killed, src)
		if kills == 0 {
			t.Error("the night was over before it could be killed")
		}
		twin := twinOf(t, url)
		fill(t, twin, src)
		quiet := openAt(t, twin)
		defer quiet.Close()
		run(t, quiet, reconcile.Options{Workers: 1})
		if d := cmp.Diff(export(t, quiet), killed); d != "" {
			t.Errorf("killed %d times, the files differ: %s", kills, d[:min(len(d), 2000)])
		}
	})
}

func twinOf(t *testing.T, url string) string {
	if strings.HasPrefix(url, "postgres://") {
		return storetest.Postgres(t)
	}
	return url + ".twin"
}

// TestF23ControlForgetsCheckpoints is the control: an instance that ignores what is
// done, or on SQLite, where rows come before their checkpoint, one that says done
// before they are all there, must be caught by the row count.
func TestF23ControlForgetsCheckpoints(t *testing.T) {
	src := populate(t, "p", population.Default(200))
	storetest.EachURL(t, func(t *testing.T, url string) {
		fill(t, url, src)
		if killAfter(t, url, 3) {
			t.Fatal("the night was over before it could be killed")
		}
		forget(t, url)
		s := openAt(t, url)
		defer s.Close()
		sum, err := reconcile.Run(context.Background(), deps(s), asOf, reconcile.Options{})
		if err == nil && sum.Balanced() {
			t.Errorf("checkpoints were ignored and nobody noticed: %d verdicts of %d lines", sum.VerdictRows, sum.RowsOut)
		}
	})
}

func forget(t *testing.T, url string) {
	t.Helper()
	driver, dsn, forget := "pgx", url, "update run_part set done = 0, lease_until = 0 where done = 1"
	if !strings.HasPrefix(url, "postgres://") {
		driver, dsn = "sqlite", "file:"+url
		forget = "update run_part set done = 1, tally = (select max(tally) from run_part) where done = 0 and (select count(*) from run_part where done = 1) > 0"
	}
	db, err := sql.Open(driver, dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	res, err := db.Exec(forget)
	if err != nil {
		t.Fatal(err)
	}
	if n, _ := res.RowsAffected(); n == 0 {
		t.Fatal("no part was done when the night was killed")
	}
}
