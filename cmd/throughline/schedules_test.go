package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/throughline/throughline/gateway"
)

// run runs one command line as the server does for others.
func (w *consoleWorld) run(args ...string) (int, string) {
	w.t.Helper()
	var out strings.Builder
	c := &cli{in: strings.NewReader(""), out: &out, errs: os.Stderr, dir: w.t.TempDir(), env: map[string]string{}, app: w.app}
	code := c.execute(w.t.Context(), args)
	return code, out.String()
}

// inOrder says which of the words is not on a page behind those before it.
func inOrder(t *testing.T, page string, words ...string) {
	t.Helper()
	rest := page
	for _, w := range words {
		_, after, ok := strings.Cut(rest, w)
		if !ok {
			t.Errorf("%q is missing, or not where it should be, in\n%s", w, page)
			return
		}
		rest = after
	}
}

// A job at work is seen on the page and by the command line: how far, how fast,
// how long still; and what it does about missed slots.
func TestSchedulesShowProgress(t *testing.T) {
	w := newConsoleWorld(t)
	ctx, now := t.Context(), w.app.Store.Now()
	slot := now.UTC().Format("2006-01-02 15:04")
	if n, err := w.app.Store.ClaimSlot(ctx, "nightly", slot, "another instance", time.Hour); n != 1 || err != nil {
		t.Fatal(n, err)
	}
	p := &gateway.Progress{Step: "judging children", Done: 20, Total: 80, Unit: "parts", Rows: 1_200_000, Of: "lines", Since: now.Add(-40 * time.Second), At: now}
	if held, err := w.app.Store.RenewSlot(ctx, "nightly", slot, "another instance", time.Hour, p); !held || err != nil {
		t.Fatal(held, err)
	}
	b := w.login("state")
	page := b.get("/console/schedules").Body.String()
	inOrder(t, page, `data-live="2"`, "nightly", `tag running`, "runs once, for the newest of them", "judging children", "20 of 80 parts", `<progress max="80" value="20"`,
		"25 %, 1,200,000 lines", "30,000 a second", "about 2 min 0 s", "Looks at partners", "clinic-a: /srv/exchange/clinic-a/in", "clinic-b: Task", "every 1h0m0s")
	if strings.Contains(page, "Run now") {
		t.Error("the state is shown a button that it may not press")
	}
	code, text := w.run("schedule", "list")
	inOrder(t, text, "nightly", "latest", "running", "judging children, 20 of 80 parts, 1200000 lines, 30000 lines/s, 2m0s left")
	code2, text2 := w.run("schedule", "list", "--json")
	var list []scheduleView
	if err := json.Unmarshal([]byte(text2), &list); err != nil || code+code2 != 0 || list[0].PerSec != 30000 || list[0].LeftMS != 120_000 {
		t.Errorf("%d %d %s %v", code, code2, text2, err)
	}
}

// Polls stand among the schedules with their last look, the next, and what came
// of it.
func TestSchedulesShowPolls(t *testing.T) {
	w := newConsoleWorld(t)
	ctx := t.Context()
	at := time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)
	w.app.lookedAt("clinic-a", gateway.PickupFeed("/srv/exchange/clinic-a/in"))(ctx, gateway.FeedLook{Looked: at, Found: 3})
	for feed, place := range map[string]string{"poll/Task": `{"since":"2026-03-04T04:00:00Z","tried":"2026-03-04T05:06:07Z","fault":"busy: no answer"}`,
		"export": `{"status":"https://clinic-b.example/job","started":"2026-03-04T05:00:00Z","files":[{"url":"a"},{"url":"b"}],"at":1,"offset":17,"found":412}`} {
		if err := w.app.Store.Keep(ctx, "clinic-b", feed, place); err != nil {
			t.Fatal(err)
		}
	}
	page := w.login("operator").get("/console/schedules").Body.String()
	inOrder(t, page, "clinic-a: /srv", "folder", "2026-03-04 05:06", "tag done", "2026-03-04 05:06", "3 taken in")
	inOrder(t, page, "clinic-b: Task", "poll", "tag failed", "busy: no answer")
	inOrder(t, page, "clinic-b: system", "bulk export", "tag running", "1 of 2 files")
}

// Run now makes a slot due, once a minute, from the page and from the command
// line; the act and its reason are kept.
func TestRunNow(t *testing.T) {
	w := newConsoleWorld(t)
	rings := 0
	w.app.ring = func() { rings++ }
	b := w.login("operator")
	if got := b.post("/console/schedules/nightly/run", url.Values{"reason": {"a late file"}}); got.Code != http.StatusSeeOther || rings != 1 {
		t.Fatalf("%d %s, %d rings", got.Code, got.Body, rings)
	}
	inOrder(t, b.get("/console/schedules").Body.String(), "nightly", "tag waiting", "About to begin", `<span class="unseen"> nightly</span>`)
	if code, _ := w.run("schedule", "run", "nightly"); code != exitUsage {
		t.Errorf("run without a reason: %d", code)
	}
	if code, _ := w.run("schedule", "run", "weekly", "--reason", "x"); code == 0 {
		t.Error("a schedule that is not there runs")
	}
	_, trail := w.run("audit", "search", "--type", "schedule")
	inOrder(t, trail, "run now", "a late file")
	_, shown := w.run("schedule", "show", "nightly")
	inOrder(t, shown, "job reconcile at 30 2 * * * (UTC)", "after missed slots it runs once", "waiting")
}

// Where no server holds the data the command line is the instance that runs it.
func TestRunNowWithoutAServer(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(dir+"/c.yaml", fmt.Appendf(nil, "store: {data_dir: %q}\nprograms: {packs: [wraparound]}\nschedules: [{name: rules, cron: \"@daily\", job: compliance, missed: skip}]\n", dir+"/data"), 0o600); err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	c := &cli{in: strings.NewReader(""), out: &out, errs: os.Stderr, dir: dir, env: map[string]string{}}
	if code := c.execute(t.Context(), []string{"migrate", "up", "--config", dir + "/c.yaml"}); code != 0 {
		t.Fatal(code)
	}
	out.Reset()
	if code := c.execute(t.Context(), []string{"schedule", "run", "rules", "--reason", "to see", "--config", dir + "/c.yaml"}); code != 0 || !strings.HasPrefix(out.String(), "done after ") || !strings.Contains(out.String(), "0 children") {
		t.Errorf("%d %s", code, out.String())
	}
}
