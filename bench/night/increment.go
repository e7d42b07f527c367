package main

import (
	"bufio"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash/fnv"
	"os"
	"path/filepath"
	"strings"

	"github.com/throughline/throughline/jobs/reconcile"
	"github.com/throughline/throughline/ledger"
	"github.com/throughline/throughline/store"
)

// increments measures what it costs to judge again after 1 % of the members had
// a new line, and after a day's lines more; a full run must then say the same.
func (w *ways) increments(ctx context.Context, leave map[string]bool) error {
	if leave["increment"] {
		return nil
	}
	few, day := filepath.Join(w.dir, "few"), filepath.Join(w.dir, "day")
	if err := errors.Join(w.more(few, fewOf), w.more(day, dayOf)); err != nil {
		return err
	}
	var steps []step
	for _, at := range []struct{ name, part, url string }{{"PostgreSQL", "", w.pg.url}, {"SQLite", "sqlite", w.lite}} {
		steps = append(steps,
			step{"load lines of 1 % of members, " + at.name, at.part, "load", []string{at.url, few}},
			step{"1 % of members, " + at.name, at.part, "increment", []string{at.url}},
			step{"load a day's lines, " + at.name, at.part, "load", []string{at.url, day}},
			step{"a day and that 1 %, " + at.name, at.part, "increment", []string{at.url}},
			step{"full again, same answer, " + at.name, at.part, "again", []string{at.url}})
	}
	return w.all(ctx, leave, steps)
}

// fewOf picks a member in a hundred, and one of its lines.
func fewOf(member string, first bool, _ int) bool { return first && hashOf(member)%100 == 0 }

// dayOf picks the lines of one day of the year.
func dayOf(_ string, _ bool, n int) bool { return n%365 == 3 }

func hashOf(text string) uint64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(text)) // cannot fail
	return h.Sum64()
}

// more writes lines that are new into a folder: those that pick chooses, under
// another id.
func (w *ways) more(dir string, pick func(member string, first bool, n int) bool) error {
	if err := os.Mkdir(dir, 0o755); err != nil {
		return err
	}
	from, err := os.Open(filepath.Join(w.dir, "service.csv"))
	if err != nil {
		return err
	}
	defer from.Close()
	to, err := os.Create(filepath.Join(dir, "service.csv"))
	if err != nil {
		return err
	}
	defer to.Close()
	out, rows, last := bufio.NewWriter(to), bufio.NewScanner(from), ""
	for n := 0; rows.Scan(); n++ {
		row := rows.Text()
		cells := strings.SplitN(row, ",", 4)
		switch member := cells[2]; {
		case n == 0:
			fmt.Fprintln(out, row)
		case pick(member, member != last, n):
			fmt.Fprintln(out, filepath.Base(dir)+row)
			last = member
		default:
			last = member
		}
	}
	return errors.Join(rows.Err(), out.Flush())
}

// increment is a run that builds on the full one.
func increment(ctx context.Context, args []string) error {
	s, err := store.Open(ctx, args[0], policy())
	if err != nil {
		return err
	}
	defer s.Close()
	last, err := s.LastRun(ctx)
	if err != nil {
		return err
	}
	_, err = reconcile.Run(ctx, depsOf(s), last.AsOf, reconcile.Options{Since: ledger.SinceLast, Told: func(r *ledger.Run) {
		if r.Why != "" {
			fmt.Println("  a full run:", r.Why)
		}
	}})
	return err
}

// again is a full run of what an incremental one has answered; it must leave the
// same rows.
func again(ctx context.Context, args []string) error {
	s, err := store.Open(ctx, args[0], policy())
	if err != nil {
		return err
	}
	defer s.Close()
	quick, err := s.LastRun(ctx)
	if err != nil {
		return err
	}
	before, err := sumOf(ctx, s, quick)
	if err != nil {
		return err
	}
	if _, err := reconcile.Run(ctx, depsOf(s), quick.AsOf, reconcile.Options{Full: true}); err != nil {
		return err
	}
	full, err := s.LastRun(ctx)
	if err != nil {
		return err
	}
	after, err := sumOf(ctx, s, full)
	if err == nil && (full.ID != quick.ID || full.Base != 0 || before != after) {
		err = fmt.Errorf("the incremental run %s and the full one differ", quick.ID)
	}
	return err
}

// sumOf is a hash over all rows of a run, in order.
func sumOf(ctx context.Context, s *store.Store, run *ledger.Run) (out [32]byte, err error) {
	h := sha256.New()
	fmt.Fprintf(h, "%d %d %x\n", run.Summary.RowsIn, run.Summary.VerdictRows, run.Summary.Fingerprint)
	err = errors.Join(
		s.EachVerdict(ctx, run, func(v *ledger.VerdictRow) error { fmt.Fprintln(h, *v); return nil }),
		s.EachSplit(ctx, run, func(r *ledger.SplitRow) error { fmt.Fprintln(h, *r); return nil }),
		s.EachUse(ctx, run, func(u *ledger.Use) error { fmt.Fprintln(h, *u.Auth, u.Used, u.Last); return nil }))
	return [32]byte(h.Sum(nil)), err
}
