package mappings_test

import (
	"github.com/go-json-experiment/json/jsontext"

	"github.com/throughline/throughline/gateway"
)

// pretty is a resource with its members one a line, in their order.
func pretty(c gateway.Change) string {
	if c.Resource == nil {
		return "(none)"
	}
	v := jsontext.Value(append([]byte(nil), c.Resource.JSON...))
	if err := v.Indent(jsontext.WithIndent("  ")); err != nil {
		return err.Error()
	}
	return string(v)
}
