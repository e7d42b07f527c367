package api_test

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/throughline/throughline/adapters/files"
	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/gateway/intake"
	"github.com/throughline/throughline/mappings"
	"github.com/throughline/throughline/mappings/batch"
	"github.com/throughline/throughline/store"
)

// fileDoor is the door of files as cmd puts it together.
type fileDoor struct {
	*files.Uploads
	*store.Store
	in *intake.Intake
}

func (d fileDoor) Answers(ctx context.Context, f *intake.File, acks []intake.Ack) []intake.Answer {
	return d.in.Answers(ctx, f, acks)
}

func newFileDoor(w *world, find func(gateway.PartnerID) (*gateway.Partner, bool)) fileDoor {
	receive := func(ctx context.Context, m *gateway.Message) (*gateway.Receipt, error) {
		return w.gate.Receive(ctx, m, nil)
	}
	in := &intake.Intake{Ledger: w.store, Leases: w.store, Receive: receive, Partners: find, Format: batch.Of, Detect: batch.Detect, Holder: "test", Now: time.Now}
	return fileDoor{in: in, Store: w.store, Uploads: &files.Uploads{Dir: w.t.TempDir(), Intake: in, Open: w.store, Max: 1 << 20, Log: slog.New(slog.NewTextHandler(io.Discard, nil))}}
}

// fileAnswer is what /v1/files answers.
type fileAnswer struct {
	ID      string `json:"id"`
	State   string `json:"state"`
	Summary struct{ Units, Accepted, Rejected int64 }
	Answers map[string]string `json:"answers"`
}

// table is a table of services with a bad row at the end.
func table() string {
	header, rows, _ := strings.Cut(string(mappings.Template("csv/service")), "\n")
	row, _, _ := strings.Cut(rows, "\n")
	return header + "\n" + row + "\n" + strings.Replace(row, ",", "x,=cmd|' /C calc'!A0", 1) + "\n"
}

func TestFileIsTakenInAndAnswered(t *testing.T) {
	w := newWorld(t)
	post := request{as: "clinic-a", method: "POST", path: "/v1/files?name=week.csv", header: map[string]string{"Content-Type": "text/csv"}, body: table()}
	r := w.do(post)
	var got fileAnswer
	if err := json.Unmarshal([]byte(r.body), &got); err != nil || r.StatusCode != http.StatusOK {
		t.Fatal(r.StatusCode, r.body, err)
	}
	if got.State != "done" || got.Summary.Accepted != 1 || got.Summary.Rejected != 1 {
		t.Errorf("%+v", got)
	}
	path := func(url string) string { return strings.TrimPrefix(url, w.base) }
	rejected := w.do(request{as: "clinic-a", method: "GET", path: path(got.Answers["rejected"])})
	if rejected.StatusCode != http.StatusOK || !strings.HasPrefix(rejected.Header.Get("Content-Type"), "text/csv") || !strings.Contains(rejected.body, "row 3") {
		t.Error(rejected.StatusCode, rejected.body)
	}
	if seen := w.do(request{as: "clinic-a", method: "GET", path: "/v1/files/" + got.ID}); seen.StatusCode != http.StatusOK || !strings.Contains(seen.body, got.ID) {
		t.Error(seen.StatusCode, seen.body)
	}
	for _, p := range []string{"/v1/files/" + got.ID, path(got.Answers["accepted"])} {
		if other := w.do(request{as: "clinic-b", method: "GET", path: p}); other.StatusCode != http.StatusNotFound {
			t.Errorf("another partner reads %s: %d", p, other.StatusCode)
		}
	}
	again := post
	again.body = strings.TrimSuffix(table(), strings.SplitAfter(table(), "\n")[2])
	first, second := w.do(again), w.do(again)
	if first.StatusCode != http.StatusOK || second.Header.Get("Idempotent-Replayed") != "true" || first.body != second.body {
		t.Errorf("first %d %s\nsecond %d %s", first.StatusCode, first.body, second.StatusCode, second.body)
	}
}

func TestFilesThatAreRefused(t *testing.T) {
	w := newWorld(t)
	for name, c := range map[string]struct {
		media, body string
		status      int
	}{
		"too long":   {"text/csv", strings.Repeat("a,b\n", 1<<18) + "x", http.StatusRequestEntityTooLarge},
		"zip":        {"application/octet-stream", "PK\x03\x04", http.StatusUnprocessableEntity},
		"empty":      {"text/plain", " ", http.StatusUnprocessableEntity},
		"a picture":  {"image/png", "x", http.StatusUnsupportedMediaType},
		"not a file": {"text/csv", "what,ever\n1,2\n", http.StatusUnprocessableEntity},
	} {
		r := w.do(request{as: "clinic-a", method: "POST", path: "/v1/files", header: map[string]string{"Content-Type": c.media}, body: c.body})
		if r.StatusCode != c.status {
			t.Errorf("%s: %d %s, want %d", name, r.StatusCode, r.body, c.status)
		}
	}
}
