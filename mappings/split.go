package mappings

import (
	"io"
	"iter"

	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/mappings/csv"
	"github.com/throughline/throughline/mappings/json"
	"github.com/throughline/throughline/mappings/x12"
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

// OpenX12 checks an X12 file and cuts it into messages while it is read again;
// afterwards the acknowledgements of it can be written.
func OpenX12(r io.ReadSeeker) (*x12.File, error) { return x12.Open(r) }
