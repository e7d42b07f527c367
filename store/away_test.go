package store_test

import (
	"context"
	"math"
	"net/url"
	"testing"

	"github.com/throughline/throughline/fhir/search"
	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/ledger"
	"github.com/throughline/throughline/store"
)

// What a caller asks for while the database is away is Busy: it may be asked
// again, and nobody is told that a record is not there.
func TestReadsOfAStoreThatIsAway(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store) {
		ctx, c := context.Background(), caller("clinic-a")
		query := func(text string) *search.Query {
			values, err := url.ParseQuery(text)
			if err != nil {
				t.Fatal(err)
			}
			q, issues := search.Parse("CarePlan", values, search.Options{})
			if q == nil || issues.Errors() {
				t.Fatal(issues)
			}
			return q
		}
		member := gateway.Identifier{System: "urn:test:member", Value: "M1"}
		s.Close()
		for name, ask := range map[string]func() error{
			"read":         func() error { _, err := s.Read(ctx, c, "Patient", "1"); return err },
			"vread":        func() error { _, err := s.ReadVersion(ctx, c, "Patient", "1", 1); return err },
			"history":      func() error { _, err := s.History(ctx, c, "Patient", "1", "", 10); return err },
			"search":       func() error { _, err := s.Search(ctx, c, query("status=active")); return err },
			"by patient":   func() error { _, err := s.Search(ctx, c, query("patient=Patient/1")); return err },
			"count":        func() error { _, err := s.Search(ctx, c, query("_summary=count")); return err },
			"case":         func() error { _, err := s.CaseOf(ctx, c, member); return err },
			"case of auth": func() error { _, err := s.CaseOfAuth(ctx, c, ledger.AuthKey{ID: "A1"}); return err },
			"case of line": func() error { _, err := s.CaseOfLine(ctx, &c, "", "L1", math.MaxInt64); return err },
			"receipt":      func() error { _, err := s.Receipt(ctx, c, "1"); return err },
			"token":        func() error { _, err := s.Authenticate(ctx, "x"); return err },
		} {
			if err := ask(); code(err) != gateway.Busy {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}
