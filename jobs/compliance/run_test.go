package compliance

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/program"
)

var day1 = program.Date(2026, time.March, 31)

// example is a record of the guides.
func example(t *testing.T, kind string, replace ...string) gateway.StoredRecord {
	t.Helper()
	body, err := os.ReadFile(filepath.Join("../../mappings/examples", kind+".json"))
	if err != nil {
		t.Fatal(err)
	}
	text := strings.NewReplacer(replace...).Replace(string(body))
	return gateway.StoredRecord{Partner: "agency-1", Record: gateway.Record{Kind: kind, ID: kind, Body: []byte(text)}}
}

func wraparound(t *testing.T, records ...gateway.StoredRecord) *program.Facts {
	t.Helper()
	c, err := readChild("x", source{records: records}, day1)
	if err != nil {
		t.Fatal(err)
	}
	if !c.in("wraparound") || c.in("il-icg") {
		t.Fatalf("programs %v", c.programs)
	}
	return c.facts("wraparound")
}

// TestFactsOfAChild reads plan, team, meeting and referral of the guides.
func TestFactsOfAChild(t *testing.T) {
	f := wraparound(t, example(t, "care_plan"), example(t, "care_team"), example(t, "meeting"), example(t, "referral"))
	if len(f.Plans) != 1 || len(f.Meetings) != 1 || len(f.Referrals) != 1 {
		t.Fatalf("%+v", f)
	}
	p := f.Plans[0]
	want := program.Plan{ID: "agency-1/CP-1001", Person: "x", Final: true, Coordinator: "agency-1/CC-7", CoordinatorAgency: "1234567893", DecidedBy: "family",
		Roles:    []string{"youth", "family", "natural_support", "coordinator", "waiver_subcontractor", "provider", "agency"},
		Sections: []string{"youth_perspective", "family_perspective", "prior_planning", "formal_supports", "informal_supports"},
		Domains: []program.Domain{{Code: "fun", Relevant: true, Strengths: true}, {Code: "family", Relevant: true, Strengths: true},
			{Code: "emotional", Relevant: true, Needs: true}, {Code: "school", Relevant: true, Needs: true}},
		Crisis: &program.Crisis{ID: "X1", Immediate: true, Ongoing: true}, LastReview: program.Date(2026, 3, 2), NextReview: program.Date(2026, 6, 2),
		Services: []program.Service{{ID: "V1", Agency: "1234567893", Responsible: "1234567893"}, {ID: "V2", Responsible: "Aunt Rosa"}},
		Needs:    []program.Need{{ID: "N1", Service: true, Waiting: true}, {ID: "N2", Service: true, Waiting: true}}}
	if diff := cmp.Diff(want, p); diff != "" {
		t.Error(diff)
	}
	m := f.Meetings[0]
	if !m.Held || m.On != program.Date(2026, 3, 18) || !slices.Equal(m.Attended, []string{"youth", "family", "coordinator"}) {
		t.Errorf("%+v", m)
	}
	recipients := []program.Recipient{{ID: "M1", Sent: m.On + 2}, {ID: "M2", Sent: m.On + 2}, {ID: "M3", Withheld: "consent"}, {ID: "M4", Sent: m.On + 2}, {ID: "M5"}}
	if diff := cmp.Diff(recipients, m.Recipients); diff != "" {
		t.Error(diff)
	}
}

// TestFactsLeaveOut what is not in force, and tell a draft.
func TestFactsLeaveOut(t *testing.T) {
	team := example(t, "care_team")
	if f := wraparound(t, team, example(t, "care_plan", `"status": "active",`+"\n"+`  "start"`, `"status": "revoked",`+"\n"+`  "start"`)); len(f.Plans) != 0 {
		t.Errorf("a revoked plan: %+v", f.Plans)
	}
	if f := wraparound(t, team, example(t, "care_plan", "2026-08-31", "2026-03-30")); len(f.Plans) != 0 {
		t.Errorf("a plan that has ended: %+v", f.Plans)
	}
	f := wraparound(t, team, example(t, "care_plan", `"status": "active",`+"\n"+`  "start"`, `"status": "draft",`+"\n"+`  "start"`))
	if len(f.Plans) != 1 || f.Plans[0].Final {
		t.Errorf("a draft: %+v", f.Plans)
	}
	c, err := readChild("x", source{records: []gateway.StoredRecord{example(t, "care_team", `"start": "2026-02-15",`+"\n"+`  "members"`, `"start": "2026-04-01",`+"\n"+`  "members"`)}}, day1)
	if err != nil || len(c.programs) != 0 {
		t.Errorf("a team that has not begun: %v %v", c.programs, err)
	}
	bad := example(t, "care_team")
	bad.Body = []byte("{")
	if _, err := readChild("x", source{records: []gateway.StoredRecord{bad}}, day1); err == nil || strings.Contains(err.Error(), "Rivera") {
		t.Errorf("a body that cannot be read: %v", err)
	}
}

// TestFactsOfWorkers reads staff of the guides, counts caseloads, and takes a
// training for both of its codes.
func TestFactsOfWorkers(t *testing.T) {
	staff, err := readStaff([]gateway.StoredRecord{example(t, "staff")}, nil)
	if err != nil {
		t.Fatal(err)
	}
	l := newLoad()
	l.add(wraparound(t, example(t, "care_plan"), example(t, "care_team")))
	f := l.facts("wraparound", staff, day1)
	if diff := cmp.Diff([]program.Coordinator{{ID: "agency-1/CC-7", Children: 1, FullTime: 80}}, f.Coordinators); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]program.Supervisor{{ID: "agency-1/SUP-1", Coordinators: 1}}, f.Supervisors); diff != "" {
		t.Error(diff)
	}
	var trainings []string
	for _, c := range f.Staff[0].Trainings {
		trainings = append(trainings, c.Code)
	}
	if diff := cmp.Diff([]string{"mandated_reporter", "first_aid", "cpr", "trainings"}, trainings); diff != "" {
		t.Error(diff)
	}
	want := []program.CredentialRequest{{ID: "agency-1/CC-7#2024-08-20", AskedBy: "local_government_unit", Consulted: []string{"field_coordinator"}, Circumstances: []string{"extenuating_circumstances"}}}
	if diff := cmp.Diff(want, f.Reviews); diff != "" {
		t.Error(diff)
	}
	if gone := l.facts("wraparound", staff, program.Date(2024, 8, 31)); len(gone.Staff) != 0 {
		t.Errorf("not at work yet: %+v", gone.Staff)
	}
	if other := newLoad().facts("il-icg", staff, day1); len(other.Staff) != 0 {
		t.Errorf("of another program: %+v", other.Staff)
	}
}

// TestFactsOfEvents reads the contact, the assessment and the flexible fund of the
// guides.
func TestFactsOfEvents(t *testing.T) {
	f := wraparound(t, example(t, "care_plan"), example(t, "care_team"), example(t, "contact", `"not_reached_reason": "No answer; message left"`, `"reached": true`), example(t, "assessment"), example(t, "flexible_fund"))
	if diff := cmp.Diff([]program.Contact{{ID: "agency-1/CO-501", Person: "x", On: program.Date(2026, 3, 25), With: "family", Reached: true}}, f.Contacts); diff != "" {
		t.Error(diff)
	}
	on := program.Date(2026, 3, 10)
	if diff := cmp.Diff([]program.Dated{{Code: "outcome_measures", On: on}}, f.Plans[0].Measures); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]program.Dated{{Code: "cans", On: on}, {Code: "actionable_needs", On: on}}, f.Measures); diff != "" {
		t.Error(diff)
	}
	want := []program.Budget{{ID: "agency-1/FF-12", Person: "x", Cents: 150000,
		Spends: []program.Spend{{ID: "1", Cents: 8550, Approver: "SUP-1", Need: "N2"}, {ID: "2", Cents: 4000, Need: "N3"}}}}
	if diff := cmp.Diff(want, f.Budgets); diff != "" {
		t.Error(diff)
	}
	l := newLoad()
	l.add(f)
	if all := l.facts("wraparound", nil, day1); !slices.Contains(all.Measures, program.Dated{Code: "cans", On: on}) {
		t.Errorf("measured in the program: %v", all.Measures)
	}
}

// TestABudgetCountsWhatWasSpent: a payment that was sent twice is spent once, and one
// that is still to come not yet.
func TestABudgetCountsWhatWasSpent(t *testing.T) {
	f := wraparound(t, example(t, "care_team"), example(t, "flexible_fund", `"id": "2", "on": "2026-03-28", "payee": "Bus passes", "cents": 4000`, `"id": "2", "on": "2026-03-21", "payee": "Riverside Swim Club", "cents": 8550`))
	if len(f.Budgets) != 1 || len(f.Budgets[0].Spends) != 1 {
		t.Errorf("%+v", f.Budgets)
	}
	f = wraparound(t, example(t, "care_team"), example(t, "flexible_fund", "2026-03-28", "2026-04-01"))
	if len(f.Budgets) != 1 || len(f.Budgets[0].Spends) != 1 {
		t.Errorf("%+v", f.Budgets)
	}
}
