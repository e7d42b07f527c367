package store_test

import (
	"bytes"
	"context"
	"fmt"
	"testing"

	"github.com/throughline/throughline/internal/population"
	"github.com/throughline/throughline/ledger"
	"github.com/throughline/throughline/store"
	"github.com/throughline/throughline/store/storetest"
)

// BenchmarkCaseOfAuth is the read behind `auth check`: one child's whole case,
// found by an authorization's id, and settled.
func BenchmarkCaseOfAuth(b *testing.B) {
	var e, a, l bytes.Buffer
	stats, err := population.Generate(population.Default(2000), &e, &a, &l)
	if err != nil {
		b.Fatal(err)
	}
	for name, url := range map[string]string{"sqlite": b.TempDir() + "/cases.db", "postgres": storetest.Postgres(b)} {
		b.Run(name, func(b *testing.B) {
			s, err := store.Open(context.Background(), url, storetest.Policy())
			if err != nil {
				b.Fatal(err)
			}
			defer s.Close()
			for kind, text := range map[string]string{"enrollment": e.String(), "authorization": a.String(), "service": l.String()} {
				if _, err := s.Import(context.Background(), batch(b, "p", kind, text, 5000)); err != nil {
					b.Fatal(err)
				}
			}
			n := 0
			for b.Loop() {
				n++
				c, err := s.CaseOfAuth(context.Background(), callerOf("p"), ledger.AuthKey{ID: fmt.Sprintf("A%08d", n%int(stats.Authorizations/2)+1)})
				if err != nil {
					b.Fatal(err)
				}
				ledger.Settle(c, asOf, nil)
			}
		})
	}
}
