package mappings

import (
	"io"
	"iter"

	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/mappings/csv"
	"github.com/throughline/throughline/mappings/json"
)

// Split cuts a JSON body into its records, each a message of its own: one
// object, an array, or {"records": [...]}. What is no record is an issue with
// its place.
func Split(body []byte) ([]json.Part, fhir.Issues) { return json.Split(body) }

// SplitCSV cuts a CSV file of a kind into its records while it is read, by the
// columns of the partner's own format.
func SplitCSV(r io.Reader, kind gateway.Kind, p *gateway.Partner) iter.Seq2[csv.Part, error] {
	return csv.Split(r, nameOf(kind), formatOf(kind, p).Columns)
}
