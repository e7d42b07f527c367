package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"hash/maphash"
	"path/filepath"
	"slices"
	"strings"

	"github.com/throughline/throughline/ledger"
	"github.com/throughline/throughline/store"
)

// answers are the verdict and the units of every line, by a hash of its id: ten
// million of them have to fit.
type answers struct {
	seed  maphash.Seed
	words []string // verdicts, by their number
	of    map[uint64]answer
	way   uint8 // that is being compared
}

type answer struct {
	matched int64
	word    uint8
	seen    uint8 // the last way that had the line
}

func newAnswers(lines int64) *answers {
	return &answers{seed: maphash.MakeSeed(), of: make(map[uint64]answer, lines)}
}

func (a *answers) word(text string) uint8 {
	at := slices.Index(a.words, text)
	if at < 0 {
		a.words = append(a.words, strings.Clone(text))
		at = len(a.words) - 1
	}
	return uint8(at)
}

func (a *answers) keep(id, verdict string, matched int64) error {
	key := maphash.String(a.seed, id)
	if _, twice := a.of[key]; twice {
		return fmt.Errorf("line %s has two verdicts", id)
	}
	a.of[key] = answer{matched: matched, word: a.word(verdict)}
	return nil
}

// same reads the answers of another way and names the first lines on which it
// differs.
func (a *answers) same(name string, each func(f func(id, verdict string, matched int64)) error) error {
	a.way++
	var rows int
	var wrong []string
	err := each(func(id, verdict string, matched int64) {
		rows++
		key := maphash.String(a.seed, id)
		want, found := a.of[key]
		switch {
		case !found:
			wrong = append(wrong, id+": Throughline does not have it")
		case want.seen == a.way:
			wrong = append(wrong, id+": twice")
		case want.matched != matched || a.words[want.word] != verdict:
			wrong = append(wrong, fmt.Sprintf("%s: %s %d, Throughline says %s %d", id, verdict, matched, a.words[want.word], want.matched))
		}
		want.seen = a.way
		a.of[key] = want
	})
	if err != nil || rows == len(a.of) && len(wrong) == 0 {
		return err
	}
	return fmt.Errorf("%s does not agree: %d lines for %d, %d differ:\n%s", name, rows, len(a.of), len(wrong), strings.Join(wrong[:min(len(wrong), 20)], "\n"))
}

// agree compares every line of every way that ended.
func (w *ways) agree(ctx context.Context, leave map[string]bool) error {
	want := newAnswers(w.r.lines)
	var first error
	err := oursOf(ctx, w.pg.url, func(id, verdict string, matched int64) {
		if err := want.keep(id, verdict, matched); err != nil {
			first = err
		}
	})
	if err != nil || first != nil {
		return fmt.Errorf("Throughline: %w", errors.Join(err, first))
	}
	ended := func(part, name string) bool { return !leave[part] && !w.r.ways[name].stopped }
	if !leave["sqlite"] {
		err := want.same("Throughline, SQLite", func(f func(string, string, int64)) error { return oursOf(ctx, w.lite, f) })
		if err != nil {
			return err
		}
	}
	if name := "DuckDB, its own tables"; ended("duckdb", name) {
		db, err := sql.Open("duckdb", filepath.Join(w.dir, "own.duckdb"))
		if err != nil {
			return err
		}
		defer db.Close()
		if err := want.same(name, asked(ctx, db, "verdict")); err != nil {
			return err
		}
	}
	if name := "DuckDB, from and back to PostgreSQL"; ended("duckdb-postgres", name) {
		if err := want.same(name, asked(ctx, w.pg.db, "duck_verdict")); err != nil {
			return err
		}
	}
	if name := "set SQL, PostgreSQL"; ended("sql", name) {
		return want.same(name, asked(ctx, w.pg.db, "asked.verdict"))
	}
	return nil
}

// asked reads a table of verdicts.
func asked(ctx context.Context, db *sql.DB, table string) func(func(string, string, int64)) error {
	return func(f func(string, string, int64)) error {
		rows, err := db.QueryContext(ctx, "select id, verdict, matched from "+table)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var id, verdict string
			var matched int64
			if err := rows.Scan(&id, &verdict, &matched); err != nil {
				return err
			}
			if _, word, found := strings.Cut(verdict, " "); found { // the place of a nearest miss stands before it
				verdict = word
			}
			f(id, verdict, matched)
		}
		return rows.Err()
	}
}

// oursOf reads the verdicts of the published run.
func oursOf(ctx context.Context, url string, f func(id, verdict string, matched int64)) error {
	s, err := store.Open(ctx, url, policy())
	if err != nil {
		return err
	}
	defer s.Close()
	run, err := s.LastRun(ctx)
	if err != nil {
		return err
	}
	return s.EachVerdict(ctx, run, func(v *ledger.VerdictRow) error {
		f(v.ID, string(v.Verdict), v.Matched)
		return nil
	})
}
