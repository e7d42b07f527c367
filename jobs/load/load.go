// Package load reads the default tables of the ledger (ledger.md, "Default
// tables") as a stream: service, authorization and enrollment, columns by name
// or by the partner's own names, good rows into facts, bad rows into issues. It
// is the bulk door's reader; single records with all their resources go through
// mappings. It knows neither the store nor the law: units of zero, empty codes
// and impossible dates of service go in, the ledger answers them.
package load

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/ledger"
)

// Options say whose file it is and how it is to be read.
type Options struct {
	Partner      gateway.PartnerID
	MemberSystem string         // system of member_id
	Format       gateway.Format // the partner's own columns and codes
	Zone         *time.Location // of received times without a zone; nil = UTC
	ChunkRows    int            // rows of a chunk; 0 = 5000
	Bad          func(Issue)    // told of every bad row; nil = only counted
}

// Chunk is a run of rows. Its facts are good until the next call.
type Chunk struct {
	Facts gateway.Facts
	Taken int64 // rows read so far without the header, good and bad
	Bad   int64 // bad rows so far
}

// Reader reads one file.
type Reader struct {
	opts  Options
	in    *rows
	table *table
	keep  func(*Reader, *cells) []Issue
	chunk Chunk
	plan  *gateway.PlanFact // the version whose rows are being read
}

// kinds are the tables, with what makes a fact of a row.
var kinds = map[string]struct {
	columns []column
	keep    func(*Reader, *cells) []Issue
}{
	"service":       {serviceColumns, (*Reader).service},
	"authorization": {authorizationColumns, (*Reader).authorization},
	"enrollment":    {enrollmentColumns, (*Reader).enrollment},
	"plan":          {planColumns, (*Reader).planItem},
}

// New reads the header. A file without the needed columns is a *HeaderError.
func New(kind string, from io.Reader, o Options) (*Reader, error) {
	k, ok := kinds[kind]
	if !ok {
		return nil, fmt.Errorf("load: no table %q: want enrollment, authorization, plan or service", kind)
	}
	if o.Zone == nil {
		o.Zone = time.UTC
	}
	if o.ChunkRows <= 0 {
		o.ChunkRows = 5000
	}
	if o.Bad == nil {
		o.Bad = func(Issue) {}
	}
	r := &Reader{opts: o, in: newRows(from), keep: k.keep}
	header, err := r.in.next()
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	r.table, err = newTable(k.columns, header, o.Format)
	return r, err
}

// Next reads the next chunk. After the last one it gives the final counts and
// io.EOF.
func (r *Reader) Next() (Chunk, error) {
	f := &r.chunk.Facts
	f.Lines, f.Auths, f.Spans, f.Plans = f.Lines[:0], f.Auths[:0], f.Spans[:0], f.Plans[:0]
	for n := 0; n < r.opts.ChunkRows; n++ {
		raw, err := r.in.next()
		if errors.Is(err, io.EOF) && (n > 0 || r.plan != nil) {
			r.endPlan()
			break
		}
		if err != nil {
			return r.chunk, err
		}
		r.row(raw)
	}
	return r.chunk, nil
}

// row takes one row, or reports every cell that is wrong with it.
func (r *Reader) row(raw []byte) {
	if blank(raw) {
		return
	}
	r.chunk.Taken++
	issues := r.table.read(raw)
	if issues == nil {
		issues = r.keep(r, &r.table.cells)
	}
	if len(issues) == 0 {
		return
	}
	r.chunk.Bad++
	for _, i := range issues {
		i.Row = r.in.row
		r.opts.Bad(i)
	}
}

func (r *Reader) member(c *cells) gateway.Identifier {
	return gateway.Identifier{System: r.opts.MemberSystem, Value: c.text("member_id")}
}

// received reads RFC 3339, "YYYY-MM-DD HH:MM[:SS]" or a date in the program's
// zone; empty is not stated.
func (r *Reader) received(c *cells) ledger.Stamp {
	text := c.text("received_at")
	if text == "" {
		return 0
	}
	if t, err := time.Parse(time.RFC3339Nano, text); err == nil {
		return ledger.StampOf(t)
	}
	text = strings.Replace(text, "T", " ", 1)
	for _, layout := range []string{"2006-01-02 15:04:05.999999", "2006-01-02 15:04", time.DateOnly} {
		if t, err := time.ParseInLocation(layout, text, r.opts.Zone); err == nil {
			return ledger.StampOf(t)
		}
	}
	c.bad("received_at", text, "2026-03-02T15:04:05-05:00, 2026-03-02 15:04 or 2026-03-02", "write date and time in one of these forms, or leave it empty")
	return 0
}
