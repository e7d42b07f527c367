package main

import (
	"encoding/csv"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/ledger"
)

// night lets one child of clinic-a and mco-a be judged, and gives the run.
func (w *consoleWorld) night() *ledger.Run {
	w.t.Helper()
	for _, m := range []struct {
		from gateway.PartnerID
		kind gateway.Kind
		body string
	}{
		{"mco-a", "json/enrollment", `{"record":"enrollment","member_id":"M1","start":"2026-01-01","payer":"mco-a","program":"wraparound"}`},
		{"mco-a", "json/authorization", `{"record":"authorization","authorization_id":"A-1","member_id":"M1","provider_id":"1999900016","payer":"mco-a","program":"wraparound",
			"items":[{"code":"H2021","start":"2026-01-01","end":"2026-06-30","units":100,"status":"approved"}]}`},
		{"clinic-a", "json/service", `{"record":"service","line_id":"L-1","member_id":"M1","service_date":"2026-02-01","code":"H2021","units":4,"provider_id":"1999900016"}`},
	} {
		if _, err := w.app.Gateway.Receive(w.t.Context(), &gateway.Message{Partner: m.from, Channel: "messages", Kind: m.kind, Body: []byte(m.body), Key: string(m.kind)}, nil); err != nil {
			w.t.Fatal(m.kind, err)
		}
	}
	if code, text := w.run("reconcile", "--as-of", "2026-03-31"); code != 0 {
		w.t.Fatal(code, text)
	}
	run, err := w.app.Store.LastRun(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	return run
}

// Reports are opened and taken from the console: the same bytes as the command
// line's, each look in the audit trail.
func TestReportsInTheConsole(t *testing.T) {
	w := newConsoleWorld(t)
	run := w.night()
	b, op := w.login("state"), w.login("operator") // who sees what the command line does
	inOrder(t, b.get("/console/reports").Body.String(), "Utilization review", "Compliance summary", "Roll-up", "Nights", "2026-03-31", "report.html", "night.xlsx", "manifest.json", run.ID[len(run.ID)-8:])
	for path, args := range map[string][]string{
		"/reports/utilization?run=" + run.ID + "&less=80":      {"report", "utilization"},
		"/reports/rollup?by=mco&as_of=2026-03-31":              {"report", "rollup", "--by", "mco", "--as-of", "2026-03-31"},
		"/reports/compliance?from=2026-03-01&as_of=2026-03-31": {"report", "compliance", "--from", "2026-03-01", "--as-of", "2026-03-31"},
	} {
		for _, format := range formats {
			got := op.get("/console" + path + "&format=" + format)
			code, want := w.run(append(args, "--format", format)...)
			if got.Code != http.StatusOK || code != 0 || got.Body.String() != want {
				t.Errorf("%s as %s: %d %d, %d bytes, want %d", path, format, got.Code, code, got.Body.Len(), len(want))
			}
			if kept := strings.HasPrefix(got.Header().Get("Content-Disposition"), "attachment; filename="); kept == (format == "html") {
				t.Errorf("%s as %s: %v", path, format, got.Header())
			}
			if format == "xlsx" && !strings.HasPrefix(want, "PK") {
				t.Errorf("%s: no workbook", path)
			}
		}
	}
	dir := t.TempDir()
	if code, text := w.run("reconcile", "export", "--excel", "--as-of", "2026-03-31", "--out", dir); code != 0 {
		t.Fatal(text)
	}
	for _, name := range (reportDesk{}).NightFiles() {
		want, err := os.ReadFile(filepath.Join(dir, name))
		if got := b.get("/console/reports/nights/" + run.ID + "/" + name); err != nil || got.Body.String() != string(want) {
			t.Errorf("%s differs from the export: %v, status %d", name, err, got.Code)
		}
	}
	_, trail := w.run("audit", "search", "--type", "report", "--limit", "100")
	inOrder(t, trail, "state/Ada", "2026-03-31-manifest.json")
	for path, want := range map[string]int{"/reports/nights/" + run.ID + "/..%2fthroughline.db": 404, "/reports/nights/nothing/lines.csv": 404, "/reports/utilization?run=nothing": 404,
		"/reports/rollup?by=name": 422, "/reports/rollup?format=pdf": 422, "/reports/compliance?from=2026-04-01&as_of=2026-03-01": 422, "/reports/utilization?less=0": 422} {
		if got := b.get("/console" + path); got.Code != want {
			t.Errorf("%s: %d, want %d", path, got.Code, want)
		}
	}
}

// Each sees the utilization and the compliance of its own children, and nobody but
// overseers the roll-ups and nights.
func TestReportsShowTheCallersOwn(t *testing.T) {
	w := newConsoleWorld(t)
	run := w.night()
	for partner, want := range map[string]int64{"operator": 1, "state": 1, "mco-a": 1, "clinic-a": 1, "clinic-b": 0, "agency-b": 0} {
		b := w.login(partner)
		var view struct {
			All  int64             `json:"authorizations"`
			Rows []json.RawMessage `json:"rows"`
		}
		if err := json.Unmarshal(b.get("/console/reports/utilization?format=json").Body.Bytes(), &view); err != nil || view.All != want || int64(len(view.Rows)) != want {
			t.Errorf("%s sees %d authorizations, want %d: %v", partner, view.All, want, err)
		}
		rows, err := csv.NewReader(b.get("/console/reports/compliance?format=csv&from=2020-01-01").Body).ReadAll()
		oversees := partner == "operator" || partner == "state"
		if err != nil || len(rows) != map[bool]int{true: 2, false: 1}[oversees] { // the finding about the program
			t.Errorf("%s sees %v: %v", partner, rows, err)
		}
		page := b.get("/console/reports").Body.String()
		for _, path := range []string{"/reports/rollup", "/reports/nights/" + run.ID + "/lines.csv"} {
			if got := b.get("/console" + path).Code; (got == http.StatusOK) != oversees || strings.Contains(page, "Roll-up") != oversees {
				t.Errorf("%s asks for %s: %d", partner, path, got)
			}
		}
	}
}
