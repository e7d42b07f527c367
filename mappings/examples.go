package mappings

import (
	"embed"

	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/mappings/csv"
	"github.com/throughline/throughline/mappings/json"
)

//go:embed examples/*.json
var examples embed.FS

// Example is a JSON record of the kind ("json/service", "csv/service" or
// "service"), with made-up people; nil when there is no such record.
func Example(kind gateway.Kind) []byte {
	body, err := examples.ReadFile("examples/" + nameOf(kind) + ".json")
	if err != nil {
		return nil
	}
	return body
}

// Template is a CSV header with the rows of the same example; nil when there is
// no such record. Fields that only JSON has are not in it.
func Template(kind gateway.Kind) []byte {
	name := nameOf(kind)
	body := Example(kind)
	if body == nil {
		return nil
	}
	rec, issues := json.Decode(name, body, nil)
	if issues.Errors() {
		return nil // a test maps every example
	}
	return append(csv.Header(name), csv.Rows(rec)...)
}
