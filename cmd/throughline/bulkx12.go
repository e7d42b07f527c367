package main

import (
	"io"
	"iter"

	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/jobs/load"
	"github.com/throughline/throughline/mappings"
	"github.com/throughline/throughline/mappings/x12"
)

// x12Chunk is how many claims or members one transaction takes.
const x12Chunk = 2500

// x12Reader reads claims (837P) and members (834) of an X12 file for the bulk
// door. Each is a row; so is a transaction that cannot be read.
type x12Reader struct {
	file  *x12.File
	next  func() (mappings.FactRow, error, bool)
	stop  func() // to be called once nobody reads on
	bad   func(load.Issue)
	chunk load.Chunk
	done  bool
}

func newX12Reader(f io.ReadSeeker, p *gateway.Partner, bad func(load.Issue)) (*x12Reader, error) {
	file, err := mappings.OpenX12(f)
	if err != nil {
		return nil, err
	}
	r := &x12Reader{file: file, bad: bad}
	r.next, r.stop = iter.Pull2(mappings.FactsX12(file, p))
	return r, nil
}

// Next reads the next chunk.
func (r *x12Reader) Next() (load.Chunk, error) {
	f := &r.chunk.Facts
	f.Lines, f.Auths, f.Spans = f.Lines[:0], f.Auths[:0], f.Spans[:0]
	if r.done {
		return r.chunk, io.EOF
	}
	for range x12Chunk {
		row, err, ok := r.next()
		if err != nil {
			return r.chunk, err
		}
		if !ok {
			r.done = true
			r.envelope()
			return r.chunk, nil
		}
		r.take(row)
	}
	return r.chunk, nil
}

func (r *x12Reader) take(row mappings.FactRow) {
	r.chunk.Taken++
	if row.Issues.Errors() {
		r.chunk.Bad++
		for _, i := range row.Issues {
			if i.Severity == fhir.Error || i.Severity == fhir.Fatal {
				r.bad(load.Issue{Row: int64(row.Row), Column: i.Path, Found: i.Found, Allowed: i.Allowed, Fix: i.Fix})
			}
		}
		return
	}
	f := &r.chunk.Facts
	f.Lines, f.Spans = append(f.Lines, row.Facts.Lines...), append(f.Spans, row.Facts.Spans...)
}

// envelope reports what the wire refused: one bad row for each interchange,
// group or transaction.
func (r *x12Reader) envelope() {
	for _, i := range r.file.Issues() {
		r.chunk.Taken++
		r.chunk.Bad++
		r.bad(load.Issue{Row: r.chunk.Taken, Column: i.Path, Found: i.Where + ": " + i.Found, Allowed: i.Allowed, Fix: i.Fix})
	}
}
