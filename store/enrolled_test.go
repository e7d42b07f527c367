package store_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/ledger"
	"github.com/throughline/throughline/store"
)

// TestStreamEnrolled: spans of programs in the version in force at a watermark; what
// was taken back and what is coverage alone is not among them.
func TestStreamEnrolled(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store) {
		jan, mar := day(t, "2026-01-01"), day(t, "2026-03-31")
		span := func(payer, program string, start, end ledger.Day, sent ledger.Stamp) gateway.Facts {
			return gateway.Facts{Spans: []gateway.SpanFact{{Member: member("M1"), Span: ledger.Span{Partner: "state", Payer: payer, Program: program, Start: start, End: end, Received: sent}}}}
		}
		say(t, s, "state", span("P", "W", jan, ledger.Forever, 1))
		say(t, s, "state", span("P", "V", jan, ledger.Forever, 1))
		say(t, s, "state", span("P", "", jan, ledger.Forever, 1))
		before := known(t, s)
		say(t, s, "state", span("P", "W", ledger.NoDay, mar, 2)) // a termination
		say(t, s, "state", span("P", "V", jan, jan-1, 2))        // taken back
		read := func(known int64) (out []string) {
			err := s.StreamEnrolled(context.Background(), 0, store.Buckets-1, known, func(person string, sp ledger.Span) error {
				if person == "" || sp.Partner != "state" || sp.Payer != "P" {
					t.Errorf("%q %+v", person, sp)
				}
				out = append(out, fmt.Sprintf("%s %s %t", sp.Program, sp.Start, sp.End == ledger.Forever))
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			return out
		}
		if diff := cmp.Diff([]string{"V 2026-01-01 true", "W 2026-01-01 true"}, read(before)); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff([]string{"W 2026-01-01 false"}, read(known(t, s))); diff != "" {
			t.Error(diff)
		}
	})
}
