// Package bench measures the true program over HTTP: start the binary on each
// database, 16 clients, and print requests per second, p50, p99 and the
// gateway's CPU per request, beside the bare database writing the same rows.
package bench

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/throughline/throughline/internal/population"
	"github.com/throughline/throughline/store/storetest"
)

const clients = 16

// gateway is the running program.
type gateway struct {
	FHIR   string            `json:"fhir"`
	API    string            `json:"api"`
	Tokens map[string]string `json:"tokens"`
	store  string            // PostgreSQL's URL; "" = SQLite
	cmd    *exec.Cmd
	client *http.Client
}

var build = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "throughline-bench")
	if err != nil {
		return "", err
	}
	bin := filepath.Join(dir, "throughline")
	out, err := exec.Command("go", "build", "-tags", "nomsgpack", "-o", bin, "../../cmd/throughline").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("build: %w: %s", err, out)
	}
	return bin, nil
})

// stores are the two databases, each empty.
func stores(b *testing.B) map[string]string {
	return map[string]string{"sqlite": "", "postgres": storetest.Postgres(b)}
}

// start runs the program on a store and waits until it is ready.
func start(b *testing.B, store string) *gateway {
	b.Helper()
	bin, err := build()
	if err != nil {
		b.Fatal(err)
	}
	dir := b.TempDir()
	ready := filepath.Join(dir, "ready.json")
	args := []string{"demo", "--children", "3", "--data", filepath.Join(dir, "data"), "--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0", "--ready-file", ready}
	if store != "" {
		args = append(args, "--store", store)
	}
	g := &gateway{store: store, cmd: exec.Command(bin, args...), client: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: clients}}}
	if err := g.cmd.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		g.cmd.Process.Signal(syscall.SIGTERM)
		g.cmd.Wait()
	})
	for deadline := time.Now().Add(time.Minute); ; {
		body, err := os.ReadFile(ready)
		if err == nil && json.Unmarshal(body, g) == nil {
			return g
		}
		if time.Now().After(deadline) {
			b.Fatal("the gateway is not ready after a minute")
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// do sends one request and gives the body of the answer.
func (g *gateway) do(as, method, url string, body []byte, want int) ([]byte, error) {
	req, err := http.NewRequestWithContext(context.Background(), method, url, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Authorization", "Bearer "+g.Tokens[as])
	req.Header.Set("Content-Type", "application/fhir+json")
	if strings.HasPrefix(url, g.API) {
		req.Header.Set("Content-Type", "application/json")
	}
	res, err := g.client.Do(req)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	if err == nil && res.StatusCode != want {
		err = fmt.Errorf("%s %s: %d: %.300s", method, url, res.StatusCode, answer)
	}
	return answer, err
}

// settle lets PostgreSQL count its rows, as autovacuum does within a minute: until
// then it takes a table for empty.
func settle(b *testing.B, store string) {
	b.Helper()
	if store == "" {
		return
	}
	db, err := sql.Open("pgx", store)
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec("analyze"); err != nil {
		b.Fatal(err)
	}
}

// warm is how many requests open the connections and prepare their statements
// before any is measured.
const warm = 10 * clients

// load runs request n times from 16 clients and reports.
func (g *gateway) load(b *testing.B, request func(i int) error) {
	if b.N > 1 {
		crowd(b, b.N, b.N+warm, request)
		settle(b, g.store)
	}
	cpu := g.cpu()
	b.ResetTimer()
	times := crowd(b, 0, b.N, request)
	b.StopTimer()
	slices.Sort(times)
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "req/s")
	b.ReportMetric(float64(times[b.N/2].Microseconds()), "p50-us")
	b.ReportMetric(float64(times[b.N*99/100].Microseconds()), "p99-us")
	b.ReportMetric((g.cpu()-cpu)/float64(b.N)*1e6, "gateway-cpu-us/req")
}

// crowd runs the requests from to end-1 from 16 clients and gives their times.
func crowd(b *testing.B, from, end int, request func(i int) error) []time.Duration {
	times := make([]time.Duration, end-from)
	var next atomic.Int64
	var wg sync.WaitGroup
	for range clients {
		wg.Go(func() {
			for i := int(next.Add(1)) - 1; i < len(times); i = int(next.Add(1)) - 1 {
				began := time.Now()
				if err := request(from + i); err != nil {
					b.Error(err)
					return
				}
				times[i] = time.Since(began)
			}
		})
	}
	wg.Wait()
	return times
}

// cpu is what the program has used so far, in seconds (proc(5), fields 14, 15).
func (g *gateway) cpu() float64 {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", g.cmd.Process.Pid))
	if err != nil {
		return 0
	}
	fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
	user, _ := strconv.ParseFloat(fields[11], 64)
	system, _ := strconv.ParseFloat(fields[12], 64)
	return (user + system) / 100
}

// each runs a benchmark against the program on both databases.
func each(b *testing.B, f func(b *testing.B, g *gateway)) {
	for _, name := range []string{"sqlite", "postgres"} {
		b.Run(name, func(b *testing.B) { f(b, start(b, stores(b)[name])) })
	}
}

// children makes n Patients of clinic-a and gives their references.
func (g *gateway) children(b *testing.B, n int) []string {
	b.Helper()
	refs := make([]string, n)
	for i := range refs {
		body := fmt.Sprintf(`{"resourceType":"Patient","identifier":[{"system":"http://throughline.example/sid/medicaid","value":"SYNB%06d"}],"name":[{"family":"Sample"}]}`, i)
		answer, err := g.do("clinic-a", "POST", g.FHIR+"/Patient", []byte(body), 201)
		if err != nil {
			b.Fatal(err)
		}
		var r struct{ ID string }
		if err := json.Unmarshal(answer, &r); err != nil {
			b.Fatal(err)
		}
		refs[i] = "Patient/" + r.ID
	}
	return refs
}

// plan is the 1.2 KB CarePlan of the speed bars, about a child, unlike any other.
func plan(b testing.TB, ref string, i int) []byte {
	body, err := os.ReadFile("../../store/testdata/careplan_1k.json")
	if err != nil {
		b.Fatal(err)
	}
	text := strings.Replace(string(body), "Patient/p1", ref, 1)
	return []byte(strings.Replace(text, "CP-1001", fmt.Sprintf("CP-%d", i), 1))
}

// BenchmarkPostCarePlan: durable, deduplicated, audited.
func BenchmarkPostCarePlan(b *testing.B) {
	each(b, func(b *testing.B, g *gateway) {
		refs := g.children(b, 64)
		g.load(b, func(i int) error {
			_, err := g.do("clinic-a", "POST", g.FHIR+"/CarePlan", plan(b, refs[i%len(refs)], i), 201)
			return err
		})
	})
}

// BenchmarkPostTransaction: 20 plans in one Bundle.
func BenchmarkPostTransaction(b *testing.B) {
	each(b, func(b *testing.B, g *gateway) {
		refs := g.children(b, 64)
		g.load(b, func(i int) error {
			entries := make([]string, 20)
			for j := range entries {
				entries[j] = fmt.Sprintf(`{"request":{"method":"POST","url":"CarePlan"},"resource":%s}`, plan(b, refs[i%len(refs)], i*20+j))
			}
			body := `{"resourceType":"Bundle","type":"transaction","entry":[` + strings.Join(entries, ",") + `]}`
			_, err := g.do("clinic-a", "POST", g.FHIR, []byte(body), 200)
			return err
		})
		b.ReportMetric(20*float64(b.N)/b.Elapsed().Seconds(), "resources/s")
	})
}

// BenchmarkReadCarePlan reads by id among 500.
func BenchmarkReadCarePlan(b *testing.B) {
	each(b, func(b *testing.B, g *gateway) {
		refs := g.children(b, 20)
		ids := make([]string, 500)
		for i := range ids {
			answer, err := g.do("clinic-a", "POST", g.FHIR+"/CarePlan", plan(b, refs[i%len(refs)], i), 201)
			if err != nil {
				b.Fatal(err)
			}
			var r struct{ ID string }
			if err := json.Unmarshal(answer, &r); err != nil {
				b.Fatal(err)
			}
			ids[i] = r.ID
		}
		b.Run("read", func(b *testing.B) {
			g.load(b, func(i int) error {
				_, err := g.do("clinic-a", "GET", g.FHIR+"/CarePlan/"+ids[i%len(ids)], nil, 200)
				return err
			})
		})
		b.Run("search", func(b *testing.B) {
			g.load(b, func(i int) error {
				_, err := g.do("clinic-a", "GET", g.FHIR+"/CarePlan?status=active&patient="+refs[i%len(refs)], nil, 200)
				return err
			})
		})
	})
}

// BenchmarkAuthCheck asks by member, code, provider and date among the
// authorizations of 2,000 children.
func BenchmarkAuthCheck(b *testing.B) {
	for _, name := range []string{"sqlite", "postgres"} {
		b.Run(name, func(b *testing.B) {
			url := stores(b)[name]
			g := start(b, url)
			questions := g.population(b, url, 2000)
			g.load(b, func(i int) error {
				_, err := g.do("state", "POST", g.API+"/authorizations/check", questions[i%len(questions)], 200)
				return err
			})
		})
	}
}

// population imports a generated state and gives questions about it.
func (g *gateway) population(b *testing.B, store string, members int) [][]byte {
	b.Helper()
	dir := b.TempDir()
	var enrollment, authorization, service bytes.Buffer
	if _, err := population.Generate(population.Default(members), &enrollment, &authorization, &service); err != nil {
		b.Fatal(err)
	}
	bin, err := build()
	if err != nil {
		b.Fatal(err)
	}
	for kind, body := range map[string][]byte{"enrollment": enrollment.Bytes(), "authorization": authorization.Bytes(), "service": service.Bytes()} {
		file := filepath.Join(dir, kind+".csv")
		if err := os.WriteFile(file, body, 0o600); err != nil {
			b.Fatal(err)
		}
		args := []string{"import", kind, file, "--partner", "state", "--apply", "--data", g.data()}
		if store != "" {
			args = append(args, "--store", store)
		}
		if out, err := exec.Command(bin, args...).CombinedOutput(); err != nil {
			b.Fatalf("import %s: %v: %.500s", kind, err, out)
		}
	}
	return questions(b, authorization.String())
}

// data is the program's data directory.
func (g *gateway) data() string { return g.cmd.Args[slices.Index(g.cmd.Args, "--data")+1] }

// questions asks for one unit of each authorization on its first day.
func questions(b *testing.B, authorizations string) [][]byte {
	b.Helper()
	lines := strings.Split(strings.TrimSpace(authorizations), "\n")
	column := map[string]int{}
	for i, name := range strings.Split(strings.TrimSpace(lines[0]), ",") {
		column[name] = i
	}
	var out [][]byte
	for _, line := range lines[1:min(len(lines), 3000)] {
		cell := strings.Split(line, ",")
		body, err := json.Marshal(map[string]any{"member_id": cell[column["member_id"]], "code": cell[column["code"]], "modifiers": cell[column["modifiers"]],
			"provider_id": cell[column["provider_id"]], "service_date": cell[column["start"]], "units": 1})
		if err != nil {
			b.Fatal(err)
		}
		if cell[column["member_id"]] != "" && cell[column["start"]] != "" && !strings.Contains(line, `"`) {
			out = append(out, body)
		}
	}
	return out
}
