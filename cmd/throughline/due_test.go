package main

import (
	"encoding/csv"
	"net/http"
	"strings"
	"testing"

	"github.com/throughline/throughline/api/console"
	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/ledger"
)

// overdue opens findings of agency-a twenty days ago: one is overdue, one is due
// soon, one later, one never.
func (w *consoleWorld) overdue() ledger.Day {
	w.t.Helper()
	today := ledger.DayOf(w.app.Store.Now().In(w.app.Config.Rules.Zone))
	_, err := w.app.Store.FollowFindings(w.t.Context(), gateway.FindingRun{Origin: gateway.FromRules, ID: "r2", AsOf: today - 20}, func(see func(*gateway.Found) error) error {
		for record, days := range map[string]int64{"P-never": 0, "P-later": 90, "P-soon": 23, "P-over": 10} {
			f := &gateway.Found{Origin: gateway.FromRules, Rule: "review", Kind: "review", Program: "wraparound", Partner: "agency-a", Record: record, Force: "required", Violation: true,
				Owner: "coordinator agency", Reason: "not reviewed: " + record, Cites: "Source, 17", DueDays: days}
			if err := see(f); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return today
}

// Findings with their day stand in the worklist of whoever owns the next step, the
// most pressing first; what is overdue is said in words, and on the first page.
func TestWorklistHasFindingsByDueDay(t *testing.T) {
	w := newConsoleWorld(t)
	today := w.overdue()
	b := w.login("agency-a")
	page := b.get("/console/worklist").Body.String()
	inOrder(t, page, "4 things wait", "1 is late", `<tr class="late">`, "not reviewed: P-over", "tag overdue", `<strong class="overdue">overdue by 10 days`, "P-over</a>",
		"not reviewed: P-soon", "tag due soon", "within a week", "not reviewed: P-later", "tag in time", "not reviewed: P-never", "tag open")
	if strings.Count(page, `class="late"`) != 1 {
		t.Error("others stand out too")
	}
	inOrder(t, b.get("/console/").Body.String(), "alarmed", "<strong>1</strong>", "finding whose next step is yours is overdue", "coordinator agency")
	for _, other := range []string{"agency-b", "clinic-a"} {
		got := w.login(other).get("/console/worklist").Body.String()
		if strings.Contains(got, "P-over") || strings.Contains(w.login(other).get("/console/").Body.String(), "overdue") {
			t.Errorf("%s sees another's findings: %s", other, seenPart(got))
		}
	}
	p, _ := w.app.partner("agency-a")
	list, err := worklists{w.app}.Worklist(t.Context(), p)
	if err != nil || len(list) != 4 || list[0].Due != midnight(today-9, w.app.Config.Rules.Zone) || list[3].Link[:len(console.Path)] != console.Path {
		t.Errorf("%+v %v", list, err)
	}
	_, text := w.run("worklist", "--partner", "agency-a")
	inOrder(t, text, "P-over", "overdue", "P-soon", "due soon")
}

// The list of findings is narrowed and sorted by the due day, and is the same as a
// table.
func TestFindingsByDueDay(t *testing.T) {
	w := newConsoleWorld(t)
	today := w.overdue()
	b := w.login("agency-a")
	inOrder(t, b.get("/console/findings?order=due").Body.String(), `<tr class="late">`, "overdue by 10 days", "P-over", "within a week", "P-soon", "P-later", "no date", "P-never")
	if page := b.get("/console/findings?due=overdue").Body.String(); !strings.Contains(page, "P-over") || strings.Contains(page, "P-soon") {
		t.Error(seenPart(page))
	}
	if got := b.get("/console/findings?due=never"); got.Code != http.StatusUnprocessableEntity {
		t.Errorf("a time that is none: %d", got.Code)
	}
	got := b.get("/console/findings?due=week&order=due&format=csv")
	if h := got.Header(); h.Get("Content-Type") != "text/csv; charset=utf-8" || !strings.HasPrefix(h.Get("Content-Disposition"), "attachment; filename=findings-") {
		t.Errorf("%v", h)
	}
	rows, err := csv.NewReader(got.Body).ReadAll()
	if err != nil || len(rows) != 3 || rows[0][14] != "due" || rows[1][5] != "P-over" || rows[1][14] != (today-10).String() || rows[2][14] != (today+3).String() {
		t.Errorf("%v %v", rows, err)
	}
	if rows, _ := csv.NewReader(w.login("agency-b").get("/console/findings?format=csv").Body).ReadAll(); len(rows) != 1 {
		t.Errorf("agency-b gets %v", rows)
	}
	inOrder(t, b.get("/console/findings/"+rows[1][10]).Body.String(), "To be mended by", "overdue by 10 days")
}
