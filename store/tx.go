package store

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// tx is one transaction on a connection of its own. Writes that nobody waits
// for are queued with put and sent together by flush: one round trip on
// PostgreSQL, one prepared statement after the other on SQLite.
type tx struct {
	conn    *sql.Conn
	pg      func(any) *pgx.Conn
	queue   []statement
	ordered bool // holds the shared watermark lock
	done    bool
	last    string // "commit" queued with the batch
}

type statement struct {
	sql  string
	args []any
}

func beginTx(ctx context.Context, db *sql.DB, begin string, pg func(any) *pgx.Conn) (*tx, error) {
	conn, err := db.Conn(ctx)
	if err != nil {
		return nil, err
	}
	if _, err := conn.ExecContext(ctx, begin); err != nil {
		conn.Close()
		return nil, err
	}
	return &tx{conn: conn, pg: pg}, nil
}

// put queues a write.
func (t *tx) put(sql string, args ...any) { t.queue = append(t.queue, statement{sql, args}) }

// flush sends what put has queued.
func (t *tx) flush(ctx context.Context) error {
	queue := t.queue
	t.queue = t.queue[:0]
	if len(queue) == 0 {
		return nil
	}
	if t.pg == nil {
		for _, s := range queue {
			if _, err := t.conn.ExecContext(ctx, s.sql, s.args...); err != nil {
				return err
			}
		}
		return nil
	}
	return t.conn.Raw(func(c any) error { return sendBatch(ctx, t.pg(c), queue) })
}

func sendBatch(ctx context.Context, conn *pgx.Conn, queue []statement) error {
	var b pgx.Batch
	for _, s := range queue {
		b.Queue(s.sql, s.args...)
	}
	return conn.SendBatch(ctx, &b).Close()
}

// exec runs a statement now, after the queued ones.
func (t *tx) exec(ctx context.Context, sql string, args ...any) error {
	_, err := t.affect(ctx, sql, args...)
	return err
}

// affect runs a statement now and says how many rows it touched.
func (t *tx) affect(ctx context.Context, sql string, args ...any) (int64, error) {
	if err := t.flush(ctx); err != nil {
		return 0, err
	}
	res, err := t.conn.ExecContext(ctx, sql, args...)
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

// row queries one row; queued writes go first.
func (t *tx) row(ctx context.Context, sql string, args ...any) scanner {
	if err := t.flush(ctx); err != nil {
		return failed{err}
	}
	return t.conn.QueryRowContext(ctx, sql, args...)
}

// query runs a query; queued writes go first.
func (t *tx) query(ctx context.Context, sql string, args ...any) (*sql.Rows, error) {
	if err := t.flush(ctx); err != nil {
		return nil, err
	}
	return t.conn.QueryContext(ctx, sql, args...)
}

type scanner interface{ Scan(dest ...any) error }

type failed struct{ err error }

func (f failed) Scan(...any) error { return f.err }

// commit flushes and commits. After an error the transaction is gone.
func (t *tx) commit(ctx context.Context) error {
	if err := t.flush(ctx); err != nil {
		t.rollback()
		return err
	}
	_, err := t.conn.ExecContext(ctx, "commit")
	if err != nil {
		t.rollback()
		return err
	}
	t.done = true
	return t.conn.Close()
}

// rollback ends the transaction unless it has ended.
func (t *tx) rollback() {
	if t.done {
		return
	}
	t.done = true
	if _, err := t.conn.ExecContext(context.Background(), "rollback"); err != nil {
		_ = t.conn.Raw(func(any) error { return errBadConn }) // never reuse a connection in an unknown state
	}
	t.conn.Close()
}

// inTx runs f in a transaction, again when the database asks for it.
func (s *Store) inTx(ctx context.Context, f func(*tx) error) error {
	var err error
	for range 5 {
		if err = s.onceInTx(ctx, f); err == nil || !s.dialect.retryable(err) {
			return err
		}
	}
	return fmt.Errorf("given up after 5 tries: %w", err)
}

func (s *Store) onceInTx(ctx context.Context, f func(*tx) error) error {
	t, err := s.dialect.begin(ctx, s.write)
	if err != nil {
		return err
	}
	defer t.rollback()
	if err := f(t); err != nil {
		return err
	}
	return t.commit(ctx)
}
