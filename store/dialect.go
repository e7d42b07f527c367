package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
	"modernc.org/sqlite"
)

// dialect is everything in which the two databases differ.
type dialect interface {
	name() string
	open(ctx context.Context) (write, read *sql.DB, err error)
	// keyed are the connections for messages and for questions about one child, which
	// look a few rows up by their keys.
	keyed(s *Store) (write, read *sql.DB)
	goose() goose.Dialect
	gooseOptions() []goose.ProviderOption
	// begin starts a transaction on a connection of its own.
	begin(ctx context.Context, db *sql.DB) (*tx, error)
	// nextSeq takes n numbers of the commit order and returns the last.
	nextSeq(ctx context.Context, t *tx, n int64) (int64, error)
	// order locks the lanes of the given persons, sorted, until the end of the
	// transaction and takes the next number of the commit order: within a lane
	// numbers are given and become visible in one order.
	order(ctx context.Context, t *tx, persons []string) (int64, error)
	// close lets go of what open and begin hold beside the pools.
	close() error
	// grouping is how many group commits may run at once and how many messages
	// one of them takes.
	grouping() (leaders, size int)
	// forUpdate is the clause that locks a selected row, where one is needed.
	forUpdate() string
	// among is the condition that a text is one of a list, which is one argument.
	among(mark string) string
	list(texts []string) any
	// retryable tells a deadlock or a lost race from a real failure.
	retryable(err error) bool
	// away tells a database that is gone, full or shutting down from a refusal.
	away(err error) bool
	// busy tells a lock that was held too long.
	busy(err error) bool
}

func dialectOf(dsn string) (dialect, error) {
	switch {
	case strings.HasPrefix(dsn, "postgres://"), strings.HasPrefix(dsn, "postgresql://"):
		return &postgresDialect{dsn: dsn}, nil
	case strings.Contains(dsn, "://"):
		return nil, fmt.Errorf("store url: want a file path or postgres://, found scheme %q", strings.SplitN(dsn, ":", 2)[0])
	}
	return &sqliteDialect{path: strings.TrimPrefix(dsn, "sqlite:"), writer: newWriter()}, nil
}

type sqliteDialect struct {
	path   string
	writer *writer
}

func (d *sqliteDialect) name() string { return "sqlite" }

// open makes one writer and several readers: WAL lets readers go on while the
// writer commits; synchronous=FULL makes COMMIT durable (protocol.md R1).
func (d *sqliteDialect) open(ctx context.Context) (*sql.DB, *sql.DB, error) {
	if err := os.MkdirAll(filepath.Dir(d.path), 0o700); err != nil {
		return nil, nil, err
	}
	pragma := "_pragma=busy_timeout(10000)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=foreign_keys(on)&_pragma=temp_store(memory)"
	dsn := "file:" + (&url.URL{Path: d.path}).EscapedPath() + "?" + pragma
	write, err := sql.Open("sqlite", dsn+"&_txlock=immediate&_pragma=cache_size(-16000)")
	if err != nil {
		return nil, nil, err
	}
	write.SetMaxOpenConns(2) // the writer, and whoever migrates
	if err := write.PingContext(ctx); err != nil {
		return nil, nil, errors.Join(err, write.Close())
	}
	read, err := sql.Open("sqlite", dsn+"&_pragma=query_only(on)&_pragma=cache_size(-8000)") // each: what they read lies in the system's memory too
	if err != nil {
		return nil, nil, errors.Join(err, write.Close())
	}
	read.SetMaxOpenConns(8)
	read.SetMaxIdleConns(8)
	return write, read, nil
}

func (d *sqliteDialect) keyed(s *Store) (write, read *sql.DB) { return s.write, s.read }

func (d *sqliteDialect) goose() goose.Dialect                 { return goose.DialectSQLite3 }
func (d *sqliteDialect) gooseOptions() []goose.ProviderOption { return nil }

func (d *sqliteDialect) begin(ctx context.Context, db *sql.DB) (*tx, error) {
	if err := d.writer.take(ctx, db); err != nil {
		return nil, err
	}
	t := &tx{conn: d.writer.conn, stmts: d.writer.stmts, release: d.writer.give}
	t.put("begin immediate")
	return t, nil
}

func (d *sqliteDialect) nextSeq(ctx context.Context, t *tx, n int64) (int64, error) {
	var last int64
	err := t.row(ctx, "update commit_seq set n = n + $1 returning n", n).Scan(&last)
	return last, err
}

// order needs no lock: there is one writer.
func (d *sqliteDialect) order(ctx context.Context, t *tx, persons []string) (int64, error) {
	return d.nextSeq(ctx, t, 1)
}

func (d *sqliteDialect) close() error { return d.writer.close() }

func (d *sqliteDialect) grouping() (leaders, size int) { return 1, 48 }

func (d *sqliteDialect) forUpdate() string { return "" }

func (d *sqliteDialect) among(mark string) string {
	return "in (select value from json_each(" + mark + "))"
}

func (d *sqliteDialect) list(texts []string) any {
	text, _ := json.Marshal(texts) // texts are JSON
	return string(text)
}

func (d *sqliteDialect) retryable(err error) bool { return false }

func (d *sqliteDialect) busy(err error) bool {
	var e *sqlite.Error
	return errors.As(err, &e) && e.Code()&0xff == 5
}

// away: everything but a constraint or a misuse is the disk or the file.
func (d *sqliteDialect) away(err error) bool {
	var e *sqlite.Error
	return !errors.As(err, &e) || e.Code()&0xff != 19 && e.Code()&0xff != 1 && e.Code()&0xff != 21
}

type postgresDialect struct {
	dsn   string
	byKey *sql.DB // plans each statement once, see keyedPlans
}

func (d *postgresDialect) name() string { return "postgres" }

func (d *postgresDialect) open(ctx context.Context) (*sql.DB, *sql.DB, error) {
	cfg, err := pgx.ParseConfig(d.dsn)
	if err != nil {
		return nil, nil, errors.New("store url: not a valid postgres URL") // never echo it: it holds a password
	}
	cfg.RuntimeParams["application_name"] = "throughline"
	cfg.RuntimeParams["timezone"] = "UTC"
	cfg.RuntimeParams["lock_timeout"] = "2000" // a key in flight is waited for 2 s (protocol.md R4)
	cfg.RuntimeParams["jit"] = "off"           // compiling takes longer than any query of ours
	cfg.OnNotice = noteWarning
	db := pool(cfg)
	if err := d.schema(ctx, db, cfg.RuntimeParams["search_path"]); err != nil {
		return nil, nil, errors.Join(err, db.Close())
	}
	maps.Copy(cfg.RuntimeParams, keyedPlans)
	d.byKey = pool(cfg)
	return db, db, nil
}

// keyedPlans are the settings of connections that look rows up by their keys:
// plan a statement once, not anew each time, and take the index even while the
// server has not counted the rows yet (autovacuum does, within a minute).
var keyedPlans = map[string]string{"plan_cache_mode": "force_generic_plan", "enable_seqscan": "off"}

func pool(cfg *pgx.ConnConfig) *sql.DB {
	db := stdlib.OpenDB(*cfg.Copy())
	db.SetMaxOpenConns(12)
	db.SetMaxIdleConns(12)
	db.SetConnMaxIdleTime(5 * time.Minute)
	return db
}

// schema makes the schema that the URL names, and so sees that the server answers.
func (d *postgresDialect) schema(ctx context.Context, db *sql.DB, name string) error {
	if name == "" {
		return db.PingContext(ctx)
	}
	var there bool
	if err := db.QueryRowContext(ctx, "select exists (select 1 from pg_namespace where nspname = $1)", name).Scan(&there); err != nil || there {
		return err
	}
	_, err := db.ExecContext(ctx, "create schema if not exists "+pgx.Identifier{name}.Sanitize())
	return err
}

func (d *postgresDialect) keyed(*Store) (write, read *sql.DB) { return d.byKey, d.byKey }

func (d *postgresDialect) goose() goose.Dialect { return goose.DialectPostgres }

// gooseOptions lets several instances start at once: one migrates, the rest wait.
func (d *postgresDialect) gooseOptions() []goose.ProviderOption {
	locker, err := lock.NewPostgresSessionLocker()
	if err != nil {
		return nil
	}
	return []goose.ProviderOption{goose.WithSessionLocker(locker)}
}

func (d *postgresDialect) begin(ctx context.Context, db *sql.DB) (*tx, error) {
	conn, err := db.Conn(ctx)
	if err != nil {
		return nil, err
	}
	t := &tx{conn: conn, pg: func(c any) *pgx.Conn { return c.(*stdlib.Conn).Conn() }, release: func() { conn.Close() }}
	t.put("begin")
	return t, nil
}

// knownLock is held shared by every transaction that takes numbers of the
// commit order, and exclusively for a moment by whoever reads the watermark.
const knownLock = 7216001

func (d *postgresDialect) nextSeq(ctx context.Context, t *tx, n int64) (int64, error) {
	if !t.ordered {
		t.put("select pg_advisory_xact_lock_shared($1)", knownLock)
		t.ordered = true
	}
	var last int64
	if n == 1 {
		err := t.row(ctx, "select nextval('commit_seq')").Scan(&last)
		return last, err
	}
	err := t.row(ctx, "select max(nextval('commit_seq')) from generate_series(1, $1::bigint)", n).Scan(&last)
	return last, err
}

func (d *postgresDialect) order(ctx context.Context, t *tx, persons []string) (int64, error) {
	for _, person := range persons {
		t.put("select pg_advisory_xact_lock(hashtextextended($1, 7216))", person)
	}
	return d.nextSeq(ctx, t, 1)
}

func (d *postgresDialect) close() error { return d.byKey.Close() }

// grouping: PostgreSQL shares its fsync among transactions by itself, and a
// group would hold the lanes of all its children until the last is done.
func (d *postgresDialect) grouping() (leaders, size int) { return 8, 1 }

func (d *postgresDialect) forUpdate() string { return " for update" }

func (d *postgresDialect) among(mark string) string { return "= any(" + mark + "::text[])" }
func (d *postgresDialect) list(texts []string) any  { return texts }

func (d *postgresDialect) retryable(err error) bool {
	var e *pgconn.PgError
	return errors.As(err, &e) && (e.Code == "40P01" || e.Code == "40001" || e.Code == "23505")
}

func (d *postgresDialect) busy(err error) bool {
	var e *pgconn.PgError
	return errors.As(err, &e) && e.Code == "55P03"
}

// away: connection (08), resources (53), operator (57) and system (58) errors,
// and everything that is not the server's word at all.
func (d *postgresDialect) away(err error) bool {
	var e *pgconn.PgError
	return !errors.As(err, &e) || slices.Contains([]string{"08", "53", "57", "58"}, e.Code[:2])
}

// warned are the connections on which the server has warned since the last
// COMMIT was sent: a cancelled wait for synchronous replication is a warning.
var warned sync.Map

var errUnconfirmed = errors.New("the standby did not confirm the commit")

func noteWarning(conn *pgconn.PgConn, n *pgconn.Notice) {
	if n.SeverityUnlocalized == "WARNING" && n.Code == "01000" {
		warned.Store(conn, true)
	}
}
