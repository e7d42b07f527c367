package compliance

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/ledger"
	"github.com/throughline/throughline/mappings/record"
	"github.com/throughline/throughline/program"
)

func factsOf(t *testing.T, id string, records ...gateway.StoredRecord) *program.Facts {
	t.Helper()
	c, err := readChild("x", source{records: records}, day1)
	if err != nil {
		t.Fatal(err)
	}
	if !c.in(id) {
		t.Fatalf("programs %v", c.programs)
	}
	return c.facts(id)
}

// TestFactsOfAnApplication reads the packet and the placement of the guides: who
// applies is judged though nobody serves it yet.
func TestFactsOfAnApplication(t *testing.T) {
	f := factsOf(t, "il-icg", example(t, "application_packet", `"decided_on": "2026-03-20"`, `"decided_on": "2026-03-20", "appealed_on": "2026-03-25"`), example(t, "placement"))
	p := f.Packets[0]
	if p.Birth != program.Date(2013, 5, 14) || p.Submitted != program.Date(2026, 3, 2) || len(p.Documents) != 12 || len(p.Criteria) != 6 {
		t.Errorf("%+v", p)
	}
	want := program.Paper{ID: "9", Code: "psychological-evaluation", Dated: program.Date(2025, 5, 2), Contents: []string{"intellectual_functioning", "personality_functioning"}}
	if diff := cmp.Diff(want, p.Documents[8]); diff != "" {
		t.Error(diff)
	}
	p.Documents, p.Criteria = nil, nil
	if diff := cmp.Diff(program.Packet{ID: "agency-1/ICG-5", Person: "x", Birth: p.Birth, Submitted: p.Submitted, Basis: []string{"schizophrenia"}, Decision: "approved",
		States: []string{"strengths", "needs"}, Appeal: &program.Appeal{Asked: program.Date(2026, 3, 25)}, Circumstances: []string{"custody_order"}}, p); diff != "" {
		t.Error(diff)
	}
	stay := program.Stay{ID: "agency-1/PL-9", Person: "x", Start: program.Date(2025, 6, 2), End: program.Date(2026, 1, 31), To: "home", EndAdvisedBy: "monitoring_body"}
	if diff := cmp.Diff([]program.Stay{stay}, f.Stays); diff != "" {
		t.Error(diff)
	}
	later := factsOf(t, "il-icg", example(t, "placement", "2026-01-31", "2026-04-30"), example(t, "placement", `"residential"`, `"kin"`))
	if len(later.Stays) != 1 || later.Stays[0].End != 0 || later.Stays[0].To != "" {
		t.Errorf("an end that is still to come, and a stay with kin: %+v", later.Stays)
	}
	if f := factsOf(t, "wraparound", example(t, "care_team"), example(t, "placement"), example(t, "application_packet")); len(f.Stays)+len(f.Packets) != 0 {
		t.Errorf("of another program: %+v", f)
	}
}

// TestFactsOfPlanningByOthers reads linked plans, levels of care and waiting lists.
func TestFactsOfPlanningByOthers(t *testing.T) {
	team := example(t, "care_team", `"waiver-provider"`, `"probation"`)
	f := factsOf(t, "wraparound", team, example(t, "care_plan"), example(t, "linked_plan"), example(t, "level_of_care"), example(t, "waitlist_entry"),
		example(t, "meeting", `"kind": "team"`, `"kind": "case-plan"`))
	p := f.Plans[0]
	if diff := cmp.Diff([]program.Related{{Code: "iep", Joined: true}, {Code: "case_plan", Joined: true}}, p.Related); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]program.System{{Code: "juvenile_justice"}, {Code: "school", Documents: true}}, p.Systems); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]program.Need{{ID: "N1", Service: true, Waiting: true}, {ID: "N2", Service: true}}, p.Needs); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]program.Wait{{ID: "agency-1/WL-31", Person: "x", Service: "H0038Youth peer support", Since: program.Date(2026, 3, 10)}}, f.Waits); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"crisis", "intensity_of_need"}, p.Circumstances); diff != "" {
		t.Error(diff)
	}
	l := newLoad()
	l.add(f)
	if diff := cmp.Diff([]program.Heavy{{Circumstances: p.Circumstances}}, l.facts("wraparound", nil, day1).Coordinators[0].Heavy); diff != "" {
		t.Error(diff)
	}
	f = factsOf(t, "wraparound", team, example(t, "care_plan"), example(t, "linked_plan", `"coordinator_joined_on": "2026-02-18"`, `"coordinator_joined_on": "2026-04-18"`, "2026-02-20", "2026-04-20"),
		example(t, "waitlist_entry", `"waiting"`, `"served"`), example(t, "level_of_care", "2026-09-09", "2026-03-30"))
	p = f.Plans[0]
	if len(f.Waits) != 0 || p.Related[0].Joined || p.Systems[1].Documents || p.Needs[0].Waiting || len(p.Circumstances) != 0 {
		t.Errorf("what is not yet, or no longer: %+v %+v", f.Waits, p)
	}
}

// TestFactsOfExceptions: what the team withholds from a member is withheld at every
// meeting, and a refusal says why by a code.
func TestFactsOfExceptions(t *testing.T) {
	f := factsOf(t, "wraparound", example(t, "care_team", `"id": "M5", "kind": "organization"`, `"id": "M5", "withheld": "no-contact-order", "kind": "organization"`, `"start": "2026-02-15",`+"\n"+`  "members"`, `"start": "2026-02-15", "setting": "free-standing-entity",`+"\n"+`  "members"`),
		example(t, "care_plan"), example(t, "meeting"), example(t, "referral", `"status": "on-hold"`, `"status": "rejected", "status_reason_code": "icg-denied"`))
	if r := f.Meetings[0].Recipients[4]; r.ID != "M5" || r.Withheld != "no_contact_order" {
		t.Errorf("%+v", r)
	}
	if f.Referrals[0].Because != "icg_denied" || f.Plans[0].Setting != "free_standing_entity" {
		t.Errorf("%+v %+v", f.Referrals[0], f.Plans[0])
	}
}

// TestFactsOfAnEnrollment: the ledger says who is enrolled, the record of the span
// who coordinates; two payers of one span are one enrollment.
func TestFactsOfAnEnrollment(t *testing.T) {
	jan := ledger.Day(program.Date(2026, 1, 1))
	spans := []ledger.Span{{Partner: "agency-1", Program: "wraparound", Start: jan, End: ledger.Forever, Payer: "1"}, {Partner: "agency-1", Program: "wraparound", Start: jan, End: ledger.Forever, Payer: "2"}}
	read := func(records ...gateway.StoredRecord) *program.Facts {
		c, err := readChild("x", source{records: records, spans: spans}, day1)
		if err != nil || !c.in("wraparound") || c.in("il-icg") {
			t.Fatal(err, c.programs)
		}
		return c.facts("wraparound")
	}
	want := program.Enrollment{ID: "agency-1/wraparound|2026-01-01", Person: "x"}
	if diff := cmp.Diff([]program.Enrollment{want}, read().Enrollments); diff != "" {
		t.Error(diff)
	}
	f := read(example(t, "enrollment"))
	want.Coordinator = "agency-1/CC-7"
	if diff := cmp.Diff([]program.Enrollment{want}, f.Enrollments); diff != "" {
		t.Error(diff)
	}
	l := newLoad()
	l.add(f)
	if diff := cmp.Diff([]program.Coordinator{{ID: "agency-1/CC-7", Children: 1}}, l.facts("wraparound", nil, day1).Coordinators); diff != "" {
		t.Error(diff)
	}
}

// TestTheNewerWordCounts: of a record and the resources it became, or that somebody
// else changed since.
func TestTheNewerWordCounts(t *testing.T) {
	plan := example(t, "care_plan")
	plan.ID, plan.Known = "CP-1001", 5
	title := func(resources ...written) string {
		all, err := latest([]gateway.StoredRecord{plan}, resources)
		if err != nil || len(all) != 1 {
			t.Fatal(err, len(all))
		}
		return all[0].record.(*record.CarePlan).Title
	}
	other := &record.CarePlan{PlanID: "CP-1001", Title: "in FHIR"}
	if got := title(); got != "Marisol's plan: home, school, and music" {
		t.Error(got)
	}
	if got := title(written{partner: "agency-1", known: 5, record: other}); got == "in FHIR" {
		t.Error("the resource that the record became came before the record")
	}
	if got := title(written{partner: "agency-1", known: 6, record: other}); got != "in FHIR" {
		t.Error(got)
	}
	if all, err := latest([]gateway.StoredRecord{plan}, []written{{partner: "clinic-a", known: 6, record: other}}); err != nil || len(all) != 2 {
		t.Error("the plan of another partner is another plan", err, len(all))
	}
}
