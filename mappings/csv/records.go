package csv

import (
	"errors"
	"io"
	"iter"
	"math"

	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/mappings/record"
)

// Read is one row of a table as a record; the record is nil when the issues
// say why.
type Read struct {
	Row    int
	Record record.Record
	Issues fhir.Issues
}

// Records reads a table whose rows are records of their own (service,
// authorization, enrollment) while it comes in; memory is bounded by one row.
// A header that cannot be used is one Read with its issues. An error is one of
// the reader.
func Records(r io.Reader, name string, columns map[string]string, words record.Words) iter.Seq2[Read, error] {
	return func(yield func(Read, error) bool) {
		in := newRows(r, math.MaxInt)
		header, err := in.next()
		if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, errLongRow) {
			yield(Read{}, err)
			return
		}
		t, issues := newTable(name, header, columns)
		if issues != nil {
			yield(Read{Row: 1, Issues: issues}, nil)
			return
		}
		for {
			raw, err := in.next()
			if errors.Is(err, io.EOF) {
				return
			}
			if err != nil {
				yield(Read{Row: in.row + 1}, err)
				return
			}
			if !blank(raw) && !yield(t.read(in.row, raw, name, words), nil) {
				return
			}
		}
	}
}

// read decodes one row.
func (t *table) read(row int, raw []byte, name string, words record.Words) Read {
	b := builder{table: t, objects: map[*group]*record.Node{}}
	b.row(row, raw)
	rec, issues := b.record(name, words)
	return Read{Row: row, Record: rec, Issues: issues}
}
