// Package store is the only durable part: one code path on database/sql for
// SQLite (the embedded default) and PostgreSQL. It knows the tables, the access
// predicate and how to make one accepted message one transaction. It must not
// know HTTP, wires, schedules or configuration files.
//
// A reader finds: commit.go (one message, one transaction), people.go (who is
// who), access.go (who may see what, as SQL), resource.go and search.go (reads),
// facts.go and cases.go (the ledger's rows), lanes.go (the way out), redis.go
// (hints). Differences between the two databases live in dialect.go.
package store

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"runtime"
	"sync"
	"time"

	"github.com/pressly/goose/v3"

	"github.com/throughline/throughline/gateway"
)

//go:embed migrations
var migrations embed.FS

// Migrations are the steps of the schema, a directory for each database.
func Migrations() fs.FS { return migrations }

// Store is an open database. Its methods are safe for concurrent use.
type Store struct {
	Now    func() time.Time
	Policy Policy
	Live   Live // nil = there is no traffic beside long runs

	write   *sql.DB // one connection on SQLite, a pool on PostgreSQL
	read    *sql.DB
	dialect dialect
	commits *committer

	readAudit readAudit
	prepared  prepared
}

// Live is the traffic that a run over all children steps back for.
type Live interface {
	Yield()     // called some thousand times a second; returns when the run may go on
	Busy() bool // somebody has asked a moment ago
}

// Policy is what the store has to know of the configuration: which identifier
// systems join people across partners, and whose word is law.
type Policy struct {
	MemberSystem   string   // system of Medicaid member ids
	TrustedSystems []string // further systems that name the same person everywhere
	Caller         func(partner gateway.PartnerID) gateway.Caller
	Authority      func(partner gateway.PartnerID, relation gateway.Relation) bool // the partner's word on this relation is enough
	Bundle         func(*gateway.Message) ([]byte, error)                          // the PAS Bundle of a request that came by another wire; nil = there are none
}

// Open opens and migrates the database of url: a SQLite file path (or
// "sqlite:PATH") or a postgres:// URL.
func Open(ctx context.Context, url string, policy Policy) (*Store, error) {
	s, err := Connect(ctx, url)
	if err != nil {
		return nil, err
	}
	s.Policy = policy
	if err := s.Migrate(ctx); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	s.commits = newCommitter(s)
	return s, nil
}

// Connect opens the database without migrating it.
func Connect(ctx context.Context, url string) (*Store, error) {
	d, err := dialectOf(url)
	if err != nil {
		return nil, err
	}
	s := &Store{Now: time.Now, dialect: d}
	if s.write, s.read, err = d.open(ctx); err != nil {
		return nil, fmt.Errorf("open %s store: %w", d.name(), err)
	}
	return s, nil
}

// migrating keeps two stores of one process from migrating at once: goose's
// settings are global.
var migrating sync.Mutex

// Migrate brings the schema to the newest version.
func (s *Store) Migrate(ctx context.Context) error {
	p, err := s.migrator()
	if err != nil {
		return err
	}
	if _, err := p.Up(ctx); err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	return nil
}

// Versions is the schema's version and the newest one this binary knows.
func (s *Store) Versions(ctx context.Context) (current, newest int64, err error) {
	p, err := s.migrator()
	if err != nil {
		return 0, 0, err
	}
	return p.GetVersions(ctx)
}

func (s *Store) migrator() (*goose.Provider, error) {
	migrating.Lock()
	defer migrating.Unlock()
	dir, err := fs.Sub(migrations, "migrations/"+s.dialect.name())
	if err != nil {
		return nil, err
	}
	// A data directory of development may lack a number that was written beside
	// later ones; migrations build on what stands below their number only by adding.
	return goose.NewProvider(s.dialect.goose(), s.write, dir, append(s.dialect.gooseOptions(), goose.WithAllowOutofOrder(true))...)
}

func (s *Store) stepBack() {
	if s.Live == nil {
		runtime.Gosched()
		return
	}
	s.Live.Yield()
}

// Kind is "sqlite" or "postgres".
func (s *Store) Kind() string { return s.dialect.name() }

// Ping says whether the database answers.
func (s *Store) Ping(ctx context.Context) error { return s.read.PingContext(ctx) }

// Close ends the committers and closes the pools.
func (s *Store) Close() error {
	var err error
	if s.commits != nil {
		err = s.FlushAudit(context.Background())
	}
	err = firstError(err, s.dialect.close(), s.write.Close())
	if s.read != s.write {
		err = firstError(err, s.read.Close())
	}
	return err
}

func firstError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

func (s *Store) micros() int64 { return s.Now().UnixMicro() }

func fromMicros(us int64) time.Time {
	if us == 0 {
		return time.Time{}
	}
	return time.UnixMicro(us).UTC()
}
