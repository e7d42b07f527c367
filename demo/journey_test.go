package demo_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/throughline/throughline/demo"
	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/internal/population/oracle"
	"github.com/throughline/throughline/ledger"
)

// TestJourney walks a care plan from a clinic's post to everybody who may have
// it, on a seeded store, over real sockets.
func TestJourney(t *testing.T) {
	j := newJourney(t)
	status, receipt := post(t, j.url+"/v1/messages", "clinic-a", "application/json", string(j.week.Walk.CarePlan))
	if status != http.StatusCreated {
		t.Fatalf("%d %s", status, receipt)
	}
	plan := planOf(t, receipt)
	t.Run("the EHR has what the clinic reads", func(t *testing.T) {
		await(t, j.ehr, "the EHR", told(plan))
		_, sent := j.ehr.Resource(plan)
		if status, read := get(t, j.url+"/fhir/"+string(plan), "clinic-a"); status != http.StatusOK || read != string(sent) {
			t.Errorf("the clinic reads %d\n%s\nthe EHR has\n%s", status, read, sent)
		}
	})
	t.Run("the health plan is told", func(t *testing.T) {
		await(t, j.hook, "the health plan", told(plan))
		if status, _ := get(t, j.url+"/fhir/"+string(plan), "mco-a"); status != http.StatusOK {
			t.Errorf("it was told and reads %d", status)
		}
	})
	t.Run("the other clinic sees nothing of it", func(t *testing.T) {
		if status, body := get(t, j.url+"/fhir/"+string(plan), "clinic-b"); status != http.StatusNotFound {
			t.Errorf("read: %d %s", status, body)
		}
		if status, body := get(t, j.url+"/fhir/CarePlan?_count=500", "clinic-b"); status != http.StatusOK || strings.Contains(body, string(plan)) || !strings.Contains(body, "SYN-CP-B") {
			t.Errorf("search: %d %s", status, body)
		}
	})
	t.Run("a repeat is not delivered again", func(t *testing.T) { j.repeats(t, receipt, plan) })
	t.Run("the check answers as the oracle computes", j.checks)
	t.Run("the failing partner's deliveries are held with their cause", j.holds)
	t.Run("no log names a child", j.silent)
}

// journey is a seeded world with its doors open both ways.
type journey struct {
	*world
	sent *recorder
	week *demo.Summary
	url  string
	ehr  *demo.FHIRServer
	hook *demo.HookServer // of mco-a
}

func newJourney(t *testing.T) *journey {
	t.Helper()
	w := newWorld(t, sqlite(t))
	p := w.cfg.Partner("mco-a")
	p.Wants = []gateway.Want{{Types: []string{"CarePlan"}}}
	p.Deliver = &gateway.Endpoint{Wire: "webhook", URL: "http://127.0.0.1:0/hook", Secrets: []string{"sixteen bytes or more"}}
	ps, err := demo.OpenPartners(t.Context(), w.cfg.Partners)
	if err != nil {
		t.Fatal(err)
	}
	j := &journey{world: w, sent: newRecorder(w), ehr: ps.FHIR("ehr-a"), hook: ps.Hook("mco-a")}
	j.week = seed(t, j.sent, 46)
	ps.Behave(j.week.Failing.Partner, j.week.Failing.Behaviour)
	j.url = w.serve(t)
	w.deliver(t, ps)
	return j
}

// planOf is the care plan that a receipt names first.
func planOf(t *testing.T, receipt string) fhir.Ref {
	t.Helper()
	var r struct {
		Resources []struct {
			Reference string `json:"reference"`
		} `json:"resources"`
	}
	if err := json.Unmarshal([]byte(receipt), &r); err != nil {
		t.Fatal(err)
	}
	for _, line := range r.Resources {
		if strings.HasPrefix(line.Reference, "CarePlan/") {
			return fhir.Ref(line.Reference)
		}
	}
	t.Fatalf("no care plan in %s", receipt)
	return ""
}

// told says that a record was among what arrived.
func told(ref fhir.Ref) func([]demo.Arrival) bool {
	return func(as []demo.Arrival) bool { return times(as, ref) > 0 }
}

func times(as []demo.Arrival, ref fhir.Ref) (n int) {
	for _, a := range as {
		if slices.Contains(a.Refs, string(ref)) {
			n++
		}
	}
	return n
}

// repeats posts the plan again, then another one of the same child: when that
// has come through the child's lanes, all before it has, too.
func (j *journey) repeats(t *testing.T, receipt string, plan fhir.Ref) {
	if _, again := post(t, j.url+"/v1/messages", "clinic-a", "application/json", string(j.week.Walk.CarePlan)); again != receipt {
		t.Errorf("answered\n%s\nand then\n%s", receipt, again)
	}
	next := strings.ReplaceAll(string(j.week.Walk.CarePlan), "SYN-CP-EXAMPLE", "SYN-CP-NEXT")
	_, receipt = post(t, j.url+"/v1/messages", "clinic-a", "application/json", next)
	for _, from := range []arrivals{j.ehr, j.hook} {
		if as := await(t, from, "the next plan", told(planOf(t, receipt))); times(as, plan) != 1 {
			t.Errorf("%s arrived %d times", plan, times(as, plan))
		}
	}
}

// checks asks about every authorization of a health plan and compares the answer
// with what the oracle makes of the rows that were sent.
func (j *journey) checks(t *testing.T) {
	want, err := oracle.Run(ledger.DayOf(today).String(), j.cfg.Rules.Zone, j.sent.sources(t)...)
	if err != nil {
		t.Fatal(err)
	}
	asked := 0
	for _, a := range want.Authorizations {
		if a.Partner != "mco-a" {
			continue
		}
		asked++
		status, answer := post(t, j.url+"/v1/authorizations/check", "mco-a", "application/json", fmt.Sprintf(`{"authorization_id":%q,"source":"mco-a"}`, a.ID))
		says := fmt.Sprintf(`"approved":%d,"used":%d,"pending":0,"remaining":%d`, a.Approved, a.Used, a.Remaining)
		if status != http.StatusOK || !strings.Contains(answer, says) {
			t.Errorf("%s: %d %s, the oracle says %s", a.ID, status, answer, says)
		}
	}
	if asked < 50 {
		t.Errorf("only %d authorizations", asked)
	}
}

// holds waits until all that goes to the failing partner is held or waits behind
// something held.
func (j *journey) holds(t *testing.T) {
	look := time.NewTicker(20 * time.Millisecond)
	defer look.Stop()
	for end := time.Now().Add(30 * time.Second); ; <-look.C {
		list, _, err := j.store.ListDeliveries(t.Context(), gateway.DeliveryFilter{Partner: j.week.Failing.Partner, State: "parked"}, gateway.Paging{Limit: 1000})
		if err != nil {
			t.Fatal(err)
		}
		if len(list) > 5 {
			for _, d := range list {
				if !strings.Contains(d.Fault, "422") {
					t.Errorf("held without its cause: %q", d.Fault)
				}
			}
			return
		}
		if time.Now().After(end) {
			t.Fatalf("%d held after 30 s", len(list))
		}
	}
}

// silent provokes faults and looks for every child in all that was logged.
func (j *journey) silent(t *testing.T) {
	post(t, j.url+"/v1/messages", "clinic-a", "application/json", string(j.week.Walk.BrokenCarePlan))
	post(t, j.url+"/v1/messages?kind=service", "clinic-c", "text/csv", string(j.week.Walk.BadCSV))
	log := j.log.String()
	if !strings.Contains(log, `"op"`) {
		t.Fatal("nothing was logged")
	}
	people := 0
	for _, m := range j.sent.mail {
		if m.Kind != "json/enrollment" {
			continue
		}
		var who struct {
			Member string `json:"member_id"`
			Family string `json:"family_name"`
			Given  string `json:"given_name"`
		}
		if err := json.Unmarshal(m.Body, &who); err != nil {
			t.Fatal(err)
		}
		people++
		for _, canary := range []string{who.Member, who.Family, who.Given} {
			if strings.Contains(log, canary) {
				t.Errorf("a log line has %q", canary)
			}
		}
	}
	if people < 46 {
		t.Errorf("only %d children looked for", people)
	}
}
