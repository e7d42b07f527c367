package main

import (
	"context"
	"database/sql"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/throughline/throughline/ledger"
	"github.com/throughline/throughline/store"
)

// agree compares every line of every way.
func (w *ways) agree(leave map[string]bool) error {
	ctx := context.Background()
	want := map[string]string{}
	if err := w.oursOf(ctx, w.pg.url, want); err != nil {
		return err
	}
	if !leave["sqlite"] {
		got := map[string]string{}
		if err := w.oursOf(ctx, w.lite, got); err != nil {
			return err
		}
		if err := same("Throughline, SQLite", want, got); err != nil {
			return err
		}
	}
	if !leave["duckdb"] {
		db, err := sql.Open("duckdb", filepath.Join(w.dir, "own.duckdb"))
		if err != nil {
			return err
		}
		defer db.Close()
		if err := agreeIn(ctx, db, "DuckDB", "verdict", want); err != nil {
			return err
		}
		if err := agreeIn(ctx, w.pg.db, "DuckDB by PostgreSQL", "duck_verdict", want); err != nil {
			return err
		}
	}
	if !leave["sql"] {
		return agreeIn(ctx, w.pg.db, "set SQL", "asked.verdict", want)
	}
	return nil
}

func agreeIn(ctx context.Context, db *sql.DB, name, table string, want map[string]string) error {
	rows, err := db.QueryContext(ctx, "select id, verdict, matched from "+table)
	if err != nil {
		return err
	}
	defer rows.Close()
	got := map[string]string{}
	for rows.Next() {
		var id, verdict string
		var matched int64
		if err := rows.Scan(&id, &verdict, &matched); err != nil {
			return err
		}
		if _, word, found := strings.Cut(verdict, " "); found { // the place of a nearest miss stands before it
			verdict = word
		}
		got[id] = fmt.Sprint(verdict, " ", matched)
	}
	if err := rows.Err(); err != nil {
		return err
	}
	return same(name, want, got)
}

// same names the first lines on which a way differs.
func same(name string, want, got map[string]string) error {
	var wrong []string
	for id, w := range want {
		if got[id] != w {
			wrong = append(wrong, fmt.Sprintf("%s: %q, Throughline says %q", id, got[id], w))
		}
	}
	if len(got) == len(want) && len(wrong) == 0 {
		return nil
	}
	slices.Sort(wrong)
	return fmt.Errorf("%s does not agree: %d lines for %d, %d differ:\n%s", name, len(got), len(want), len(wrong), strings.Join(wrong[:min(len(wrong), 20)], "\n"))
}

// oursOf reads the verdicts of the published run.
func (w *ways) oursOf(ctx context.Context, url string, into map[string]string) error {
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
		into[v.ID] = fmt.Sprint(v.Verdict, " ", v.Matched)
		return nil
	})
}
