// Command night holds the nightly reconciliation against the same question asked
// in SQL: on the same PostgreSQL, and in DuckDB on its own tables and from and
// back to PostgreSQL. All ways run in one go, each in a process of its own, and
// must agree on the verdict and the units of every line.
//
//	go run . -lines 1000000            PostgreSQL named by THROUGHLINE_TEST_POSTGRES
//
// It is a module of its own, because DuckDB needs cgo.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

func main() {
	role := flag.String("role", "", "one way, in this process (used by the command itself)")
	sizes := flag.String("lines", "1000000", "service lines of each population, separated by commas")
	skip := flag.String("skip", "", "ways to leave out, separated by commas: sql, duckdb, duckdb-postgres, sqlite, increment")
	limit := flag.Duration("limit", 30*time.Minute, "after which a way that we are compared with is stopped, and said to be")
	flag.Parse()
	ctx := context.Background()
	var err error
	if *role != "" {
		if compared(*role) {
			within, cancel := context.WithTimeout(ctx, *limit)
			defer cancel()
			ctx = within
		}
		if err = play(ctx, *role, flag.Args()); ctx.Err() != nil {
			os.Exit(stopped)
		}
	} else {
		err = compare(ctx, *sizes, *skip, *limit)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// compared says whether a role is a way that we are compared with. One that is
// stopped, or fails for want of room, does not keep the others from being measured.
func compared(role string) bool { return strings.HasPrefix(role, "duckdb") || role == "sql" }

// stopped is the exit code of a way that took too long.
const stopped = 9

// play is one way, started by compare.
func play(ctx context.Context, role string, args []string) error {
	roles := map[string]func(context.Context, []string) error{
		"load": load, "ours": ours, "sql": inSQL, "duckdb": inDuckDB, "duckdb-postgres": fromPostgres,
		"increment": increment, "again": again,
	}
	f, ok := roles[role]
	if !ok {
		return fmt.Errorf("no way %q", role)
	}
	return errors.Join(f(ctx, args), tellPeak())
}

func compare(ctx context.Context, sizes, skip string, limit time.Duration) error {
	leave := map[string]bool{}
	for _, s := range strings.Split(skip, ",") {
		leave[s] = true
	}
	var before *result
	var failed []error
	for _, text := range strings.Split(sizes, ",") {
		lines, err := strconv.Atoi(strings.TrimSpace(text))
		if err != nil {
			return err
		}
		r, err := night(ctx, lines, leave, limit)
		if err != nil {
			return err
		}
		r.print(before)
		before = r
		for _, name := range r.names {
			if why := r.ways[name].failed; why != "" {
				failed = append(failed, fmt.Errorf("%s did not end at %d lines: %s", name, r.lines, why))
			}
		}
	}
	return errors.Join(failed...)
}

// night measures every way over one population.
func night(ctx context.Context, lines int, leave map[string]bool, limit time.Duration) (*result, error) {
	dir, err := os.MkdirTemp("", "throughline-night-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	if err := os.Chmod(dir, 0o755); err != nil {
		return nil, err
	}
	r := &result{ways: map[string]cost{}}
	if r.lines, err = populate(dir, lines); err != nil {
		return nil, err
	}
	pg, drop, err := newDatabase(ctx)
	if err != nil {
		return nil, err
	}
	defer drop()
	w := ways{r: r, dir: dir, pg: pg, lite: filepath.Join(dir, "night.db"), limit: limit}
	if w.server, err = serverOf(ctx, pg.db); err != nil {
		return nil, err
	}
	if err := w.raw(ctx); err != nil {
		return nil, err
	}
	if err := w.all(ctx, leave, []step{{"load, PostgreSQL", "", "load", []string{pg.url, dir}}}); err != nil {
		return nil, err
	}
	if err := w.besideFloor(ctx, step{"Throughline, PostgreSQL", "", "ours", []string{pg.url, dir, "ours"}}); err != nil {
		return nil, err
	}
	err = w.all(ctx, leave, []step{
		{"load, SQLite", "sqlite", "load", []string{w.lite, dir}},
		{"Throughline, SQLite", "sqlite", "ours", []string{w.lite, dir, "sqlite"}},
		{"DuckDB, its own tables", "duckdb", "duckdb", []string{dir}},
		{"DuckDB, from and back to PostgreSQL", "duckdb-postgres", "duckdb-postgres", []string{pg.url, dir}},
		{"set SQL, PostgreSQL", "sql", "sql", []string{pg.url, dir}},
	})
	if err != nil {
		return nil, err
	}
	if err := w.agree(ctx, leave); err != nil {
		return nil, err
	}
	return r, w.increments(ctx, leave)
}

// step is one way with what it takes.
type step struct {
	name, part, role string
	args             []string
}

func (w *ways) all(ctx context.Context, leave map[string]bool, steps []step) error {
	for _, s := range steps {
		if leave[s.part] && s.part != "" {
			continue
		}
		if err := w.run(ctx, s.name, s.role, s.args); err != nil {
			return err
		}
		if s.role == "load" { // what autovacuum does between a day's loads and the night counts for neither
			if _, err := w.pg.db.ExecContext(ctx, "vacuum analyze"); err != nil {
				return err
			}
		}
	}
	return nil
}
