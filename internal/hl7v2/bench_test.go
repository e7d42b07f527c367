package hl7v2

import (
	"os"
	"testing"
)

// BenchmarkParse reads a referral of 1.5 kB and one result with it: MB/s and
// allocations.
func BenchmarkParse(b *testing.B) {
	body, err := os.ReadFile("testdata/referral.hl7")
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		m, err := Parse(body, Limits{})
		if err != nil || m.Header().Control == "" {
			b.Fatal(err)
		}
	}
}
