package retention

import (
	"bufio"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/internal/needles"
)

// Proof says what was read after a purge and what was found of what is gone.
type Proof struct {
	Names     int             `json:"names"` // identifiers and ids of records that were looked for, everywhere
	Keys      int             `json:"keys"`  // the store's own keys, looked for outside the audit trail
	Short     int             `json:"short"` // too short to tell from chance: not looked for
	RowsRead  int64           `json:"rows_read"`
	FilesRead int64           `json:"files_read"`
	Found     []gateway.Trace `json:"found"`
	Cache     int64           `json:"cache"` // entries of Redis with a trace; -1 = there is none
	// Digest is the SHA-256 over the salt and the names, sorted, a line each: who
	// holds the list can check it, who does not learns nothing.
	Salt   string `json:"salt"`
	Digest string `json:"digest"`
}

// ErrTraces says that something purged is still there.
var ErrTraces = errors.New("retention: the proof has found what was purged")

// auditTable keeps who did what to which key: a key without its record says
// nothing about a child, and an audit trail is not rewritten.
const auditTable = "audit"

// prove reads everything that is left.
func (d *Deps) prove(ctx context.Context, all *gone) (*Proof, error) {
	slices.Sort(all.names)
	all.names = slices.Compact(all.names)
	p := &Proof{Names: len(all.names), Keys: len(all.keys), Cache: -1, Found: []gateway.Trace{}}
	p.Salt, p.Digest = digest(all.names)
	names, short := needles.New(all.names)
	keys, _ := needles.New(all.keys)
	p.Short = short
	found := map[[2]string]int64{}
	var err error
	p.RowsRead, err = d.Store.EachText(ctx, func(table, column string, value []byte) error {
		if names.In(value) || table != auditTable && keys.In(value) {
			found[[2]string{table, column}]++
		}
		return ctx.Err()
	})
	if err != nil {
		return nil, err
	}
	for _, at := range slices.SortedFunc(maps.Keys(found), func(a, b [2]string) int { return strings.Compare(a[0]+"."+a[1], b[0]+"."+b[1]) }) {
		p.Found = append(p.Found, gateway.Trace{Table: at[0], Column: at[1], Rows: found[at]})
	}
	if err := d.files(p, names); err != nil {
		return nil, err
	}
	if d.Cache != nil {
		if p.Cache, err = d.Cache.Count(ctx, func(b []byte) bool { return names.In(b) || keys.In(b) }); err != nil {
			return nil, fmt.Errorf("retention: the cache cannot be read, nothing is proven: %w", err)
		}
	}
	if len(p.Found) > 0 || p.Cache > 0 {
		return p, ErrTraces
	}
	return p, nil
}

func digest(names []string) (salt, sum string) {
	var b [16]byte
	rand.Read(b[:])
	salt = hex.EncodeToString(b[:])
	h := sha256.New()
	fmt.Fprintln(h, salt)
	for _, n := range names {
		fmt.Fprintln(h, n)
	}
	return salt, hex.EncodeToString(h.Sum(nil))
}

// files reads every file of the data directory, that of SQLite too when it was
// written anew: then no deleted byte may be in it.
func (d *Deps) files(p *Proof, names needles.Needles) error {
	return filepath.WalkDir(d.Dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || !e.Type().IsRegular() || !d.Rules.Rewrite && database(path) {
			return err
		}
		hit, err := contains(path, names)
		if err != nil && !errors.Is(err, fs.ErrNotExist) { // a file may end while we walk
			return err
		}
		p.FilesRead++
		if name, _ := filepath.Rel(d.Dir, path); hit {
			p.Found = append(p.Found, gateway.Trace{Table: "file", Column: filepath.Base(filepath.Dir(name)) + "/" + kindOf(name), Rows: 1})
		}
		return nil
	})
}

// kindOf is what a report may say of a file: its ending.
func kindOf(name string) string { return "*" + filepath.Ext(name) }

func database(path string) bool {
	name := filepath.Base(path)
	return strings.HasSuffix(name, ".db") || strings.HasSuffix(name, ".db-wal") || strings.HasSuffix(name, ".db-shm")
}

// contains reads a file in pieces that overlap.
func contains(path string, names needles.Needles) (bool, error) {
	f, err := os.Open(path)
	if err != nil {
		return false, err
	}
	defer f.Close()
	const piece, lap = 1 << 20, 1 << 10
	in, buf, kept := bufio.NewReaderSize(f, piece), make([]byte, piece+lap), 0
	for {
		n, err := io.ReadFull(in, buf[kept:])
		if names.In(buf[:kept+n]) {
			return true, nil
		}
		if err != nil {
			if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
				err = nil
			}
			return false, err
		}
		kept = copy(buf, buf[kept+n-lap:kept+n])
	}
}

// reports removes the files of nights that are too old, and of nights that name
// a record that was purged: they can be written again from what is left.
func (d *Deps) reports(_ context.Context, r *Report, all *gone) error {
	dirs, err := os.ReadDir(filepath.Join(d.Dir, "reports"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	names, _ := needles.New(all.names)
	for _, e := range dirs {
		day, err := time.Parse(time.DateOnly, e.Name())
		if err != nil || !e.IsDir() {
			continue
		}
		path := filepath.Join(d.Dir, "reports", e.Name())
		due := d.Rules.Reports > 0 && day.Before(r.At.Add(-d.Rules.Reports))
		if !due && len(all.names) > 0 {
			if due, err = anyContains(path, names); err != nil {
				return err
			}
		}
		if !due {
			continue
		}
		if r.Reports = append(r.Reports, e.Name()); !r.DryRun {
			if err := os.RemoveAll(path); err != nil {
				return err
			}
		}
	}
	return nil
}

func anyContains(dir string, names needles.Needles) (found bool, err error) {
	err = filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || found || !e.Type().IsRegular() {
			return err
		}
		found, err = contains(path, names)
		return err
	})
	return found, err
}
