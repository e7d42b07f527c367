package store_test

import (
	"bytes"
	"context"
	"os"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/store"
	"github.com/throughline/throughline/store/storetest"
)

// A transaction that began before a row was deleted, even one of another database
// of the server, keeps the row in PostgreSQL's files. They are not said to be
// written anew before it has ended.
func TestCompactWaitsForWhoMightSeeTheRow(t *testing.T) {
	url, ctx := storetest.Postgres(t), context.Background()
	for name, elsewhere := range map[string]string{"another database": os.Getenv(storetest.Env), "this one": url} {
		t.Run(name, func(t *testing.T) {
			s, err := store.Open(ctx, url, storetest.Policy())
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			here, there := connected(t, url), connected(t, elsewhere)
			run(t, there, "begin", "select pg_current_xact_id()")
			run(t, here, "insert into retention_run (id, at, who, report) values ('x', 1, 'op', 'a canary of ' || 'the yard')", "delete from retention_run")
			short, cancel := context.WithTimeout(ctx, 200*time.Millisecond)
			defer cancel()
			if err := s.Compact(short, []string{"retention_run"}, true); code(err) != gateway.Busy {
				t.Errorf("written anew while a transaction may see the row: %v", err)
			}
			run(t, there, "commit")
			if err := s.Compact(ctx, []string{"retention_run"}, true); err != nil {
				t.Fatal(err)
			}
			var file []byte
			if err := here.QueryRow(ctx, "select pg_read_binary_file(pg_relation_filepath('retention_run'))").Scan(&file); err != nil {
				t.Fatal(err)
			}
			if bytes.Contains(file, []byte("a canary of the yard")) {
				t.Error("the deleted row is in the file")
			}
		})
	}
}

func connected(t *testing.T, url string) *pgx.Conn {
	t.Helper()
	c, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close(context.Background()) })
	return c
}

func run(t *testing.T, c *pgx.Conn, statements ...string) {
	t.Helper()
	for _, statement := range statements {
		if _, err := c.Exec(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
}
