package mappings_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/mappings"
)

// TestFacts: the bulk door gives the ledger the very facts that the same rows
// give as messages, and refuses the same rows.
func TestFacts(t *testing.T) {
	for _, name := range []string{"service", "authorization", "enrollment"} {
		kind, p := gateway.Kind("csv/"+name), clinic()
		file := mappings.Template(kind)
		if name == "service" {
			file = read(t, "testdata/walk/services_bad.csv")
		}
		var bulk, one gateway.Facts
		bad := [2]int{}
		for row, err := range mappings.Facts(bytes.NewReader(file), kind, p) {
			if err != nil {
				t.Fatal(err)
			}
			if row.Issues.Errors() {
				bad[0]++
			}
			bulk = joined(bulk, row.Facts)
		}
		for part, err := range mappings.SplitCSV(bytes.NewReader(file), kind, p) {
			if err != nil {
				t.Fatal(err)
			}
			out := mapped(t, message(kind, part.Body), p)
			if out.Issues.Errors() {
				bad[1]++
			}
			one = joined(one, out.Facts)
		}
		if diff := cmp.Diff(one, bulk); diff != "" || bad[0] != bad[1] {
			t.Errorf("%s: bad rows %v, facts differ (-messages +bulk):\n%s", name, bad, diff)
		}
	}
}

func joined(a, b gateway.Facts) gateway.Facts {
	return gateway.Facts{Lines: append(a.Lines, b.Lines...), Auths: append(a.Auths, b.Auths...), Spans: append(a.Spans, b.Spans...)}
}

// BenchmarkFacts reads service rows for the ledger; one operation is one row.
func BenchmarkFacts(b *testing.B) {
	row := "C-1-1,C-1,MCD00812345,1234567893,H2021,HA HM,2026-03-16,8\n"
	file := "line_id,claim_id,member_id,provider_id,code,modifiers,service_date,units\n" + strings.Repeat(row, b.N)
	b.ReportAllocs()
	b.SetBytes(int64(len(row)))
	b.ResetTimer()
	for r, err := range mappings.Facts(strings.NewReader(file), "csv/service", clinic()) {
		if err != nil || len(r.Facts.Lines) != 1 {
			b.Fatal(err, r.Issues)
		}
	}
}
