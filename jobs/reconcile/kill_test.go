package reconcile_test

import (
	"bufio"
	"context"
	"database/sql"
	"math/rand/v2"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/throughline/throughline/internal/population"
	"github.com/throughline/throughline/jobs/reconcile"
	"github.com/throughline/throughline/store"
	"github.com/throughline/throughline/store/storetest"
)

// fleet are instances of one night, each a process.
type fleet struct {
	t     *testing.T
	url   string
	words chan *exec.Cmd // who has said a word
	ended chan ending
	alive []*exec.Cmd
}

type ending struct {
	cmd *exec.Cmd
	err error
}

func newFleet(t *testing.T, url string) *fleet {
	f := &fleet{t: t, url: url, words: make(chan *exec.Cmd, 1<<16), ended: make(chan ending, 64)}
	t.Cleanup(func() {
		for _, cmd := range f.alive {
			_ = cmd.Process.Kill()
		}
	})
	return f
}

func (f *fleet) start(env ...string) {
	f.t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^$")
	cmd.Env = append(append(os.Environ(), childEnv+"="+f.url), env...)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		f.t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		f.t.Fatal(err)
	}
	f.alive = append(f.alive, cmd)
	go func() {
		for said := bufio.NewScanner(out); said.Scan(); {
			f.words <- cmd
		}
		f.ended <- ending{cmd, cmd.Wait()}
	}()
}

// forget takes one that has ended off the list.
func (f *fleet) forget(e ending) {
	for i, cmd := range f.alive {
		if cmd == e.cmd {
			f.alive = append(f.alive[:i], f.alive[i+1:]...)
		}
	}
}

// kill waits for some words and a moment more, and ends one instance with
// SIGKILL; false when the night was over before.
func (f *fleet) kill(r *rand.Rand, words int, moment time.Duration) bool {
	f.t.Helper()
	timer := time.NewTimer(moment)
	defer timer.Stop()
	for range words {
		select {
		case <-f.words:
		case e := <-f.ended:
			return f.over(e)
		}
	}
	select {
	case <-timer.C:
	case e := <-f.ended:
		return f.over(e)
	}
	return f.end(f.alive[r.IntN(len(f.alive))])
}

// end kills an instance; false when it had come to its end before.
func (f *fleet) end(victim *exec.Cmd) bool {
	_ = victim.Process.Kill()
	for {
		e := <-f.ended
		f.forget(e)
		if e.cmd == victim {
			return e.err != nil // else it was quicker
		}
	}
}

// over is the end of an instance that nobody has killed: the night is done.
func (f *fleet) over(e ending) bool {
	f.t.Helper()
	f.forget(e)
	if e.err != nil {
		f.t.Fatalf("an instance failed by itself: %v", e.err)
	}
	return false
}

// wait lets those that live come to their end.
func (f *fleet) wait() {
	f.t.Helper()
	for len(f.alive) > 0 {
		select {
		case <-f.words:
		case e := <-f.ended:
			f.over(e)
		}
	}
}

// TestF23ThreeInstancesKilled kills instances of one night at random points,
// three at a time on one PostgreSQL: one run comes of it, with the bytes of a
// night that was left alone. Large: a million lines, twenty kills.
func TestF23ThreeInstancesKilled(t *testing.T) {
	members, kills, moment := 250, 5, 60*time.Millisecond
	if large() {
		members, kills, moment = 28_600, 20, 600*time.Millisecond
	}
	url := storetest.Postgres(t)
	src := populate(t, "p", population.Default(members))
	fill(t, url, src)
	f, r, done := newFleet(t, url), rand.New(rand.NewPCG(23, uint64(members))), 0
	for range 3 {
		f.start()
	}
	for done < kills && f.kill(r, r.IntN(3), time.Duration(r.Int64N(int64(moment)))) {
		done++
		f.start()
	}
	f.wait()
	if done == 0 || large() && done < kills {
		t.Errorf("%d instances were killed, want %d", done, kills)
	}
	s := openAt(t, url)
	defer s.Close()
	killed := export(t, s)
	if !large() { // the oracle is slow
		judge(t, killed, src)
	}
	t.Logf("%d lines, %d instances killed", oneQuietRun(t, s, url, killed), done)
}

// oneQuietRun makes the run of the date once more, left alone: it was one run,
// and these are its bytes.
func oneQuietRun(t *testing.T, s *store.Store, url string, killed map[string]string) (lines int64) {
	t.Helper()
	if n := runsOf(t, url); n != 1 {
		t.Errorf("%d runs, want one", n)
	}
	if dropped, err := s.PruneRuns(context.Background(), 0); err != nil || len(dropped) != 1 {
		t.Fatal(dropped, err)
	}
	lines = run(t, s, reconcile.Options{Workers: 1}).RowsOut
	for name, text := range export(t, s) {
		if killed[name] != text {
			t.Errorf("%s differs", name)
		}
	}
	return lines
}

func runsOf(t *testing.T, url string) (n int) {
	t.Helper()
	db, err := sql.Open("pgx", url)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := db.QueryRow("select count(*) from run").Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}
