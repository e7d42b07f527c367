package mappings

import (
	"io"
	"iter"

	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/mappings/csv"
	"github.com/throughline/throughline/mappings/tofhir"
	"github.com/throughline/throughline/mappings/x12"
	"github.com/throughline/throughline/mappings/x12/claims"
)

// FactRow is what one row of a table says to the ledger.
type FactRow struct {
	Row    int // the header is row 1
	Facts  gateway.Facts
	Issues fhir.Issues // errors: the row says nothing
}

// Facts reads a table of services, authorizations or enrollments for the
// ledger alone, row by row while it comes in: the bulk door, which makes no
// resources. A header that cannot be used is one FactRow of row 1 with issues.
func Facts(r io.Reader, kind gateway.Kind, p *gateway.Partner) iter.Seq2[FactRow, error] {
	f := formatOf(kind, p)
	return func(yield func(FactRow, error) bool) {
		for read, err := range csv.Records(r, nameOf(kind), f.Columns, f.Codes) {
			row := FactRow{Row: read.Row, Issues: read.Issues}
			if read.Record != nil {
				row.Facts = tofhir.Facts(read.Record, p)
			}
			if !yield(row, err) {
				return
			}
		}
	}
}

// FactsX12 reads the claims and members of an X12 file for the ledger alone, one
// by one while the file is read again. Row counts them from 1; a transaction that
// the wire refuses is no row, its issues are those of the file.
func FactsX12(file *x12.File, p *gateway.Partner) iter.Seq2[FactRow, error] {
	return func(yield func(FactRow, error) bool) {
		n := 0
		for part, err := range file.Parts() {
			n++
			row := FactRow{Row: n}
			if err == nil {
				row.Facts, row.Issues = claims.Facts(part.Kind, part.Body, p)
			}
			if !yield(row, err) {
				return
			}
		}
	}
}
