package main

import (
	"fmt"
	"io"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/throughline/throughline/config"
	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/fhir/search"
	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/jobs"
	"github.com/throughline/throughline/ledger"
	"github.com/throughline/throughline/mappings/finding"
)

const tellConfig = `
server: {listen: 127.0.0.1:0, admin_listen: 127.0.0.1:0}
store: {data_dir: %q}
identity: {member_system: "urn:test:member", trusted_systems: ["urn:test:member"]}
programs: {packs: [wraparound]}
partners:
  - {id: agency-a, name: An agency, kind: agency, wants: [{types: [DetectedIssue]}], deliver: {wire: webhook, url: "https://a.example/", secrets: [env:SECRET]}}
  - {id: agency-b, name: Another, kind: agency, wants: [{types: [DetectedIssue]}], deliver: {wire: webhook, url: "https://b.example/", secrets: [env:SECRET]}}
  - {id: clinic-a, name: A clinic, kind: clinic, npi: ["1999900016"], wants: [{types: [DetectedIssue, MeasureReport]}], deliver: {wire: webhook, url: "https://c.example/", secrets: [env:SECRET]}}
  - {id: state, name: The state, kind: state, programs: [wraparound], wants: [{types: [DetectedIssue, MeasureReport], every_owner: true}], deliver: {wire: webhook, url: "https://s.example/", secrets: [env:SECRET]}}
`

// tellWorld is a gateway of four partners; agency-a, clinic-a and the state serve
// the child M1.
func tellWorld(t *testing.T) *App {
	t.Helper()
	path := filepath.Join(t.TempDir(), "c.yaml")
	if err := os.WriteFile(path, fmt.Appendf(nil, tellConfig, t.TempDir()), 0o600); err != nil {
		t.Fatal(err)
	}
	cfg, problems := config.Load(config.Input{Paths: []string{path}, Env: map[string]string{"SECRET": "whsec_bmV3bmV3bmV3bmV3bmV3bmV3bmV3bmV3"}})
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	a, err := Open(t.Context(), cfg, slog.New(slog.NewTextHandler(io.Discard, nil)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = a.Close() })
	body := `{"record":"care_team","team_id":"T-1","member_id":"M1","status":"active","start":"2026-01-01","program":"wraparound","members":[
		{"id":"c","kind":"professional","role":"coordinator","name":"Ada","organization_npi":"1999900016","organization":"A clinic"}]}`
	if _, err := a.Gateway.Receive(t.Context(), &gateway.Message{Partner: "agency-a", Channel: "messages", Kind: "json/care_team", Body: []byte(body), Key: "k1"}, nil); err != nil {
		t.Fatal(err)
	}
	enrolled := `{"record":"enrollment","member_id":"M1","start":"2026-01-01","end":"","payer":"p","program":"wraparound"}`
	if _, err := a.Gateway.Receive(t.Context(), &gateway.Message{Partner: "state", Channel: "messages", Kind: "json/enrollment", Body: []byte(enrolled), Key: "k2"}, nil); err != nil {
		t.Fatal(err)
	}
	if err := a.route().Once(t.Context()); err != nil {
		t.Fatal(err)
	}
	return a
}

// sent is what is queued for each partner, by type of record.
func sent(t *testing.T, a *App, typ string) map[gateway.PartnerID]int {
	t.Helper()
	list, _, err := a.Store.ListDeliveries(t.Context(), gateway.DeliveryFilter{}, gateway.Paging{Limit: 500})
	if err != nil {
		t.Fatal(err)
	}
	out := map[gateway.PartnerID]int{}
	for _, d := range list {
		for _, i := range d.Items {
			if i.Type == typ {
				out[d.Lane.Partner]++
			}
		}
	}
	return out
}

func issuesSeenBy(t *testing.T, a *App, id gateway.PartnerID, params string) (out []*fhir.Resource) {
	t.Helper()
	values, _ := url.ParseQuery(params)
	q, issues := search.Parse("DetectedIssue", values, search.Options{Strict: true})
	if issues.Errors() {
		t.Fatal(issues)
	}
	page, err := a.Store.Search(t.Context(), a.caller(id), q)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range page.Matches {
		r, issues := fhir.Parse(m.JSON, fhir.Limits{})
		if issues = append(issues, fhir.Validate(r)...); issues.Errors() {
			t.Fatal(issues)
		}
		out = append(out, r)
	}
	return out
}

// A finding is told once for each change of state, to whoever owns the next step
// and may see the child; the runs in between tell nothing. The same resource can
// be read and searched by whoever may see it, and changed by nobody.
func TestFindingsAreToldOnce(t *testing.T) {
	a := tellWorld(t)
	ctx := t.Context()
	var err error
	person := personOf(t, a)
	about := gateway.Found{Origin: gateway.FromRules, Rule: "crisis-plan", Kind: "crisis_plan", Program: "wraparound", Person: person, Partner: "agency-a", Record: "T-1", Force: "required", Violation: true,
		Owner: "coordinator agency", Reason: "no crisis plan is on record", Cites: "Wraparound roles, 7"}
	staff := gateway.Found{Origin: gateway.FromRules, Rule: "caseload", Kind: "ratio", Program: "wraparound", Partner: "agency-a", Record: "W-1", Force: "required", Owner: "coordinator agency", Reason: "20 to 1", Cites: "x"}
	run := func(id string, day ledger.Day, found ...gateway.Found) {
		t.Helper()
		if _, err = a.Store.FollowFindings(ctx, gateway.FindingRun{Origin: gateway.FromRules, ID: id, AsOf: day}, func(see func(*gateway.Found) error) error {
			for i := range found {
				if err := see(&found[i]); err != nil {
					return err
				}
			}
			return nil
		}); err == nil {
			err = a.tell().Once(ctx)
		}
		if err == nil {
			err = a.route().Once(ctx)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	want := func(step string, n map[gateway.PartnerID]int) {
		t.Helper()
		if got := sent(t, a, "DetectedIssue"); fmt.Sprint(got) != fmt.Sprint(n) {
			t.Errorf("%s: told %v, want %v", step, got, n)
		}
	}
	run("r1", 20500, about, staff)
	want("opened", map[gateway.PartnerID]int{"agency-a": 2, "state": 2})
	run("r2", 20501, about, staff)
	run("r2", 20501, about, staff)
	want("still true", map[gateway.PartnerID]int{"agency-a": 2, "state": 2})
	for id, n := range map[gateway.PartnerID]int{"agency-a": 2, "state": 2, "clinic-a": 1, "agency-b": 0} {
		if got := issuesSeenBy(t, a, id, "identified=ge2000-01-01"); len(got) != n {
			t.Errorf("%s sees %d issues, want %d", id, len(got), n)
		}
	}
	about.Owner = "clinic" // the next step is another's
	run("r3", 20502, about)
	want("one closed", map[gateway.PartnerID]int{"agency-a": 3, "state": 3})
	if err := a.Store.WaiveFinding(ctx, gateway.Waiver{ID: about.Key() + "-1", To: 20510, Today: 20502, Reason: "a court decides", Who: "state/Ada"}); err != nil {
		t.Fatal(err)
	}
	run("r4", 20503, about)
	want("waived", map[gateway.PartnerID]int{"agency-a": 3, "state": 4, "clinic-a": 1})
	got := issuesSeenBy(t, a, "clinic-a", "identifier="+gateway.FindingSystem+"|"+about.Key()+"-1&code=crisis_plan")
	if len(got) != 1 || got[0].Get("status").Text() != "amended" || !strings.Contains(string(got[0].JSON), "a court decides") {
		t.Fatalf("%v", got)
	}
	body := strings.Replace(string(got[0].JSON), "amended", "final", 1)
	_, err = a.Gateway.Receive(ctx, &gateway.Message{Partner: "agency-a", Channel: "fhir", Kind: "fhir/DetectedIssue", Body: []byte(body), Ask: &gateway.Ask{Interaction: gateway.AskUpdate, Type: "DetectedIssue", ID: got[0].ID}}, nil)
	if gateway.FaultOf(err).Code != gateway.Denied {
		t.Errorf("a partner changed what the gateway found: %v", err)
	}
}

// personOf is the key of the one child there is.
func personOf(t *testing.T, a *App) (person string) {
	t.Helper()
	err := a.Store.StreamRecords(t.Context(), 0, 255, 1<<40, func(p string, _ []gateway.StoredRecord) error {
		person = p
		return nil
	})
	if err != nil || person == "" {
		t.Fatal("nobody is on record", err)
	}
	return person
}

// The totals of a month are one resource; a run that changes no figure is no
// version of it, and tells nobody.
func TestMonthOfFindings(t *testing.T) {
	a := tellWorld(t)
	totals := []gateway.FindingPeriod{{Origin: "rules", Program: "wraparound", Rule: "crisis-plan", Force: "required", Open: 12}}
	for _, step := range []struct {
		day        ledger.Day
		open, told int64
	}{{20500, 12, 1}, {20500, 12, 1}, {20501, 12, 1}, {20502, 11, 2}, {20503, 12, 3}} {
		totals[0].Open = step.open
		err := a.tellMonth(t.Context(), &gateway.FindingMonth{Program: "wraparound", From: 20485, To: 20514, AsOf: step.day, Totals: totals})
		if err == nil {
			err = a.route().Once(t.Context())
		}
		if err != nil {
			t.Fatal(err)
		}
		if got := sent(t, a, "MeasureReport"); int64(got["state"]) != step.told || len(got) != 1 {
			t.Errorf("on %s told %v, want %d", step.day, got, step.told)
		}
	}
}

// What was decided stands in the month's report and on the page of compliance, for
// who oversees the program; small numbers are masked in both.
func TestMonthOfDecisions(t *testing.T) {
	a := tellWorld(t)
	march := &gateway.FindingMonth{Program: "wraparound", From: 20513, To: 20543, AsOf: 20543,
		Decisions: &gateway.DecisionCount{Program: "wraparound", Approved: 40, Denied: 12, Appeals: 15, Open: 15, Suppressed: []string{"in-part", "adverse-notices"}}}
	if err := a.tellMonth(t.Context(), march); err != nil {
		t.Fatal(err)
	}
	q, _ := search.Parse("MeasureReport", url.Values{}, search.Options{Strict: true})
	page, err := a.Store.Search(t.Context(), a.caller("state"), q)
	if err != nil || len(page.Matches) != 1 {
		t.Fatalf("%v, %d reports", err, len(page.Matches))
	}
	r, issues := fhir.Parse(page.Matches[0].JSON, fhir.Limits{})
	if issues = append(issues, fhir.Validate(r)...); issues.Errors() {
		t.Fatal(issues)
	}
	if diff := cmp.Diff(march.Decisions, finding.Decisions(r, "wraparound")); diff != "" {
		t.Error(diff)
	}
	state, clinic := a.caller("state"), a.caller("clinic-a")
	for who, c := range map[string]*gateway.Caller{"the operator": nil, "the state": &state, "a clinic": &clinic} {
		for day, told := range map[ledger.Day]bool{20520: c != &clinic, 20543: c != &clinic, 20544: false} {
			report, err := a.compliancePage(t.Context(), c, day-29, day)
			if err != nil {
				t.Fatal(err)
			}
			var b strings.Builder
			if err := report.Write(&b, "html"); err != nil || strings.Contains(b.String(), "Decisions and appeals") != told || strings.Contains(b.String(), "<dd>few</dd>") != told {
				t.Errorf("%s on %s: %v, want %t: %s", who, day, err, told, b.String())
			}
		}
	}
}

// TestTheJobTellsTheMonth: the job of the rules makes one MeasureReport for each
// program in force, with what it has found, for who oversees the program; the same
// slot again makes no version, a rule that is kept again does (ADR 17).
func TestTheJobTellsTheMonth(t *testing.T) {
	a := tellWorld(t)
	times, err := jobs.ParseCalendar("0 3 * * *", time.UTC)
	if err != nil {
		t.Fatal(err)
	}
	comply := func(day ledger.Day) {
		t.Helper()
		if _, err := a.comply(t.Context(), times.Now(day.Time()), func(gateway.Progress) {}); err != nil {
			t.Fatal(err)
		}
		if err := a.route().Once(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	open := func() string {
		t.Helper()
		q, issues := search.Parse("MeasureReport", url.Values{}, search.Options{Strict: true})
		if issues.Errors() {
			t.Fatal(issues)
		}
		page, err := a.Store.Search(t.Context(), a.caller("state"), q)
		if err != nil || len(page.Matches) != 1 {
			t.Fatalf("%v, %d reports", err, len(page.Matches))
		}
		r, issues := fhir.Parse(page.Matches[0].JSON, fhir.Limits{})
		if issues = append(issues, fhir.Validate(r)...); issues.Errors() {
			t.Fatal(issues)
		}
		return string(r.JSON)
	}
	comply(20543) // 2026-03-31
	first := open()
	if !strings.Contains(first, "coordinator-throughout") && !strings.Contains(first, "monitor-authorization") {
		t.Errorf("the totals name no rule that is broken: %s", first)
	}
	for _, want := range []string{`"start":"2026-03-01"`, `"end":"2026-03-31"`, "wraparound"} {
		if !strings.Contains(first, want) {
			t.Errorf("the report does not say %s: %s", want, first)
		}
	}
	comply(20543)
	if got := sent(t, a, "MeasureReport"); got["state"] != 1 || len(got) != 1 || open() != first {
		t.Errorf("the same slot again: told %v", got)
	}
	if strings.Contains(first, "M1") || strings.Contains(first, "Ada") {
		t.Error("totals name somebody")
	}
	comply(20544) // the first of April: a month of its own
	if got := sent(t, a, "MeasureReport"); got["state"] != 2 {
		t.Errorf("the next month: told %v", got)
	}
}
