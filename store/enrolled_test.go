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

// TestStreamDecisions: what was decided, in the version in force at a watermark.
func TestStreamDecisions(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store) {
		auth := func(id string, status ledger.Status, sent ledger.Stamp) gateway.Facts {
			return gateway.Facts{Auths: []gateway.AuthFact{{Member: member("M1"), Auth: ledger.Auth{Partner: "mco", ID: id, Status: status, Program: "P", Start: day(t, "2026-01-01"), End: ledger.Forever, Received: sent}}}}
		}
		say(t, s, "mco", auth("A", ledger.Denied, 1))
		say(t, s, "mco", auth("B", ledger.Pended, 1))
		before := known(t, s)
		say(t, s, "mco", auth("A", ledger.Approved, 2))
		say(t, s, "mco", auth("A", ledger.Cancelled, 1)) // came late: an older word
		for at, want := range map[int64]string{before: "[A denied P mco]", known(t, s): "[A approved P mco]"} {
			var got []string
			if err := s.StreamDecisions(context.Background(), 0, store.Buckets-1, at, func(_ string, a ledger.Auth) error {
				got = append(got, fmt.Sprint(a.ID, " ", a.Status, " ", a.Program, " ", a.Partner))
				return nil
			}); err != nil || fmt.Sprint(got) != want {
				t.Errorf("at %d: %v %v, want %s", at, got, err, want)
			}
		}
	})
}
