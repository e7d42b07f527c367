// Package storetest runs a test body on both databases. It is for tests only.
package storetest

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/store"
)

// Env names the PostgreSQL server of the tests: a postgres:// URL whose user may
// create databases. SQLiteOnly=1 in the environment is the only way to do
// without one, and says so.
const (
	Env        = "THROUGHLINE_TEST_POSTGRES"
	SQLiteOnly = "THROUGHLINE_TEST_SQLITE_ONLY"
)

// MemberSystem is the member identifier system of the test policy.
const MemberSystem = "urn:test:member"

// Policy trusts member ids across partners and takes everyone's word for everything.
func Policy() store.Policy {
	return store.Policy{
		MemberSystem: MemberSystem,
		Caller: func(p gateway.PartnerID) gateway.Caller {
			return gateway.Caller{Partner: p, Scopes: []string{gateway.ScopePartner(p)}, Labels: gateway.LabelMask([]string{"*"})}
		},
		Authority: func(gateway.PartnerID, gateway.Relation) bool { return true },
	}
}

// Each runs f on SQLite and on PostgreSQL. open opens the database of this body:
// the first call makes it, further calls are further instances on the same one.
// Everything is closed and dropped at the end.
func Each(t *testing.T, f func(t *testing.T, open func() *store.Store)) {
	t.Helper()
	EachURL(t, func(t *testing.T, url string) {
		f(t, func() *store.Store {
			t.Helper()
			s, err := store.Open(context.Background(), url, Policy())
			if err != nil {
				t.Fatalf("open store: %v", err)
			}
			t.Cleanup(func() { _ = s.Close() })
			return s
		})
	})
}

// EachURL is Each for bodies that open the store themselves, in other processes
// for instance. The schema is there already.
func EachURL(t *testing.T, f func(t *testing.T, url string)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { f(t, SQLite(t)) })
	t.Run("postgres", func(t *testing.T) { f(t, Postgres(t)) })
}

// EachEmpty is EachURL with nothing in the database, not even a schema: for
// bodies that migrate.
func EachEmpty(t *testing.T, f func(t *testing.T, url string)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { f(t, filepath.Join(t.TempDir(), "throughline.db")) })
	t.Run("postgres", func(t *testing.T) { f(t, database(t, server(t), "template0")) })
}

// SQLite makes a database with the newest schema and gives its path.
func SQLite(t testing.TB) string {
	t.Helper()
	schema, err := sqliteSchema()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "throughline.db")
	if err := os.WriteFile(path, schema, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// Postgres makes a PostgreSQL database with the newest schema and gives its URL.
func Postgres(t testing.TB) string {
	t.Helper()
	at := server(t)
	template, err := postgresSchema(at)
	if err != nil {
		t.Fatal(err)
	}
	return database(t, at, template)
}

// server is the URL of the PostgreSQL server.
func server(t testing.TB) string {
	t.Helper()
	server := os.Getenv(Env)
	if server == "" {
		if os.Getenv(SQLiteOnly) == "1" {
			t.Skipf("NOT TESTED ON POSTGRESQL: %s=1 and %s is not set", SQLiteOnly, Env)
		}
		t.Fatalf("%s is not set: it must name a PostgreSQL server (postgres://...); `make test` starts one", Env)
	}
	return server
}

// database makes a database from a template and gives its URL.
func database(t testing.TB, server, template string) string {
	t.Helper()
	name := databaseName()
	admin(t, server, "create database "+name+" template "+template+" encoding 'UTF8' locale 'C'")
	t.Cleanup(func() { admin(t, server, "drop database if exists "+name+" with (force)") })
	at, err := on(server, name)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// on is the server's URL with another database.
func on(server, name string) (string, error) {
	u, err := url.Parse(server)
	if err != nil {
		return "", fmt.Errorf("%s: not a URL", Env)
	}
	u.Path = "/" + name
	return u.String(), nil
}

func databaseName() string {
	var b [8]byte
	rand.Read(b[:])
	return "tl_test_" + hex.EncodeToString(b[:])
}

func admin(t testing.TB, url, statement string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		t.Fatalf("%s: %v", Env, err)
	}
	defer func() { _ = conn.Close(ctx) }()
	if _, err := conn.Exec(ctx, statement); err != nil {
		t.Fatal(err)
	}
}

// Batch is an import of a text, still without its rows.
func Batch(partner, kind, text string) store.ImportBatch {
	sum := sha256.Sum256([]byte(text))
	return store.ImportBatch{Partner: gateway.PartnerID(partner), Kind: kind, Origin: "test.csv", SHA256: hex.EncodeToString(sum[:])}
}
