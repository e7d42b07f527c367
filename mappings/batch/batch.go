// Package batch cuts files into messages for gateway/intake: CSV and Excel
// tables, JSON records, FHIR JSON, X12 interchanges and HL7 v2 batches. Each
// format says how its units are named, how rejected ones are written back in the
// sender's own format, and how it is acknowledged. It is pure: it reads from the
// reader it gets, and knows no folder, store or clock.
package batch

import (
	"strings"

	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/gateway/intake"
)

// formats are the kinds of files, by wire.
var formats = map[string]intake.Format{
	"csv":   {Open: openTable, Rejected: tableRejected},
	"json":  {Open: openRecords, Rejected: jsonRejected},
	"fhir":  {Open: openResources, Rejected: jsonRejected},
	"x12":   {Open: openX12, Rejected: textRejected},
	"hl7v2": {Open: openHL7, Rejected: textRejected},
}

// Of finds the format of a kind of file: "csv/service", "json/*", "fhir/*",
// "x12/*", "hl7v2/*".
func Of(kind gateway.Kind) (intake.Format, bool) {
	wire, _, _ := strings.Cut(string(kind), "/")
	f, ok := formats[wire]
	return f, ok
}
