package storetest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/throughline/throughline/store"
)

// Migrating an empty database takes longer than most tests: it is done once, and
// each test gets a copy. Open still migrates, and finds nothing to do.

// sqliteSchema is the file of a database with the newest schema, made once a process.
var sqliteSchema = sync.OnceValues(func() ([]byte, error) {
	dir, err := os.MkdirTemp("", "throughline-schema")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	path := filepath.Join(dir, "schema.db")
	if err := migrate(context.Background(), path); err != nil {
		return nil, err
	}
	return os.ReadFile(path)
})

// postgresSchema is the name of the server's template database with the newest
// schema. It is named after the migrations' content, made by the first process
// that needs it and left there: one database for each schema.
func postgresSchema(server string) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	sum, err := migrationSum()
	if err != nil {
		return "", err
	}
	name := "tl_schema_" + sum
	conn, err := pgx.Connect(ctx, server)
	if err != nil {
		return "", fmt.Errorf("%s: %w", Env, err)
	}
	defer func() { _ = conn.Close(context.Background()) }()
	// The lock goes with the connection; other processes wait for the template here.
	if _, err := conn.Exec(ctx, "select pg_advisory_lock(hashtext($1))", name); err != nil {
		return "", err
	}
	var made bool
	if err := conn.QueryRow(ctx, "select exists (select 1 from pg_database where datname = $1)", name).Scan(&made); err != nil || made {
		return name, err
	}
	return name, makeTemplate(ctx, conn, server, name)
}

// makeTemplate migrates under another name, so that no half-made template is ever used.
func makeTemplate(ctx context.Context, conn *pgx.Conn, server, name string) error {
	building := name + "_new"
	for _, s := range []string{
		"drop database if exists " + building + " with (force)",
		"create database " + building + " template template0 encoding 'UTF8' locale 'C'",
	} {
		if _, err := conn.Exec(ctx, s); err != nil {
			return err
		}
	}
	at, err := on(server, building)
	if err != nil {
		return err
	}
	if err := migrate(ctx, at); err != nil {
		return err
	}
	_, err = conn.Exec(ctx, "alter database "+building+" rename to "+name)
	return err
}

func migrate(ctx context.Context, url string) error {
	s, err := store.Open(ctx, url, Policy())
	if err != nil {
		return err
	}
	return s.Close()
}

// migrationSum is a short name for what the migrations say.
func migrationSum() (string, error) {
	sum := sha256.New()
	err := fs.WalkDir(store.Migrations(), ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := fs.ReadFile(store.Migrations(), path)
		fmt.Fprintln(sum, path, len(text))
		sum.Write(text)
		return err
	})
	return hex.EncodeToString(sum.Sum(nil)[:6]), err
}
