package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
)

// tx is one transaction on a connection of its own. Writes that nobody waits
// for are queued with put and travel with the next read, or with COMMIT: on
// PostgreSQL a queue and the read behind it are one round trip; SQLite runs one
// prepared statement after the other.
type tx struct {
	conn    *sql.Conn
	pg      func(any) *pgx.Conn // nil on SQLite
	stmts   *statements         // nil on PostgreSQL, where pgx keeps them itself
	queue   []statement
	ordered bool // holds the shared watermark lock
	begun   bool // the server has seen BEGIN
	done    bool
	pause   func() // between two pages of a COPY; nil = goes on
	release func() // what to do when it ends, after the connection is free
}

type statement struct {
	sql  string
	args []any
}

// beginRead is a transaction on SQLite that never waits for the writer.
func beginRead(ctx context.Context, db *sql.DB) (*tx, error) {
	conn, err := db.Conn(ctx)
	if err != nil {
		return nil, err
	}
	t := &tx{conn: conn, release: func() { conn.Close() }}
	t.put("begin")
	return t, nil
}

// put queues a write.
func (t *tx) put(sql string, args ...any) { t.queue = append(t.queue, statement{sql, args}) }

// flush sends what put has queued.
func (t *tx) flush(ctx context.Context) error {
	queue := t.take()
	if len(queue) == 0 {
		return nil
	}
	if t.pg == nil {
		for _, s := range queue {
			if _, err := t.local(ctx, s.sql, s.args); err != nil {
				return err
			}
		}
		return nil
	}
	return t.conn.Raw(func(c any) error { return sendBatch(ctx, t.pg(c), queue, nil) })
}

// take empties the queue.
func (t *tx) take() []statement {
	queue := t.queue
	t.queue = t.queue[:0]
	t.begun = t.begun || len(queue) > 0
	return queue
}

// sendBatch sends the queue, and reads one row of the last statement into dest.
func sendBatch(ctx context.Context, conn *pgx.Conn, queue []statement, dest []any) error {
	var b pgx.Batch
	for _, s := range queue {
		b.Queue(s.sql, s.args...)
	}
	br := conn.SendBatch(ctx, &b)
	if dest == nil {
		return br.Close()
	}
	for range len(queue) - 1 {
		if _, err := br.Exec(); err != nil {
			_ = br.Close()
			return err
		}
	}
	err := br.QueryRow().Scan(dest...)
	return errors.Join(err, br.Close())
}

// local runs one statement on SQLite.
func (t *tx) local(ctx context.Context, sql string, args []any) (sql.Result, error) {
	if t.stmts == nil {
		return t.conn.ExecContext(ctx, sql, args...)
	}
	stmt, err := t.stmts.prepare(ctx, t.conn, sql)
	if err != nil {
		return nil, err
	}
	return stmt.ExecContext(ctx, args...)
}

// exec runs a statement now, after the queued ones.
func (t *tx) exec(ctx context.Context, sql string, args ...any) error {
	t.put(sql, args...)
	return t.flush(ctx)
}

// affect runs a statement now and says how many rows it touched.
func (t *tx) affect(ctx context.Context, sql string, args ...any) (int64, error) {
	if err := t.flush(ctx); err != nil {
		return 0, err
	}
	res, err := t.local(ctx, sql, args)
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

type scanner interface{ Scan(dest ...any) error }

// insertMany writes rows of a table whose columns are fields of a text: by COPY on
// PostgreSQL, by one prepared statement on SQLite.
func (t *tx) insertMany(ctx context.Context, table, columns string, rows [][]any) error {
	if err := t.flush(ctx); err != nil {
		return err
	}
	names := strings.Fields(columns)
	if t.pg != nil {
		return t.conn.Raw(func(c any) error {
			_, err := t.pg(c).CopyFrom(ctx, pgx.Identifier{table}, names, pgx.CopyFromRows(rows))
			return err
		})
	}
	text := "insert into " + table + " (" + strings.Join(names, ", ") + ") values (?" + strings.Repeat(", ?", len(names)-1) + ")"
	for _, row := range rows {
		if _, err := t.local(ctx, text, row); err != nil {
			return err
		}
	}
	return nil
}

// row queries one row; queued writes go along.
func (t *tx) row(ctx context.Context, sql string, args ...any) scanner {
	return rowQuery{ctx, t, statement{sql, args}}
}

// rowQuery runs when it is scanned.
type rowQuery struct {
	ctx context.Context
	t   *tx
	statement
}

// Scan sends the queue and the query and reads the row.
func (q rowQuery) Scan(dest ...any) error {
	t := q.t
	if t.pg != nil {
		t.put(q.sql, q.args...)
		queue := t.take()
		return t.conn.Raw(func(c any) error { return sendBatch(q.ctx, t.pg(c), queue, dest) })
	}
	if err := t.flush(q.ctx); err != nil {
		return err
	}
	if t.stmts == nil {
		return t.conn.QueryRowContext(q.ctx, q.sql, q.args...).Scan(dest...)
	}
	stmt, err := t.stmts.prepare(q.ctx, t.conn, q.sql)
	if err != nil {
		return err
	}
	return stmt.QueryRowContext(q.ctx, q.args...).Scan(dest...)
}

// query runs a query; queued writes go first.
func (t *tx) query(ctx context.Context, sql string, args ...any) (*sql.Rows, error) {
	if err := t.flush(ctx); err != nil {
		return nil, err
	}
	return t.localQuery(ctx, sql, args)
}

// fewArgs is the number of parameters up to which a query stays prepared: longer
// lists of keys have a text of their own each.
const fewArgs = 24

// localQuery runs one query on the transaction's connection.
func (t *tx) localQuery(ctx context.Context, sql string, args []any) (*sql.Rows, error) {
	if t.stmts == nil || len(args) > fewArgs {
		return t.conn.QueryContext(ctx, sql, args...)
	}
	stmt, err := t.stmts.prepare(ctx, t.conn, sql)
	if err != nil {
		return nil, err
	}
	return stmt.QueryContext(ctx, args...)
}

// commit sends what is queued and COMMIT. After an error the transaction is
// gone.
func (t *tx) commit(ctx context.Context) error {
	if !t.begun && len(t.queue) <= 1 { // nothing but BEGIN waits
		t.rollback()
		return nil
	}
	err := t.commitNow(ctx)
	if err != nil {
		t.rollback()
		return err
	}
	t.end()
	return nil
}

func (t *tx) commitNow(ctx context.Context) error {
	if t.pg == nil {
		t.put("commit")
		return t.flush(ctx)
	}
	t.put("commit")
	queue := t.take()
	return t.conn.Raw(func(c any) error { return commitBatch(ctx, t.pg(c), queue) })
}

// commitBatch ends a transaction on PostgreSQL. COMMIT of a failed transaction
// answers ROLLBACK, and one that warns was not confirmed by the standby
// (protocol.md R2): neither is a success.
func commitBatch(ctx context.Context, conn *pgx.Conn, queue []statement) error {
	var b pgx.Batch
	for _, s := range queue {
		b.Queue(s.sql, s.args...)
	}
	warned.Delete(conn.PgConn())
	br := conn.SendBatch(ctx, &b)
	var last string
	for range queue {
		tag, err := br.Exec()
		if err != nil {
			_ = br.Close()
			return err
		}
		last = tag.String()
	}
	if err := br.Close(); err != nil {
		return err
	}
	if _, doubt := warned.LoadAndDelete(conn.PgConn()); doubt {
		return errUnconfirmed
	}
	if last != "COMMIT" {
		return fmt.Errorf("commit answered %s", last)
	}
	return nil
}

// rollback ends the transaction unless it has ended.
func (t *tx) rollback() {
	if t.done {
		return
	}
	if t.begun {
		if _, err := t.conn.ExecContext(context.Background(), "rollback"); err != nil {
			if t.stmts != nil {
				t.stmts.reset() // before its connection goes
			}
			_ = t.conn.Raw(func(any) error { return errBadConn }) // never reuse a connection in an unknown state
		}
	}
	t.end()
}

func (t *tx) end() {
	t.done = true
	t.queue = nil
	t.release()
}

// inTx runs f in a transaction, again when the database asks for it.
func (s *Store) inTx(ctx context.Context, f func(*tx) error) error { return s.inTxOn(ctx, s.write, f) }

func (s *Store) inTxOn(ctx context.Context, db *sql.DB, f func(*tx) error) error {
	var err error
	for range 5 {
		if err = s.onceInTx(ctx, db, f); err == nil || !s.dialect.retryable(err) {
			return err
		}
	}
	return fmt.Errorf("given up after 5 tries: %w", err)
}

func (s *Store) onceInTx(ctx context.Context, db *sql.DB, f func(*tx) error) error {
	t, err := s.dialect.begin(ctx, db)
	if err != nil {
		return err
	}
	defer t.rollback()
	if err := f(t); err != nil {
		return err
	}
	return t.commit(ctx)
}
