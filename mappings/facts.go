package mappings

import (
	"io"
	"iter"

	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/mappings/csv"
	"github.com/throughline/throughline/mappings/tofhir"
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
