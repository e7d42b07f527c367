package bench

import (
	"context"
	"database/sql"
	"fmt"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5/stdlib"

	"github.com/throughline/throughline/store"
	"github.com/throughline/throughline/store/storetest"
)

// The ceiling of POST CarePlan: the rows that one plan leaves, written by
// prepared statements in one transaction a request, the same connections and the
// same durability, with no gateway in front.
var bare = []string{
	`insert into inbox (id, partner, channel, msg_key, kind, sha256, body, ask, origin, state, generation, mapping, fault, issues,
		answer_status, answer_head, answer_body, answer_effect, received_at, seq, routed) values ($1, 'p', 'fhir', $1, 'fhir/CarePlan', 'x', $2, '{}', '', 'accepted', 0, 'm', 'null', 'null', 201, '{}', null, 1, 1, $3, 1)`,
	`insert into resource (type, id, version, bucket, person, source, directory, labels, lo, hi, verb, updated_at, seq, json)
		values ('CarePlan', $1, 1, 0, 'person', 'p', 0, 0, 0, 1, 'created', 1, $3, $2)`,
	`insert into search_token (type, param, value, system, id) values ('CarePlan', 'a', $1, 's', $1), ('CarePlan', 'b', 'v', 's', $1), ('CarePlan', 'c', 'v', 's', $1),
		('CarePlan', 'd', 'v', 's', $1), ('CarePlan', 'e', 'v', 's', $1), ('CarePlan', 'f', 'v', 's', $1), ('CarePlan', 'g', 'v', 's', $1), ('CarePlan', 'h', 'v', 's', $1)`,
	`insert into search_string (type, param, value, exact, id) values ('CarePlan', 'a', 'v', 'V', $1), ('CarePlan', 'b', 'v', 'V', $1)`,
	`insert into search_date (type, param, lo, hi, id) values ('CarePlan', 'a', 1, 2, $1), ('CarePlan', 'b', 1, 2, $1)`,
	`insert into search_ref (type, param, target, form, system, id) values ('CarePlan', 'a', 'Patient/1', '', '', $1), ('CarePlan', 'b', 'Patient/1', '', '', $1)`,
	`insert into effect (message, generation, no, type, id, version, verb, person) values ($1, 0, 1, 'CarePlan', $1, 1, 'created', 'person')`,
	`insert into plan_fact (bucket, known, received, start_day, end_day, person, partner, id, kind, status, program, body, member)
		values (0, $2, 0, 1, 2, 'person', 'p', $1, 'plan', 'active', '', 'two lines of items', 'SYN1')`,
	`insert into audit (seq, no, at, partner, action, type, id, message, outcome, detail) values ($2, 0, 1, 'p', 'created', 'CarePlan', $1, $1, '0', 'version 1')`,
}

// BenchmarkBareCarePlan is the ceiling on both databases, 16 connections (one on
// SQLite, which has one writer).
func BenchmarkBareCarePlan(b *testing.B) {
	b.Run("sqlite", func(b *testing.B) {
		path := filepath.Join(b.TempDir(), "bare.db")
		migrate(b, path)
		db, err := sql.Open("sqlite", "file:"+path+"?_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=busy_timeout(10000)&_txlock=immediate")
		if err != nil {
			b.Fatal(err)
		}
		writeBare(b, db, 1)
	})
	b.Run("postgres", func(b *testing.B) {
		url := storetest.Postgres(b)
		migrate(b, url)
		db, err := sql.Open("pgx", url)
		if err != nil {
			b.Fatal(err)
		}
		writeBare(b, db, clients)
	})
}

var _ = stdlib.GetDefaultDriver // registers "pgx"

func migrate(b *testing.B, url string) {
	b.Helper()
	s, err := store.Open(context.Background(), url, storetest.Policy())
	if err != nil {
		b.Fatal(err)
	}
	if err := s.Close(); err != nil {
		b.Fatal(err)
	}
}

func writeBare(b *testing.B, db *sql.DB, conns int) {
	b.Cleanup(func() { db.Close() })
	db.SetMaxOpenConns(conns)
	db.SetMaxIdleConns(conns)
	body := plan(b, "Patient/1", 1)
	var next atomic.Int64
	var wg sync.WaitGroup
	b.ResetTimer()
	for range conns {
		wg.Go(func() {
			statements := prepare(b, db)
			for i := next.Add(1); i <= int64(b.N); i = next.Add(1) {
				if err := writeOne(db, statements, i, body); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "req/s")
}

func prepare(b *testing.B, db *sql.DB) []*sql.Stmt {
	out := make([]*sql.Stmt, len(bare))
	for i, text := range bare {
		stmt, err := db.Prepare(text)
		if err != nil {
			b.Error(err)
			return nil
		}
		b.Cleanup(func() { stmt.Close() })
		out[i] = stmt
	}
	return out
}

func writeOne(db *sql.DB, statements []*sql.Stmt, i int64, body []byte) error {
	tx, err := db.Begin()
	if err != nil {
		return err
	}
	defer tx.Rollback()
	all := []any{fmt.Sprintf("id%020d", i), body, i}
	for n, stmt := range statements {
		args := all[:1]
		switch n {
		case 0, 1:
			args = all
		case 7, 8:
			args = []any{all[0], i}
		}
		if _, err := tx.Stmt(stmt).Exec(args...); err != nil { //nolint:sqlclosecheck // it ends with the transaction
			return fmt.Errorf("statement %d: %w", n, err)
		}
	}
	return tx.Commit()
}
