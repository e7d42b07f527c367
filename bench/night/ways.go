package main

import (
	"bufio"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	_ "github.com/duckdb/duckdb-go/v2"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"

	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/internal/population"
	bulk "github.com/throughline/throughline/jobs/load"
	"github.com/throughline/throughline/jobs/reconcile"
	"github.com/throughline/throughline/ledger"
	"github.com/throughline/throughline/store"
)

const (
	asOfText     = "2026-06-30"
	memberSystem = "urn:throughline:bench:member"
)

var kinds = []string{"enrollment", "authorization", "service"}

// columns of the three tables, as their files have them.
var columns = map[string]string{"enrollment": population.EnrollmentHeader, "authorization": population.AuthorizationHeader, "service": population.ServiceHeader}

// tables are what the SQL ways call them.
var tables = map[string]string{"enrollment": "raw_span", "authorization": "raw_auth", "service": "raw_line"}

// populate writes the three files; linesOf a member is 35 on average.
func populate(dir string, lines int) (int64, error) {
	var files []io.Writer
	var flush []*bufio.Writer
	for _, kind := range kinds {
		f, err := os.Create(filepath.Join(dir, kind+".csv"))
		if err != nil {
			return 0, err
		}
		defer f.Close()
		w := bufio.NewWriterSize(f, 1<<20)
		files, flush = append(files, w), append(flush, w)
	}
	stats, err := population.Generate(population.Default(max(lines/35, 10)), files[0], files[1], files[2])
	for _, w := range flush {
		if err == nil {
			err = w.Flush()
		}
	}
	return stats.Lines, err
}

// ways are all that is compared over one population.
type ways struct {
	r      *result
	dir    string
	pg     *database
	lite   string
	server server
	limit  time.Duration
}

// run measures one way: what it costs, and what it leaves on disk.
func (w *ways) run(ctx context.Context, name, role string, args []string) error {
	before, err := w.sizes(ctx)
	if err != nil {
		return err
	}
	c, err := w.server.alone(w.limit, role, args...)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	after, err := w.sizes(ctx)
	c.grew, c.wal = after.data-before.data, after.wal-before.wal
	w.r.add(name, c)
	return err
}

// size is what lies on disk, in bytes.
type size struct{ data, wal int64 }

func (w *ways) sizes(ctx context.Context) (s size, err error) {
	if err := w.pg.db.QueryRowContext(ctx, "select pg_database_size(current_database()), (pg_current_wal_insert_lsn() - '0/0'::pg_lsn)::bigint").Scan(&s.data, &s.wal); err != nil {
		return s, err
	}
	err = filepath.WalkDir(w.dir, func(_ string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		info, err := e.Info()
		if err == nil {
			s.data += info.Size()
		}
		return nil
	})
	return s, err
}

func policy() store.Policy {
	return store.Policy{MemberSystem: memberSystem, TrustedSystems: []string{memberSystem},
		Caller:    func(p gateway.PartnerID) gateway.Caller { return gateway.Caller{Partner: p} },
		Authority: func(gateway.PartnerID, gateway.Relation) bool { return true }}
}

// load imports the three files through the bulk door.
func load(ctx context.Context, args []string) error {
	s, err := store.Open(ctx, args[0], policy())
	if err != nil {
		return err
	}
	defer s.Close()
	for _, kind := range kinds {
		path := filepath.Join(args[1], kind+".csv")
		if _, err := os.Stat(path); os.IsNotExist(err) {
			continue
		}
		if err := loadOne(ctx, s, kind, path); err != nil {
			return fmt.Errorf("%s: %w", kind, err)
		}
	}
	return nil
}

func loadOne(ctx context.Context, s *store.Store, kind, path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	rows, err := bulk.New(kind, f, bulk.Options{Partner: "p", MemberSystem: memberSystem, Bad: func(i bulk.Issue) { fmt.Fprintln(os.Stderr, kind, i) }})
	if err != nil {
		return err
	}
	sum := sha256.Sum256([]byte(path))
	_, err = s.Import(ctx, store.ImportBatch{Partner: "p", Kind: kind, SHA256: hex.EncodeToString(sum[:]), Next: func() (store.ImportChunk, error) {
		c, err := rows.Next()
		return store.ImportChunk(c), err
	}})
	return err
}

// ours is the night as the product runs it; the export is not part of it.
func ours(ctx context.Context, args []string) error {
	s, err := store.Open(ctx, args[0], policy())
	if err != nil {
		return err
	}
	defer s.Close()
	asOf, err := ledger.ParseDay(asOfText)
	if err != nil {
		return err
	}
	_, err = reconcile.Run(ctx, depsOf(s), asOf, reconcile.Options{})
	return err
}

func depsOf(s *store.Store) reconcile.Deps { return reconcile.Deps{Runs: s, Facts: s, Results: s} }

// inSQL asks the same PostgreSQL, with the rows already in its tables.
func inSQL(ctx context.Context, args []string) error {
	db, err := sql.Open("pgx", args[0])
	if err != nil {
		return err
	}
	defer db.Close()
	db.SetMaxOpenConns(1) // temporary functions and settings belong to a session
	for _, text := range []string{"create schema asked", "set search_path = asked, public", "set work_mem = '256MB'", "set jit = off", `create function pg_temp.safe_date(t text) returns date language plpgsql immutable as
		$$ begin return t::date; exception when others then return null; end $$`} {
		if _, err := db.ExecContext(ctx, text); err != nil {
			return err
		}
	}
	return postgres.law(ctx, db, asOfText)
}

// inDuckDB asks DuckDB with the rows in its own tables: they are brought there
// first, in a process that does not count (see compareDuck).
func inDuckDB(ctx context.Context, args []string) error {
	db, err := sql.Open("duckdb", filepath.Join(args[0], "own.duckdb"))
	if err != nil {
		return err
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	if _, err := db.ExecContext(ctx, "set threads = 2"); err != nil {
		return err
	}
	return duckdb.law(ctx, db, asOfText)
}

// fill makes the raw tables of DuckDB out of the files of a folder.
func fill(ctx context.Context, db *sql.DB, dir string) error {
	for _, kind := range kinds {
		text := fmt.Sprintf("create table %s as select *, row_number() over () as no from read_csv('%s', header = true, all_varchar = true, nullstr = '\\N')", tables[kind], filepath.Join(dir, kind+".csv"))
		if _, err := db.ExecContext(ctx, text); err != nil {
			return err
		}
	}
	return nil
}

// fromPostgres reads the rows out of PostgreSQL, asks DuckDB and brings the
// verdicts back.
func fromPostgres(ctx context.Context, args []string) error {
	dir, err := os.MkdirTemp(args[1], "from-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir) // the next way needs the room
	conn, err := pgx.Connect(ctx, args[0])
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	for _, kind := range kinds {
		if err := copyOut(ctx, conn, kind, filepath.Join(dir, kind+".csv")); err != nil {
			return err
		}
	}
	db, err := sql.Open("duckdb", filepath.Join(dir, "from.duckdb"))
	if err != nil {
		return err
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	if err := fill(ctx, db, dir); err != nil {
		return err
	}
	if err := duckdb.law(ctx, db, asOfText); err != nil {
		return err
	}
	back := filepath.Join(dir, "verdict.csv")
	if _, err := db.ExecContext(ctx, fmt.Sprintf("copy verdict to '%s' (header false)", back)); err != nil {
		return err
	}
	if _, err := conn.Exec(ctx, "create table duck_verdict (id text, verdict text, matched bigint)"); err != nil {
		return err
	}
	f, err := os.Open(back)
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = conn.PgConn().CopyFrom(ctx, f, "copy duck_verdict from stdin (format csv)")
	return err
}

func copyOut(ctx context.Context, conn *pgx.Conn, kind, path string) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer f.Close()
	w := bufio.NewWriterSize(f, 1<<20)
	list := quoted(columns[kind])
	if _, err := conn.PgConn().CopyTo(ctx, w, "copy (select "+list+" from "+tables[kind]+" order by no) to stdout (format csv, header, force_quote *)"); err != nil {
		return err
	}
	return w.Flush()
}

// quoted quotes column names: end is a word of SQL.
func quoted(header string) string { return `"` + strings.ReplaceAll(header, ",", `","`) + `"` }

// database is a PostgreSQL database of this run alone.
type database struct {
	url string
	db  *sql.DB
}

func newDatabase(ctx context.Context) (*database, func(), error) {
	root := os.Getenv("THROUGHLINE_TEST_POSTGRES")
	if root == "" {
		return nil, nil, fmt.Errorf("no PostgreSQL: run it as `make bench-night`, or name one in THROUGHLINE_TEST_POSTGRES")
	}
	admin, err := sql.Open("pgx", root)
	if err != nil {
		return nil, nil, err
	}
	name := fmt.Sprintf("tl_night_%d", os.Getpid())
	if _, err := admin.ExecContext(ctx, "create database "+name); err != nil {
		return nil, nil, err
	}
	at, err := url.Parse(root)
	if err != nil {
		return nil, nil, err
	}
	at.Path = "/" + name
	db, err := sql.Open("pgx", at.String())
	drop := func() {
		db.Close()
		_, _ = admin.ExecContext(ctx, "drop database "+name+" with (force)")
		admin.Close()
	}
	return &database{at.String(), db}, drop, err
}

// raw brings the raw rows into PostgreSQL's and DuckDB's own tables.
func (w *ways) raw(ctx context.Context) error {
	conn, err := w.pg.db.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	for _, kind := range kinds {
		list := quoted(columns[kind])
		text := "create table " + tables[kind] + " (" + strings.ReplaceAll(list, ",", " text not null, ") + " text not null, no bigint generated always as identity)"
		if _, err := conn.ExecContext(ctx, text); err != nil {
			return err
		}
		err := conn.Raw(func(c any) error {
			f, err := os.Open(filepath.Join(w.dir, kind+".csv"))
			if err != nil {
				return err
			}
			defer f.Close()
			_, err = c.(*stdlib.Conn).Conn().PgConn().CopyFrom(ctx, f, "copy "+tables[kind]+" ("+list+") from stdin (format csv, header, force_not_null ("+list+"))")
			return err
		})
		if err != nil {
			return err
		}
	}
	if _, err := conn.ExecContext(ctx, "analyze"); err != nil {
		return err
	}
	duck, err := sql.Open("duckdb", filepath.Join(w.dir, "own.duckdb"))
	if err != nil {
		return err
	}
	defer duck.Close()
	return fill(ctx, duck, w.dir)
}

// besideFloor measures a step, and right before and right after it the floor: the
// mean of both is what it is held against, because the machine's own speed changes.
func (w *ways) besideFloor(ctx context.Context, s step) error {
	before, err := w.copyFloor(ctx)
	if err != nil {
		return err
	}
	if err := w.run(ctx, s.name, s.role, s.args); err != nil {
		return err
	}
	after, err := w.copyFloor(ctx)
	if err != nil {
		return err
	}
	w.r.add("COPY out and in, PostgreSQL alone", cost{wall: (before.wall + after.wall) / 2, cpu: (before.cpu + after.cpu) / 2})
	return nil
}

// copyFloor is COPY out of all rows and COPY in of as many, by the server alone.
func (w *ways) copyFloor(ctx context.Context) (cost, error) {
	before, began := w.server.cpu(), time.Now()
	for _, text := range []string{
		"copy raw_span to program 'cat > /dev/null' (format binary)", "copy raw_auth to program 'cat > /dev/null' (format binary)",
		"copy raw_line to program 'cat > " + filepath.Join("/tmp", filepath.Base(w.dir)+".copy") + "' (format binary)",
		"create table copied (like raw_line)", "copy copied from program 'cat " + filepath.Join("/tmp", filepath.Base(w.dir)+".copy") + "' (format binary)", "drop table copied",
		"copy (select 1) to program 'rm -f " + filepath.Join("/tmp", filepath.Base(w.dir)+".copy") + "'",
	} {
		if _, err := w.pg.db.ExecContext(ctx, text); err != nil {
			return cost{}, fmt.Errorf("%w\n%s", err, text)
		}
	}
	return cost{wall: time.Since(began), cpu: w.server.cpu() - before}, nil
}
