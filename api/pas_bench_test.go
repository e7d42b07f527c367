package api_test

import (
	"fmt"
	"net/http"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/throughline/throughline/store/storetest"
)

// benchPA measures something a partner does, one after the other, on each
// database: beside ns/op the median and the 99th percentile.
func benchPA(b *testing.B, prepare func(p *paWorld), do func(p *paWorld, i int)) {
	for _, db := range []struct {
		name string
		url  func() string
	}{{"sqlite", func() string { return filepath.Join(b.TempDir(), "throughline.db") }}, {"postgres", func() string { return storetest.Postgres(b) }}} {
		b.Run(db.name, func(b *testing.B) {
			p := newPAWorld(b, db.url())
			p.deps.DecisionWait = time.Nanosecond
			p.restart()
			prepare(p)
			took := make([]time.Duration, 0, b.N)
			b.ResetTimer()
			for i := range b.N {
				start := time.Now()
				do(p, i)
				took = append(took, time.Since(start))
			}
			slices.Sort(took)
			b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "p50-ms")
			b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
		})
	}
}

// BenchmarkSubmit is Claim/$submit until the request is durable and on its way:
// the payer is not waited for.
func BenchmarkSubmit(b *testing.B) {
	benchPA(b, func(*paWorld) {}, func(p *paWorld, i int) {
		p.submit("clinic-b", paBundle(paClaim(fmt.Sprint("c", i), fmt.Sprint("REQ-", i), "", paItem(1, "5", ""))))
	})
}

// BenchmarkInquire is Claim/$inquire on one authorization, with the units that
// are left.
func BenchmarkInquire(b *testing.B) {
	body := paBundle(paClaim("c1", "REQ-1", "", paItem(1, "5", "")))
	benchPA(b, func(p *paWorld) {
		p.submit("clinic-b", body)
		p.decide("REQ-1", "2026-03-04T09:00:00Z", `{"item":1,"action":"A1","authorization_id":"AUTH1"}`)
	}, func(p *paWorld, _ int) {
		p.want(http.StatusOK, request{as: "clinic-b", method: "POST", path: "/fhir/Claim/$inquire", body: body})
	})
}
