package reconcile_test

import (
	"context"
	"os"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/throughline/throughline/internal/population"
	"github.com/throughline/throughline/jobs/reconcile"
	"github.com/throughline/throughline/ledger"
	"github.com/throughline/throughline/store"
	"github.com/throughline/throughline/store/storetest"
)

// benchLines is the size of the benchmarks' population: about 100,000 lines, or
// what THROUGHLINE_BENCH_MEMBERS times 35 says.
func benchMembers() int {
	if n, err := strconv.Atoi(os.Getenv("THROUGHLINE_BENCH_MEMBERS")); err == nil {
		return n
	}
	return 2860
}

// BenchmarkNight is a full run over all lines, from the store to the store.
func BenchmarkNight(b *testing.B) {
	src := populate(b, "p", population.Default(benchMembers()))
	b.Run("sqlite", func(b *testing.B) { benchNight(b, b.TempDir()+"/night.db", src) })
	b.Run("postgres", func(b *testing.B) { benchNight(b, storetest.Postgres(b), src) })
}

func benchNight(b *testing.B, url string, src source) {
	s := openAt(b, url)
	defer s.Close()
	var rows int64
	began := cpu()
	for _, kind := range []string{"enrollment", "authorization", "service"} {
		rows += importTable(b, s, "p", kind, src.tables[kind]).Rows
	}
	b.Logf("import: %.1f cpu-us/row", (cpu()-began).Seconds()*1e6/float64(rows))
	rules := *ledger.DefaultRules()
	var lines int64
	spent := cpu()
	for b.Loop() {
		rules.Thresholds.ExpiringDays++ // other rules, another run
		sum, err := reconcile.Run(context.Background(), reconcile.Deps{Runs: s, Facts: s, Results: s, Rules: &rules}, asOf, reconcile.Options{})
		if err != nil {
			b.Fatal(err)
		}
		lines += sum.RowsOut
	}
	b.ReportMetric(float64(lines)/b.Elapsed().Seconds(), "lines/s")
	b.ReportMetric((cpu()-spent).Seconds()*1e6/float64(lines), "cpu-us/line") // of this process; PostgreSQL's own comes on top
	b.ReportMetric(peak(), "peak-MB")
}

// cpu is the processor time of this process, steadier than the clock on the wall.
func cpu() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// peak is the most memory the process ever held.
func peak() float64 {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return float64(u.Maxrss) / 1024
}

// BenchmarkExport writes the files of a run.
func BenchmarkExport(b *testing.B) {
	src := populate(b, "p", population.Default(benchMembers()/4))
	url := b.TempDir() + "/night.db"
	fill(b, url, src)
	s := openAt(b, url)
	defer s.Close()
	sum := run(b, s, reconcile.Options{})
	r, err := s.RunOf(context.Background(), asOf)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := reconcile.Export(context.Background(), deps(s), r, b.TempDir(), reconcile.ExportOptions{}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(sum.RowsOut)*float64(b.N)/b.Elapsed().Seconds(), "lines/s")
}

// BenchmarkReading is the read side alone, without the law.
func BenchmarkReading(b *testing.B) {
	src := populate(b, "p", population.Default(benchMembers()))
	for name, url := range map[string]string{"sqlite": b.TempDir() + "/night.db", "postgres": storetest.Postgres(b)} {
		b.Run(name, func(b *testing.B) {
			if !fileExists(url) {
				fill(b, url, src)
			}
			s := openAt(b, url)
			defer s.Close()
			lines := 0
			for b.Loop() {
				lines += readAll(b, s)
			}
			b.ReportMetric(float64(lines)/b.Elapsed().Seconds(), "lines/s")
		})
	}
}

func fileExists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

func readAll(b *testing.B, s *store.Store) (lines int) {
	for lo := 0; lo < 256; lo += 64 {
		err := s.StreamCases(context.Background(), lo, lo+63, 1<<62, func(c *ledger.Case) error {
			lines += len(c.Lines)
			return nil
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	return lines
}
