package bench

import (
	"context"
	"fmt"
	"os/exec"
	"slices"
	"sync"
	"testing"
	"time"
)

// rate of the questions while a night is measured: a busy office, not a full house.
const rate = 150 // a second

// BenchmarkAuthCheckDuringNight asks at a steady rate, first alone and then while
// the same server reconciles one date after the other over 100,000 lines: p99 of
// the second over p99 of the first, bar 2.
func BenchmarkAuthCheckDuringNight(b *testing.B) {
	for _, name := range []string{"sqlite", "postgres"} {
		b.Run(name, func(b *testing.B) {
			url := stores(b)[name]
			g := start(b, url)
			questions := g.population(b, url, 2860)
			ask := func(i int) error {
				_, err := g.do("state", "POST", g.API+"/authorizations/check", questions[i%len(questions)], 200)
				return err
			}
			g.steady(b, 200, ask) // warm
			settle(b, url)
			n := max(b.N, 600)
			alone := g.steady(b, n, ask)
			stop := g.nights(b, url)
			during := g.steady(b, n, ask)
			ran := stop()
			b.ReportMetric(float64(alone.Microseconds()), "p99-alone-us")
			b.ReportMetric(float64(during.Microseconds()), "p99-during-us")
			b.ReportMetric(float64(during)/float64(alone), "p99-ratio")
			b.ReportMetric(float64(ran), "nights")
			if ran == 0 {
				b.Error("no night was over in the meantime: the figure says little")
			}
		})
	}
}

// steady sends n requests at the rate, however long each takes, and gives the
// 99th percentile of their times.
func (g *gateway) steady(b *testing.B, n int, request func(i int) error) time.Duration {
	b.Helper()
	times := make([]time.Duration, n)
	var wg sync.WaitGroup
	tick := time.NewTicker(time.Second / rate)
	defer tick.Stop()
	for i := range n {
		due := <-tick.C
		wg.Go(func() {
			if err := request(i); err != nil {
				b.Error(err)
			}
			times[i] = time.Since(due)
		})
	}
	wg.Wait()
	slices.Sort(times)
	return times[n*99/100]
}

// nights reconciles one date after the other in the server until stop is called,
// which says how many were over by then.
func (g *gateway) nights(b *testing.B, store string) (stop func() int) {
	b.Helper()
	bin, err := build()
	if err != nil {
		b.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	over, done := make(chan struct{}), 0
	began := make(chan struct{})
	go func() {
		defer close(over)
		for day := 1; ctx.Err() == nil; day++ {
			args := []string{"reconcile", "--as-of", fmt.Sprintf("2026-%02d-%02d", 1+day/28%12, 1+day%28), "--data", g.data()}
			if store != "" {
				args = append(args, "--store", store)
			}
			cmd := exec.Command(bin, args...)
			if err := cmd.Start(); err != nil {
				b.Error(err)
				return
			}
			if day == 1 {
				close(began)
			}
			if err := cmd.Wait(); err != nil {
				b.Errorf("reconcile: %v", err)
				return
			}
			done++
		}
	}()
	<-began
	return func() int {
		cancel()
		<-over
		return done
	}
}
