package mappings_test

import (
	"testing"

	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/mappings"
	"github.com/throughline/throughline/mappings/record"
)

// BenchmarkMap maps each example: text to resources and facts.
func BenchmarkMap(b *testing.B) {
	for _, name := range record.Names {
		kind := gateway.Kind("json/" + name)
		m, p := message(kind, mappings.Example(kind)), clinic()
		mapping, _, _ := mappings.For(kind, p)
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(m.Body)))
			for b.Loop() {
				if out, err := mapping(m, p); err != nil || len(out.Issues) > 0 {
					b.Fatal(out, err)
				}
			}
		})
	}
}
