package store

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/throughline/throughline/fhir/search"
	"github.com/throughline/throughline/gateway"
)

// Explain is the database's own plan of a search.
func (s *Store) Explain(ctx context.Context, c gateway.Caller, q *search.Query) (string, error) {
	var args []any
	where, err := s.conditions(ctx, s.reading(), c, q, &args)
	if err != nil {
		return "", err
	}
	rows, err := s.read.QueryContext(ctx, map[string]string{"sqlite": "explain query plan", "postgres": "explain"}[s.Kind()]+" select "+resourceColumns+" from resource r where "+where+" order by r.seq, r.id limit 51", args...)
	if err != nil {
		return "", err
	}
	var out []string
	err = eachRow(rows, func() error {
		var a, b, c int
		var line string
		dest := []any{&line}
		if s.Kind() == "sqlite" {
			dest = []any{&a, &b, &c, &line}
		}
		err := rows.Scan(dest...)
		out = append(out, line)
		return err
	})
	return strings.Join(out, "\n"), err
}

// InTx calls before and then writes, in one transaction.
func (s *Store) InTx(ctx context.Context, before func()) error {
	return s.inTx(ctx, func(t *tx) error {
		before()
		return t.exec(ctx, "update lease set until = until")
	})
}

// MigrateTo brings an older schema to a version. A newer one is an error: the test
// wants storetest.EachEmpty.
func (s *Store) MigrateTo(ctx context.Context, version int64) error {
	if current, _, err := s.Versions(ctx); err != nil || current > version {
		return errors.Join(err, fmt.Errorf("the schema is at %d already", current))
	}
	p, err := s.migrator()
	if err == nil {
		_, err = p.UpTo(ctx, version)
	}
	return err
}

// TakeBack undoes one migration, wherever it stands.
func (s *Store) TakeBack(ctx context.Context, version int64) error {
	p, err := s.migrator()
	if err == nil {
		_, err = p.ApplyVersion(ctx, version, false)
	}
	return err
}

// Exec runs one statement.
func (s *Store) Exec(ctx context.Context, sql string, args ...any) error {
	return s.inTx(ctx, func(t *tx) error { return t.exec(ctx, sql, args...) })
}

// PersonOf is the person that a scoped identifier names, "" for nobody.
func (s *Store) PersonOf(t testing.TB, id gateway.Identifier) string {
	t.Helper()
	var person string
	err := s.reading().row(context.Background(), "select person from patient_xref where system = $1 and value = $2", id.System, id.Value).Scan(&person)
	if err != nil && !noRows(err) {
		t.Fatal(err)
	}
	return person
}

// Count is the number of rows of a table.
func (s *Store) Count(t testing.TB, table string) (n int) {
	t.Helper()
	if err := s.reading().row(context.Background(), "select count(*) from "+table).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// MergePersons makes two persons one.
func (s *Store) MergePersons(ctx context.Context, gone, kept string) error {
	return s.inTx(ctx, func(t *tx) error { return s.mergePersons(ctx, t, gone, kept, true) })
}

// Synchronous is SQLite's setting inside a transaction that does not wait for the
// disk, and in the next one.
func (s *Store) Synchronous(ctx context.Context, fail error) (inside, after int, err error) {
	err = s.unsynced(ctx, func(t *tx) error {
		return errors.Join(t.row(ctx, "pragma synchronous").Scan(&inside), fail)
	})
	return inside, after, errors.Join(err, s.inTx(ctx, func(t *tx) error { return t.row(ctx, "pragma synchronous").Scan(&after) }))
}
