package store_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/store"
	"github.com/throughline/throughline/store/storetest"
)

// eachBench runs a benchmark on both databases.
func eachBench(b *testing.B, f func(b *testing.B, s *store.Store)) {
	urls := map[string]func(b *testing.B) string{
		"sqlite":   func(b *testing.B) string { return filepath.Join(b.TempDir(), "bench.db") },
		"postgres": func(b *testing.B) string { return storetest.Postgres(b) },
	}
	for _, name := range []string{"sqlite", "postgres"} {
		b.Run(name, func(b *testing.B) {
			s, err := store.Open(context.Background(), urls[name](b), policy())
			if err != nil {
				b.Fatal(err)
			}
			b.Cleanup(func() { s.Close() })
			f(b, s)
		})
	}
}

// benchPlan is the 1.2 KB CarePlan of the speed bars.
func benchPlan(b testing.TB) []byte {
	body, err := os.ReadFile("testdata/careplan_1k.json")
	if err != nil {
		b.Fatal(err)
	}
	return body
}

func mustCommit(b *testing.B, s *store.Store, r *gateway.Receipt) *gateway.Receipt {
	out, err := s.Commit(context.Background(), r)
	if err != nil {
		b.Error(err)
		return r
	}
	return out
}

// BenchmarkCommitCarePlan: parse, check and commit one CarePlan about a known
// child, durable, 16 clients.
func BenchmarkCommitCarePlan(b *testing.B) {
	eachBench(b, func(b *testing.B, s *store.Store) {
		body := benchPlan(b)
		for i := range 64 {
			mustCommit(b, s, benchMessage(fmt.Sprint("p", i), withID(parse(b, []byte(patient(fmt.Sprint("M", i)))), "Patient/p"+fmt.Sprint(i))))
		}
		var n atomic.Int64
		b.SetParallelism(8)
		b.ReportAllocs()
		b.ResetTimer()
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				i := n.Add(1)
				r := parse(b, body)
				if fhir.Validate(r).Errors() {
					b.Error("not valid")
				}
				mustCommit(b, s, benchMessage(fmt.Sprint("c", i), gateway.Change{Op: gateway.Create, Type: r.Type, Resource: r}))
			}
		})
		b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "req/s")
	})
}

func parse(b testing.TB, body []byte) *fhir.Resource {
	r, issues := fhir.Parse(body, fhir.Limits{})
	if r == nil {
		b.Fatal(issues)
	}
	return r
}

func withID(r *fhir.Resource, source string) gateway.Change {
	return gateway.Change{Op: gateway.Create, Type: r.Type, Resource: r, SourceID: source}
}

func benchMessage(id string, changes ...gateway.Change) *gateway.Receipt {
	m := &gateway.Message{ID: gateway.MessageID(id), Partner: "clinic-a", Channel: "fhir", Key: id, Body: changes[0].Resource.JSON}
	return &gateway.Receipt{State: gateway.Accepted, Mapped: gateway.Mapped{Changes: changes}, Message: m,
		Reply: func(*gateway.Receipt) *gateway.Answer { return &gateway.Answer{Status: 201, Effect: 1} }}
}

// BenchmarkCommitTransaction: 20 resources in one message.
func BenchmarkCommitTransaction(b *testing.B) {
	eachBench(b, func(b *testing.B, s *store.Store) {
		body := benchPlan(b)
		mustCommit(b, s, benchMessage("p", withID(parse(b, []byte(patient("M1"))), "Patient/p1")))
		var n atomic.Int64
		b.SetParallelism(8)
		b.ReportAllocs()
		b.ResetTimer()
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				changes := make([]gateway.Change, 20)
				for i := range changes {
					r := parse(b, body)
					changes[i] = gateway.Change{Op: gateway.Create, Type: r.Type, Resource: r}
				}
				mustCommit(b, s, benchMessage(fmt.Sprint("t", n.Add(1)), changes...))
			}
		})
		b.ReportMetric(float64(b.N*20)/b.Elapsed().Seconds(), "resources/s")
	})
}

// BenchmarkRead and BenchmarkSearch: among 2,000 plans of 64 children.
func BenchmarkRead(b *testing.B) {
	eachBench(b, func(b *testing.B, s *store.Store) {
		_, plans := benchPopulation(b, s)
		b.ReportAllocs()
		b.ResetTimer()
		b.RunParallel(func(pb *testing.PB) {
			for i := 0; pb.Next(); i++ {
				if _, err := s.Read(context.Background(), caller("clinic-a"), "CarePlan", plans[i%len(plans)]); err != nil {
					b.Error(err)
				}
			}
		})
	})
}

// BenchmarkSearch finds the active plans of one child.
func BenchmarkSearch(b *testing.B) {
	eachBench(b, func(b *testing.B, s *store.Store) {
		patients, _ := benchPopulation(b, s)
		b.ReportAllocs()
		b.ResetTimer()
		b.RunParallel(func(pb *testing.PB) {
			for i := 0; pb.Next(); i++ {
				q := query(b, "CarePlan", "status=active&patient=Patient/"+patients[i%len(patients)])
				if page, err := s.Search(context.Background(), caller("clinic-a"), q); err != nil || len(page.Matches) == 0 {
					b.Error(err, "nothing found")
				}
			}
		})
	})
}

func benchPopulation(b *testing.B, s *store.Store) (patients, plans []string) {
	body := benchPlan(b)
	for i := range 64 {
		out := mustCommit(b, s, benchMessage(fmt.Sprint("p", i), withID(parse(b, []byte(patient(fmt.Sprint("M", i)))), "Patient/p"+fmt.Sprint(i+1))))
		patients = append(patients, out.Effects[0].ID)
	}
	for i := range 100 {
		changes := make([]gateway.Change, 20)
		for j := range changes {
			text := []byte(strings.Replace(string(body), "Patient/p1", fmt.Sprintf("Patient/p%d", (i*20+j)%64+1), 1))
			changes[j] = gateway.Change{Op: gateway.Create, Type: "CarePlan", Resource: parse(b, text)}
		}
		for _, e := range mustCommit(b, s, benchMessage(fmt.Sprint("c", i), changes...)).Effects {
			plans = append(plans, e.ID)
		}
	}
	return patients, plans
}
