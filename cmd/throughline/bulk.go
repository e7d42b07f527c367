package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/jobs/load"
	"github.com/throughline/throughline/store"
)

// bulk is one table on its way through the bulk door: jobs/load reads it, the
// store takes it.
type bulk struct {
	batch  store.ImportBatch
	reader factReader
	file   io.ReadSeeker
	read   int64                     // bytes of the file so far
	bad    func(load.Issue)          // told of every bad row; may be nil
	chunk  func(c store.ImportChunk) // told of every chunk; may be nil
	stop   func()                    // ends a reader that is left before its end; may be nil
}

// factReader gives a file's rows in chunks; io.EOF with the final counts after
// the last.
type factReader interface{ Next() (load.Chunk, error) }

// newBulk reads the file once for its key, then its header.
func newBulk(p *gateway.Partner, zone *time.Location, kind, origin string, file io.ReadSeeker) (*bulk, error) {
	b := &bulk{file: file}
	formats := []gateway.Format{p.Formats[kind]}
	if kind == "x12" {
		formats = []gateway.Format{p.Formats["service"], p.Formats["enrollment"]}
	}
	sum, err := fileKey(file, kind, p.MemberSystem, formats)
	if err != nil {
		return nil, err
	}
	b.batch = store.ImportBatch{Partner: p.ID, Kind: kind, Origin: origin, SHA256: sum, Next: b.next}
	bad := func(i load.Issue) {
		if b.bad != nil {
			b.bad(i)
		}
	}
	if kind == "x12" {
		claims, err := newX12Reader(b, p, bad)
		if err != nil {
			return nil, err
		}
		b.reader, b.stop = claims, claims.stop
		return b, nil
	}
	b.reader, err = load.New(kind, b, load.Options{Partner: p.ID, MemberSystem: p.MemberSystem, Format: formats[0], Zone: zone, Bad: bad})
	return b, err
}

// fileKey names a file and the way it is read: the same bytes read by other
// rules are another import.
func fileKey(f io.ReadSeeker, kind, system string, formats []gateway.Format) (string, error) {
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", err
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return "", err
	}
	rule := []any{kind, system}
	for _, f := range formats {
		rule = append(rule, f)
	}
	rules, err := json.Marshal(rule, json.Deterministic(true))
	if err != nil {
		return "", err
	}
	h.Write(rules)
	return hex.EncodeToString(h.Sum(nil)), nil
}

// Read reads on in the file and counts.
func (b *bulk) Read(p []byte) (int, error) {
	n, err := b.file.Read(p)
	b.read += int64(n)
	return n, err
}

// Seek begins again: an X12 file is judged before its claims are taken.
func (b *bulk) Seek(offset int64, whence int) (int64, error) {
	at, err := b.file.Seek(offset, whence)
	b.read = at
	return at, err
}

// close lets go of the reader. The file stays its opener's.
func (b *bulk) close() {
	if b.stop != nil {
		b.stop()
	}
}

// next is the store's way to read on.
func (b *bulk) next() (store.ImportChunk, error) {
	c, err := b.reader.Next()
	if b.chunk != nil {
		b.chunk(store.ImportChunk(c))
	}
	return store.ImportChunk(c), err
}

// check reads the whole file and stores nothing.
func (b *bulk) check(ctx context.Context) (store.Imported, error) {
	for {
		c, err := b.next()
		done := store.Imported{Rows: c.Taken, Bad: c.Bad}
		if errors.Is(err, io.EOF) {
			return done, nil
		}
		if err = errors.Join(err, ctx.Err()); err != nil {
			return done, err
		}
	}
}

// apply takes the good rows in.
func (b *bulk) apply(ctx context.Context, a *App) (store.Imported, error) {
	done, err := a.Store.Import(ctx, b.batch)
	if err != nil {
		return store.Imported{}, err
	}
	a.Hints.Wake(ctx, gateway.TopicRoute)
	return *done, nil
}
