package api_test

import (
	"fmt"
	"net/http"
	"os"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/throughline/throughline/api/access"
	"github.com/throughline/throughline/store/storetest"
)

// benchAuths is how many authorizations there are: THROUGHLINE_BENCH_AUTHS,
// 1,000 by itself and 1,000,000 in `make bench`.
func benchAuths(b *testing.B) int {
	text := os.Getenv("THROUGHLINE_BENCH_AUTHS")
	if text == "" {
		return 1000
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		b.Fatalf("THROUGHLINE_BENCH_AUTHS=%q: want a number from 1", text)
	}
	return n
}

// benchClients ask at the same time.
const benchClients = 8

// measured does b.N things, some at a time, and reports their median, their 99th
// percentile and how many were done in a second.
func measured(b *testing.B, do func(i int)) {
	took := make([]time.Duration, b.N)
	var next atomic.Int64
	var wg sync.WaitGroup
	b.ResetTimer()
	begin := time.Now()
	for range benchClients {
		wg.Go(func() {
			for i := int(next.Add(1)) - 1; i < b.N; i = int(next.Add(1)) - 1 {
				start := time.Now()
				do(i)
				took[i] = time.Since(start)
			}
		})
	}
	wg.Wait()
	b.ReportMetric(float64(b.N)/time.Since(begin).Seconds(), "ops/s")
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "p50-ms")
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
}

// BenchmarkAuthorizations asks a gateway on PostgreSQL, over HTTP, beside the bare
// select by primary key that the bar of the live paths is: `auth check` by number
// and by member, Claim/$inquire, and Claim/$submit until the request is durable
// and on its way; the payer is not waited for.
func BenchmarkAuthorizations(b *testing.B) {
	url := storetest.Postgres(b)
	crowd := storetest.FillCrowd(b, url, benchAuths(b))
	p := newPAWorld(b, url)
	p.deps.DecisionWait = time.Nanosecond
	p.deps.Guard.Tokens = &access.Recent{Tokens: p.store, For: time.Second}
	p.restart()
	pool, err := pgxpool.New(b.Context(), url)
	if err != nil {
		b.Fatal(err)
	}
	defer pool.Close()
	some := func(i int) int { return i * 7919 % crowd.Requests } // all over the table
	json := map[string]string{"Content-Type": "application/json"}
	check := func(as, question string) {
		res := p.do(request{as: as, method: "POST", path: "/v1/authorizations/check", header: json, body: question})
		if res.StatusCode != http.StatusOK {
			b.Error(res.StatusCode, res.body)
		}
	}
	claim := func(path, body string) {
		if res := p.do(request{as: "clinic-b", method: "POST", path: path, body: body}); res.StatusCode != http.StatusOK {
			b.Error(res.StatusCode, res.body)
		}
	}
	run := func(name string, do func(i int)) {
		b.Run(name, func(b *testing.B) { measured(b, do) })
	}
	run("bare-select", func(i int) {
		var doc string
		if err := pool.QueryRow(b.Context(), "select doc from prior_auth where id = $1", crowd.ID(some(i))).Scan(&doc); err != nil {
			b.Error(err)
		}
	})
	run("check-number", func(i int) { check("mco-a", fmt.Sprintf(`{"authorization_id":%q}`, crowd.Number(some(i)/20*20, 1))) })
	run("check-member", func(i int) {
		check("clinic-b", fmt.Sprintf(`{"member_id":%q,"code":"H2021","service_date":"2026-06-01","units":4}`, crowd.Member(some(i))))
	})
	run("inquire", func(i int) { claim("/fhir/Claim/$inquire", crowd.Bundle(some(i))) })
	run("submit", func(i int) {
		claim("/fhir/Claim/$submit", crowd.Ask(some(i), fmt.Sprint("ASK-", time.Now().UnixNano(), "-", i)))
	})
}
