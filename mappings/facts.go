package mappings

import (
	"iter"

	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/mappings/x12"
	"github.com/throughline/throughline/mappings/x12/claims"
)

// FactRow is what one row of a table says to the ledger.
type FactRow struct {
	Row    int // the header is row 1
	Facts  gateway.Facts
	Issues fhir.Issues // errors: the row says nothing
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
