package compliance_test

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/throughline/throughline/config"
	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/jobs/compliance"
	"github.com/throughline/throughline/ledger"
	"github.com/throughline/throughline/program"
	"github.com/throughline/throughline/store"
	"github.com/throughline/throughline/store/storetest"
)

// benchChildren is how many children the benchmark judges: a thousand, or what
// THROUGHLINE_BENCH_CHILDREN says.
func benchChildren() int {
	if n, err := strconv.Atoi(os.Getenv("THROUGHLINE_BENCH_CHILDREN")); err == nil {
		return n
	}
	return 1000
}

// BenchmarkRun judges the records of the guides, six for each child, in two programs,
// with a plan that stands in FHIR alone for each tenth. The first run opens every
// finding, those after it find them open: -benchtime 2x tells the two apart. A dry
// run before them says what judging costs alone.
func BenchmarkRun(b *testing.B) {
	for name, url := range map[string]string{"sqlite": storetest.SQLite(b), "postgres": storetest.Postgres(b)} {
		b.Run(name, func(b *testing.B) {
			crowd(b, url, benchChildren())
			forgetPeak(b)
			s, err := store.Open(context.Background(), url, storetest.Policy())
			if err != nil {
				b.Fatal(err)
			}
			defer s.Close()
			deps := compliance.Deps{Records: s, Nights: s, Findings: s, Packs: packs(b), Month: func(context.Context, *gateway.FindingMonth) error { return nil }}
			asOf := ledger.Day(program.Date(2026, time.March, 31))
			metrics := map[string]float64{} // the loop forgets what was told before it
			run := func(what string, o compliance.Options) {
				began, spent, served := time.Now(), cpu(), serverCPU(b, url)
				sum, err := compliance.Run(context.Background(), deps, asOf, o)
				if err != nil {
					b.Fatal(err)
				}
				if sum.Children != int64(benchChildren()) || sum.Found < sum.Children {
					b.Errorf("%d children judged, %d found", sum.Children, sum.Found)
				}
				children := float64(sum.Children)
				metrics[what+"-children/s"] = children / time.Since(began).Seconds()
				metrics[what+"-cpu-us/child"] = (cpu() - spent).Seconds() * 1e6 / children
				if served >= 0 {
					metrics[what+"-server-us/child"] = (serverCPU(b, url) - served).Seconds() * 1e6 / children
				}
			}
			run("dry", compliance.Options{DryRun: true})
			what := "first"
			for b.Loop() {
				run(what, compliance.Options{})
				asOf, what = asOf+1, "again"
			}
			for unit, value := range metrics {
				b.ReportMetric(value, unit)
			}
			b.ReportMetric(peak(), "peak-MB")
		})
	}
}

// serverCPU is what the connections to a PostgreSQL database have spent on its
// server, which runs on this machine; less than zero = there is none.
func serverCPU(tb testing.TB, url string) (sum time.Duration) {
	tb.Helper()
	if !strings.HasPrefix(url, "postgres") {
		return -1
	}
	db, err := sql.Open("pgx", url)
	if err != nil {
		tb.Fatal(err)
	}
	defer db.Close()
	var pids string
	if err := db.QueryRow("select string_agg(pid::text, ' ') from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()").Scan(&pids); err != nil {
		return 0 // nobody is connected yet
	}
	for _, pid := range strings.Fields(pids) {
		text, _ := os.ReadFile("/proc/" + pid + "/stat")
		fields := strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+1:]))
		for _, n := range fields[11:min(13, len(fields))] { // utime, stime (proc(5)), in ticks of 10 ms
			ticks, _ := strconv.Atoi(n)
			sum += time.Duration(ticks) * 10 * time.Millisecond
		}
	}
	return sum
}

func packs(tb testing.TB) (out []*program.Pack) {
	tb.Helper()
	for _, id := range config.Programs() {
		name := filepath.Join("../../config/programs", id+".yaml")
		body, err := os.ReadFile(name)
		if err != nil {
			tb.Fatal(err)
		}
		p, problems := config.LoadPack(name, body)
		if len(problems) > 0 {
			tb.Fatal(problems.Error())
		}
		out = append(out, p)
	}
	return out
}

// The most arguments of a statement.
const (
	sqliteMost   = 600
	postgresMost = 6000
)

// rows are put into a table many at a time.
type rows struct {
	tb    testing.TB
	db    *sql.Tx
	table string // with its columns
	most  int    // arguments of a statement
	marks int
	args  []any
}

func (r *rows) add(row ...any) {
	r.marks = len(row)
	if r.args = append(r.args, row...); len(r.args) >= r.most {
		r.flush()
	}
}

func (r *rows) flush() {
	r.tb.Helper()
	if len(r.args) == 0 {
		return
	}
	var text strings.Builder
	for i := range r.args {
		switch {
		case i == 0:
			text.WriteString("insert into " + r.table + " values (")
		case i%r.marks == 0:
			text.WriteString("), (")
		default:
			text.WriteString(", ")
		}
		if r.most == sqliteMost { // it looks named ones up one after the other
			text.WriteByte('?')
		} else {
			fmt.Fprintf(&text, "$%d", i+1)
		}
	}
	if _, err := r.db.Exec(text.String()+")", r.args...); err != nil {
		r.tb.Fatal(err)
	}
	r.args = r.args[:0]
}

// crowd fills a database with children and workers as their messages would.
func crowd(tb testing.TB, url string, children int) {
	tb.Helper()
	driver, most := "sqlite", sqliteMost
	if strings.HasPrefix(url, "postgres") {
		driver, most = "pgx", postgresMost
	}
	db, err := sql.Open(driver, url)
	if err != nil {
		tb.Fatal(err)
	}
	defer db.Close()
	tx, err := db.Begin()
	if err != nil {
		tb.Fatal(err)
	}
	records := &rows{tb: tb, db: tx, most: most, table: "record_fact (bucket, person, partner, kind, id, known, received, body, member)"}
	spans := &rows{tb: tb, db: tx, most: most, table: "span_fact (bucket, person, payer, program, start_day, known, received, end_day, partner, member)"}
	resources := &rows{tb: tb, db: tx, most: most, table: "resource (type, id, version, bucket, person, source, directory, labels, lo, hi, verb, updated_at, seq, json)"}
	kinds := map[string]string{}
	for _, kind := range []string{"care_team", "care_plan", "meeting", "referral", "assessment", "flexible_fund", "staff"} {
		body, err := os.ReadFile("../../mappings/examples/" + kind + ".json")
		if err != nil {
			tb.Fatal(err)
		}
		kinds[kind] = string(body)
	}
	for i := range children {
		person, member := fmt.Sprintf("%02x%06x%018x", i%256, i, i), fmt.Sprintf("M-%07d", i)
		worker := fmt.Sprintf("CC-%05d", i/20)
		for kind, body := range kinds {
			if kind == "staff" {
				continue
			}
			records.add(i%256, person, "agency-a", kind, kind+member, i+1, i, strings.NewReplacer("CC-7", worker, "MCD00812345", member).Replace(body), member)
		}
		if i%20 == 0 {
			records.add(-1, "", "agency-a", "staff", worker, i+1, i, strings.ReplaceAll(kinds["staff"], "CC-7", worker), "")
		}
		spans.add(i%256, person, "", "ny-hcbs-waiver", 20454, i+1, i, 40000, "state", member)
		if i%10 == 0 {
			id := person[:2] + "f" + person[2:]
			resources.add("CarePlan", id, 1, i%256, person, "ehr-a", 0, 0, 0, 40000, "created", 0, children+i, []byte(`{"resourceType":"CarePlan","id":"`+id+
				`","identifier":[{"system":"urn:ehr","value":"`+member+`"}],"status":"active","intent":"plan","title":"Plan","period":{"start":"2026-03-02"},"subject":{"reference":"Patient/x"}}`))
		}
	}
	for _, r := range []*rows{records, spans, resources} {
		r.flush()
	}
	counter := "update commit_seq set n = %d"
	if driver == "pgx" {
		counter = "select setval('commit_seq', %d)"
	}
	if _, err := tx.Exec(fmt.Sprintf(counter, 2*children)); err != nil {
		tb.Fatal(err)
	}
	if err := tx.Commit(); err != nil {
		tb.Fatal(err)
	}
	if _, err := db.Exec("analyze"); err != nil {
		tb.Fatal(err)
	}
}

func cpu() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// forgetPeak gives back what the filling took, so that peak is of the runs (Linux,
// proc(5), clear_refs).
func forgetPeak(tb testing.TB) {
	tb.Helper()
	debug.FreeOSMemory()
	if err := os.WriteFile("/proc/self/clear_refs", []byte("5"), 0o200); err != nil {
		tb.Log("the peak is that of the whole process:", err)
	}
}

// peak is the most memory held, in MB.
func peak() float64 {
	status, _ := os.ReadFile("/proc/self/status")
	_, rest, _ := strings.Cut(string(status), "VmHWM:")
	kB, _ := strconv.ParseFloat(strings.Fields(rest + " 0")[0], 64)
	return kB / 1024
}
