package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"go.uber.org/goleak"

	"github.com/throughline/throughline/internal/population"
	"github.com/throughline/throughline/internal/population/oracle"
	"github.com/throughline/throughline/store/storetest"
)

// TestMain lets scripts run the true program under its own name.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"throughline": program, "get": get})
}

// program is the true program, and a goroutine that outlives it is an error.
func program() {
	code := run()
	if err := goleak.Find(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 70
	}
	os.Exit(code)
}

// get is a program of the scripts: it prints what stands behind a URL.
func get() {
	res, err := http.Get(os.Args[1])
	if err == nil {
		defer res.Body.Close()
		_, err = io.Copy(os.Stdout, res.Body)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// TestScripts runs testdata/script on SQLite: each verb, its errors, its exit
// codes, the ready file, the lock and the admin socket.
func TestScripts(t *testing.T) {
	t.Parallel()
	testscript.Run(t, params("testdata/script", func(*testscript.Env) {}))
}

// TestScriptsPostgres runs testdata/both on PostgreSQL, TestScriptsSQLite on
// SQLite: what has to be the same on both.
func TestScriptsPostgres(t *testing.T) {
	t.Parallel()
	testscript.Run(t, params("testdata/both", func(e *testscript.Env) {
		e.Setenv("THROUGHLINE_STORE_URL", storetest.Postgres(e.T().(testing.TB)))
	}))
}

// TestServers runs testdata/postgres: several instances, unsafe settings, Redis.
func TestServers(t *testing.T) {
	t.Parallel()
	testscript.Run(t, params("testdata/postgres", func(e *testscript.Env) {
		t := e.T().(testing.TB)
		store := storetest.Postgres(t)
		e.Setenv("THROUGHLINE_STORE_URL", store)
		e.Setenv("SAFE", store)
		unsafe, err := url.Parse(store)
		if err != nil {
			t.Fatal(err)
		}
		q := unsafe.Query()
		q.Set("options", "-csynchronous_commit=off")
		unsafe.RawQuery = q.Encode()
		e.Setenv("UNSAFE", unsafe.String())
		redis := os.Getenv("THROUGHLINE_TEST_REDIS")
		if redis == "" {
			t.Fatal("THROUGHLINE_TEST_REDIS is not set; `make test` starts a Redis")
		}
		e.Setenv("REDIS", redis)
	}))
}

func TestScriptsSQLite(t *testing.T) {
	t.Parallel()
	testscript.Run(t, params("testdata/both", func(*testscript.Env) {}))
}

func params(dir string, setup func(*testscript.Env)) testscript.Params {
	return testscript.Params{
		Dir:                 dir,
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(e *testscript.Env) error {
			e.Setenv("USER", "tester")
			// The race detector holds each process up for a second when it ends, for what
			// goroutines may still do. Ours has none left by then: see program.
			e.Setenv("GORACE", "atexit_sleep_ms=0 "+os.Getenv("GORACE"))
			setup(e)
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"code": exitsWith, "ready": ready, "http": request, "population": populate, "oracle": compare, "nophi": noPHI, "until": until, "until-gone": untilGone, "capture": capture, "rows": repeatRows, "term": terminate,
		},
	}
}

// repeatRows writes the rows of tables of one head into one table, each as often as
// it says, numbered from 1 where they say %d: rows all.csv 101 many.csv 1 few.csv
func repeatRows(ts *testscript.TestScript, _ bool, args []string) {
	var table, rows string
	for i := 1; i+1 < len(args); i += 2 {
		n, err := strconv.Atoi(args[i])
		ts.Check(err)
		head, body, _ := strings.Cut(ts.ReadFile(args[i+1]), "\n")
		for k := range n {
			rows += strings.ReplaceAll(body, "%d", strconv.Itoa(k+1))
		}
		table = head + "\n" + rows
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(table), 0o600))
}

// exitsWith runs a command and wants its exit code: code 4 throughline import ...
func exitsWith(ts *testscript.TestScript, _ bool, args []string) {
	want := args[0]
	err := ts.Exec(args[1], args[2:]...)
	got := "0"
	if err != nil {
		_, got, _ = strings.Cut(err.Error(), "exit status ")
	}
	if got != want {
		ts.Fatalf("exit code %s, want %s (%v)", got, want, err)
	}
}

// patience is how long a test waits for a program that starts, before it says that
// it never will: long, because it is no measure, and the machine may be busy.
const patience = 3 * time.Minute

// ready waits for a ready file and sets FHIR, API, ADMIN and TOKEN_<partner>.
func ready(ts *testscript.TestScript, _ bool, args []string) {
	deadline := time.Now().Add(patience)
	for {
		body, err := os.ReadFile(ts.MkAbs(args[0]))
		if err == nil {
			setReady(ts, body)
			return
		}
		if time.Now().After(deadline) {
			ts.Fatalf("never ready")
		}
		time.Sleep(20 * time.Millisecond) // the file appears in another process: there is no signal to wait for
	}
}

func setReady(ts *testscript.TestScript, body []byte) {
	var r struct {
		FHIR, API, Admin, Console string
		MLLP                      string
		Tokens                    map[string]string
		Tests                     map[string]string `json:"test_tokens"`
	}
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	ts.Check(d.Decode(&r))
	if d.More() {
		ts.Fatalf("more than one object in the ready file")
	}
	ts.Setenv("FHIR", r.FHIR)
	ts.Setenv("API", r.API)
	ts.Setenv("ADMIN", r.Admin)
	ts.Setenv("CONSOLE", r.Console)
	ts.Setenv("MLLP", r.MLLP)
	for prefix, tokens := range map[string]map[string]string{"TOKEN_": r.Tokens, "TEST_TOKEN_": r.Tests} {
		for id, token := range tokens {
			ts.Setenv(prefix+strings.ReplaceAll(id, "-", "_"), token)
		}
	}
}

// terminate sends SIGTERM to everything in the background.
func terminate(ts *testscript.TestScript, _ bool, _ []string) {
	for _, c := range ts.BackgroundCmds() {
		ts.Check(c.Process.Signal(syscall.SIGTERM))
	}
}

// until repeats a command until its output matches: until REGEXP COMMAND ...
func until(ts *testscript.TestScript, _ bool, args []string) {
	want := regexp.MustCompile("(?m)" + args[0])
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(50 * time.Millisecond) { // what we wait for happens in another process
		ts.Check(ts.Exec(args[1], args[2:]...))
		if want.MatchString(ts.ReadFile("stdout")) {
			return
		}
		if time.Now().After(deadline) {
			ts.Fatalf("never: %s", args[0])
		}
	}
}

// untilGone waits until a file is not there.
func untilGone(ts *testscript.TestScript, _ bool, args []string) {
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(10 * time.Millisecond) { // it goes in another process
		if _, err := os.Stat(ts.MkAbs(args[0])); err != nil {
			return
		}
		if time.Now().After(deadline) {
			ts.Fatalf("%s stays", args[0])
		}
	}
}

// capture keeps what the first group of an expression matches in stdout:
// capture NAME REGEXP.
func capture(ts *testscript.TestScript, _ bool, args []string) {
	found := regexp.MustCompile("(?m)" + args[1]).FindStringSubmatch(ts.ReadFile("stdout"))
	if len(found) < 2 {
		ts.Fatalf("%s is not in stdout", args[1])
	}
	ts.Setenv(args[0], found[1])
}

// request is: http METHOD URL WANTED-STATUS [TOKEN [MEDIA FILE]]; the answer goes
// to the file "answer", headers first.
func request(ts *testscript.TestScript, _ bool, args []string) {
	var body io.Reader
	if len(args) > 5 {
		body = strings.NewReader(ts.ReadFile(args[5]))
	}
	req, err := http.NewRequest(args[0], args[1], body)
	ts.Check(err)
	if len(args) > 3 && args[3] != "" {
		req.Header.Set("Authorization", "Bearer "+args[3])
	}
	if len(args) > 4 {
		req.Header.Set("Content-Type", args[4])
	}
	res, err := http.DefaultClient.Do(req)
	ts.Check(err)
	defer res.Body.Close()
	var out bytes.Buffer
	ts.Check(res.Header.Write(&out))
	_, err = out.ReadFrom(res.Body)
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs("answer"), out.Bytes(), 0o600))
	if want, _ := strconv.Atoi(args[2]); res.StatusCode != want {
		ts.Fatalf("status %d, want %d: %s", res.StatusCode, want, out.String())
	}
}

// populate writes the tables of a synthetic population: population DIR MEMBERS.
func populate(ts *testscript.TestScript, _ bool, args []string) {
	dir := ts.MkAbs(args[0])
	ts.Check(os.MkdirAll(dir, 0o755))
	n, err := strconv.Atoi(args[1])
	ts.Check(err)
	var files [3]*os.File
	for i, name := range importKinds[:3] {
		files[i], err = os.Create(filepath.Join(dir, name+".csv"))
		ts.Check(err)
		defer files[i].Close()
	}
	_, err = population.Generate(population.Default(n), files[0], files[1], files[2])
	ts.Check(err)
}

// compare holds an export against the oracle: oracle TABLES EXPORT DATE.
func compare(ts *testscript.TestScript, _ bool, args []string) {
	zone, err := time.LoadLocation("America/New_York")
	ts.Check(err)
	src := oracle.Source{Partner: "state"}
	for i, to := range []*io.Reader{&src.Enrollment, &src.Authorization, &src.Service} {
		*to = strings.NewReader(ts.ReadFile(filepath.Join(args[0], importKinds[i]+".csv")))
	}
	want, err := oracle.Run(args[2], zone, src)
	ts.Check(err)
	var lines, splits, auths [][]string
	for _, l := range want.Lines {
		flags := ""
		if l.AfterAsOf {
			flags = "after_as_of"
		}
		first := ""
		if len(l.Splits) > 0 {
			first = l.Splits[0].Authorization
		}
		lines = append(lines, []string{l.ID, l.Verdict, shortest(l.Units), fmt.Sprint(l.Matched), fmt.Sprint(len(l.Splits)), first, flags})
		if len(l.Splits) > 1 {
			for _, s := range l.Splits {
				splits = append(splits, []string{l.ID, s.Authorization, fmt.Sprint(s.Units)})
			}
		}
	}
	for _, a := range want.Authorizations {
		auths = append(auths, []string{a.ID, fmt.Sprint(a.Approved), fmt.Sprint(a.Used), fmt.Sprint(a.Remaining), fmt.Sprint(a.Burn), fmt.Sprint(a.UnderUsed), fmt.Sprint(a.DaysSince), fmt.Sprint(a.Expiring)})
	}
	same(ts, filepath.Join(args[1], "lines.csv"), "line_id,verdict,units,matched_units,authorizations_used,first_authorization,flags,reason", 7, lines)
	same(ts, filepath.Join(args[1], "splits.csv"), "line_id,authorization_id,units", 3, splits)
	same(ts, filepath.Join(args[1], "authorizations.csv"), "authorization_id,approved,used,remaining,burn_bp,under_used,days_since_last,expiring", 8, auths)
	hashes(ts, args[1])
}

// shortest is a decimal without idle zeros.
func shortest(units string) string {
	if strings.Contains(units, ".") {
		return strings.TrimSuffix(strings.TrimRight(units, "0"), ".")
	}
	return units
}

// same compares the first columns of a table; splits of one line may stand in any
// order, so rows are sorted.
func same(ts *testscript.TestScript, name, header string, columns int, want [][]string) {
	rows, err := csv.NewReader(strings.NewReader(ts.ReadFile(name))).ReadAll()
	ts.Check(err)
	if got := strings.Join(rows[0], ","); got != header {
		ts.Fatalf("%s: header %s", name, got)
	}
	got := [][]string{}
	for _, row := range rows[1:] {
		got = append(got, row[:columns])
	}
	for _, list := range [][][]string{got, want} {
		slices.SortFunc(list, slices.Compare)
	}
	if len(got) != len(want) || len(got) == 0 && columns != 3 {
		ts.Fatalf("%s: %d rows, want %d", name, len(got), len(want))
	}
	for i := range got {
		if !slices.Equal(got[i], want[i]) {
			ts.Fatalf("%s: %v, want %v", name, got[i], want[i])
		}
	}
}

// hashes compares the manifest's hashes with the files.
func hashes(ts *testscript.TestScript, dir string) {
	var m struct {
		Files []struct{ Name, SHA256 string }
	}
	ts.Check(json.Unmarshal([]byte(ts.ReadFile(filepath.Join(dir, "manifest.json"))), &m))
	if len(m.Files) < 3 {
		ts.Fatalf("%d files in the manifest", len(m.Files))
	}
	for _, f := range m.Files {
		sum := sha256.Sum256([]byte(ts.ReadFile(filepath.Join(dir, f.Name))))
		if hex.EncodeToString(sum[:]) != f.SHA256 {
			ts.Fatalf("%s: another hash than the manifest says", f.Name)
		}
	}
}

// canaries are the personal values that testdata sends.
var canaries = []string{"Zzyzxcanary", "Qwfpcanary", "CANARY-77", "2014-02-17", "555-0142", "canary street"}

// noPHI wants none of the canaries in files: nophi FILE...
func noPHI(ts *testscript.TestScript, _ bool, args []string) {
	for _, name := range args {
		text := strings.ToLower(ts.ReadFile(name))
		for _, c := range canaries {
			if strings.Contains(text, strings.ToLower(c)) {
				ts.Fatalf("%s holds %s", name, c)
			}
		}
	}
}
