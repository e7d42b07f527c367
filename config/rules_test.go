package config

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/throughline/throughline/program"
)

var today = program.Date(2026, time.November, 22)

// wholePlan keeps every plan rule of every pack.
func wholePlan() program.Plan {
	return program.Plan{
		ID: "plan-1", Final: true, Coordinator: "c-1", CoordinatorAgency: "agency-1",
		Roles: []string{"youth", "family", "coordinator", "waiver_subcontractor", "natural_support", "outpatient_clinic", "provider", "agency", "peer_support"},
		Sections: []string{"formal_supports", "informal_supports", "youth_perspective", "family_perspective", "prior_planning",
			"generic_services", "specialized_services"},
		Domains:   []program.Domain{{Code: "school", Relevant: true, Strengths: true, Needs: true}, {Code: "housing"}},
		Crisis:    &program.Crisis{ID: "crisis-1", Immediate: true, Ongoing: true},
		DecidedBy: "family", Services: []program.Service{{ID: "s-1", Agency: "agency-2", Responsible: "m-1"}},
		NextReview: today + 30, Systems: []program.System{{Code: "child_welfare", Documents: true}},
	}
}

// wholePacket keeps every packet rule, each window and the age to the day.
func wholePacket() program.Packet {
	submitted := today
	p := program.Packet{ID: "packet-1", Birth: submitted.AddMonths(-(17*12 + 6)) + 1, Submitted: submitted}
	for _, code := range []string{"dmhdd-230", "dmhdd-231", "dmhdd-403c", "birth-certificate", "social-security-card", "social-developmental-history", "enrollment-proof", "dmhdd-232"} {
		p.Documents = append(p.Documents, program.Paper{Code: code})
	}
	p.Documents = append(p.Documents,
		program.Paper{Code: "less-restrictive-treatment", Dated: submitted.AddMonths(-12)},
		program.Paper{Code: "psychological-evaluation", Dated: submitted.AddMonths(-18), Contents: []string{"intellectual_functioning", "personality_functioning"}},
		program.Paper{Code: "psychiatric-evaluation", Dated: submitted - 90,
			Contents: []string{"mental_status_examination", "principal_diagnosis", "other_diagnoses", "medications", "treatment_summary", "recommendations"}})
	for _, code := range []string{"severe_mental_illness", "adequate_trial_of_treatment", "residential_services_required"} {
		p.Criteria = append(p.Criteria, program.Answer{Criterion: code, Met: true, By: "clinician"})
	}
	for _, code := range []string{"guardian_resides_in_state", "not_in_state_guardianship_or_custody", "enrolled_in_approved_school"} {
		p.Criteria = append(p.Criteria, program.Answer{Criterion: code, Met: true, By: "parent"})
	}
	return p
}

// whole keeps every rule: each coordinator at the limit of the program.
func whole(children int) *program.Facts {
	return &program.Facts{
		Coordinators: []program.Coordinator{{ID: "c-1", Children: children}},
		Supervisors:  []program.Supervisor{{ID: "s-1", Coordinators: 5}},
		Plans:        []program.Plan{wholePlan()}, Packets: []program.Packet{wholePacket()},
	}
}

// limits are the most children of a coordinator, by pack.
var limits = map[string]int{"ny-hcbs-waiver": 6, "individual-service-coordination": 30, "wraparound": 15, "il-part-125": 500, "il-icg": 500}

// breaks is how to break one rule and no other of its pack.
type breaks map[string]func(f *program.Facts)

func plan(change func(p *program.Plan)) func(*program.Facts) {
	return func(f *program.Facts) { change(&f.Plans[0]) }
}

func packet(change func(p *program.Packet)) func(*program.Facts) {
	return func(f *program.Facts) { change(&f.Packets[0]) }
}

func noRole(role string) func(*program.Facts) {
	return plan(func(p *program.Plan) {
		p.Roles = slices.DeleteFunc(p.Roles, func(r string) bool { return r == role })
	})
}

func noSection(section string) func(*program.Facts) {
	return plan(func(p *program.Plan) {
		p.Sections = slices.DeleteFunc(p.Sections, func(s string) bool { return s == section })
	})
}

func noPaper(code string) func(*program.Facts) {
	return packet(func(p *program.Packet) {
		p.Documents = slices.DeleteFunc(p.Documents, func(d program.Paper) bool { return d.Code == code })
	})
}

func paper(code string, change func(*program.Paper)) func(*program.Facts) {
	return packet(func(p *program.Packet) {
		change(&p.Documents[slices.IndexFunc(p.Documents, func(d program.Paper) bool { return d.Code == code })])
	})
}

func unmet(code string) func(*program.Facts) {
	return packet(func(p *program.Packet) {
		p.Criteria = slices.DeleteFunc(p.Criteria, func(a program.Answer) bool { return a.Criterion == code })
	})
}

func caseload(children int, circumstances ...string) func(*program.Facts) {
	return func(f *program.Facts) {
		f.Coordinators[0].Children, f.Coordinators[0].Circumstances = children, circumstances
	}
}

var broken = map[string]breaks{
	"ny-hcbs-waiver": {
		"coordinator-ratio":      caseload(7),
		"supervisor-ratio":       func(f *program.Facts) { f.Supervisors[0].Coordinators = 6 },
		"coordinator-throughout": plan(func(p *program.Plan) { p.Coordinator = "" }),
		"team":                   noRole("natural_support"),
	},
	"individual-service-coordination": {
		"caseload":                     caseload(31),
		"caseload-intensive":           caseload(16, "crisis"),
		"caseload-danger":              caseload(101), // breaks the good practice of 25-30 as well
		"independence":                 plan(func(p *program.Plan) { p.CoordinatorAgency = "agency-2" }),
		"final-decision":               plan(func(p *program.Plan) { p.DecidedBy = "" }),
		"formal-and-informal-supports": noSection("informal_supports"),
	},
	"wraparound": {
		"caseload":            caseload(16), // and so the one by full time
		"caseload-full-time":  func(f *program.Facts) { f.Coordinators[0] = program.Coordinator{ID: "c-1", Children: 8, FullTime: 50} },
		"team":                noRole("peer_support"),
		"strengths-and-needs": plan(func(p *program.Plan) { p.Domains[0].Needs = false }),
		"documents-gathered":  plan(func(p *program.Plan) { p.Systems[0].Documents = false }),
		"perspectives":        noSection("youth_perspective"),
		"crisis-plan":         plan(func(p *program.Plan) { p.Crisis = nil }),
		"prior-planning":      noSection("prior_planning"),
		"review":              plan(func(p *program.Plan) { p.NextReview = today - 1 }),
		"responsible-member":  plan(func(p *program.Plan) { p.Services[0].Responsible = "" }),
	},
	"il-part-125": {}, // typical activities are permitted: leaving one out breaks nothing
	"il-icg": {
		"document-checklist":                  noPaper("dmhdd-230"),
		"document-application-form":           noPaper("dmhdd-231"),
		"document-financial-questionnaire":    noPaper("dmhdd-403c"),
		"document-birth-certificate":          noPaper("birth-certificate"),
		"document-social-security-card":       noPaper("social-security-card"),
		"document-court-order":                packet(func(p *program.Packet) { p.Circumstances = []string{"non_parental_guardianship"} }),
		"document-psychiatric-evaluation":     paper("psychiatric-evaluation", func(p *program.Paper) { p.Dated-- }),
		"document-less-restrictive-treatment": paper("less-restrictive-treatment", func(p *program.Paper) { p.Dated-- }),
		"document-psychological-evaluation":   paper("psychological-evaluation", func(p *program.Paper) { p.Contents = p.Contents[:1] }),
		"document-history":                    noPaper("social-developmental-history"),
		"document-enrollment-proof":           noPaper("enrollment-proof"),
		"document-guardian-request":           noPaper("dmhdd-232"),
		"age-at-submission":                   packet(func(p *program.Packet) { p.Birth-- }),
		"residence":                           unmet("guardian_resides_in_state"),
		"not-in-state-custody":                unmet("not_in_state_guardianship_or_custody"),
		"school-enrollment":                   unmet("enrolled_in_approved_school"),
		"severe-mental-illness":               packet(func(p *program.Packet) { p.Criteria[0].By = "parent" }),
		"adequate-trial":                      packet(func(p *program.Packet) { p.Criteria[1].Met = false }),
		"residential-required":                unmet("residential_services_required"),
	},
}

// also are rules that fall together with another of their pack.
var also = map[string][]string{
	"individual-service-coordination/caseload-danger": {"caseload", "caseload-danger"},
	"wraparound/caseload":                             {"caseload", "caseload-full-time"},
}

// TestEveryRule keeps all rules, then breaks each judged rule alone; every
// judged rule of every pack has its case.
func TestEveryRule(t *testing.T) {
	for _, id := range Programs() {
		p := pack(t, id)
		if kept := program.Evaluate(p, whole(limits[id]), today); len(kept) > 0 {
			t.Errorf("%s: all is kept, got %v", id, kept)
		}
		for i := range p.Rules {
			r := &p.Rules[i]
			change := broken[id][r.ID]
			if r.Checked() != (change != nil) {
				t.Errorf("%s/%s: judged %t, has a case %t", id, r.ID, r.Checked(), change != nil)
			}
			if change != nil {
				breakRule(t, p, r, change)
			}
		}
	}
}

func breakRule(t *testing.T, p *program.Pack, r *program.Rule, change func(*program.Facts)) {
	t.Helper()
	facts := whole(limits[p.ID])
	change(facts)
	want, together := also[p.ID+"/"+r.ID]
	if !together {
		want = []string{r.ID}
	}
	found := program.Evaluate(p, facts, today)
	if diff := cmp.Diff(want, ids(found)); diff != "" {
		t.Errorf("%s/%s (-want +got):\n%s", p.ID, r.ID, diff)
	}
	for _, f := range found {
		if f.Violation != (f.Force == program.Required) || f.Subject == "" || f.Reason == "" || !strings.HasPrefix(f.Source, p.Source.Title) {
			t.Errorf("%s/%s: finding %+v", p.ID, r.ID, f)
		}
	}
}

// TestDocuments asks for eleven documents always and for the court order when
// custody or guardianship applies.
func TestDocuments(t *testing.T) {
	p := pack(t, "il-icg")
	facts := &program.Facts{Packets: []program.Packet{{ID: "k", Submitted: today}, {ID: "l", Submitted: today, Circumstances: []string{"custody_order"}}}}
	missing := map[string]int{}
	for _, f := range program.Evaluate(p, facts, today) {
		if p.Rule(f.Rule).Kind == program.KindDocument {
			missing[f.Subject]++
		}
	}
	if diff := cmp.Diff(map[string]int{"k": 11, "l": 12}, missing); diff != "" {
		t.Error(diff)
	}
}

// TestFamilyCoordinator has no caseload and no independence rule where the
// pack says so.
func TestFamilyCoordinator(t *testing.T) {
	facts := whole(0)
	facts.Coordinators = []program.Coordinator{{ID: "parent-1", Children: 200, Family: true}}
	facts.Plans[0].CoordinatorFamily, facts.Plans[0].CoordinatorAgency = true, "agency-2"
	if got := ids(program.Evaluate(pack(t, "individual-service-coordination"), facts, today)); len(got) > 0 {
		t.Errorf("got %v", got)
	}
	if got := ids(program.Evaluate(pack(t, "ny-hcbs-waiver"), facts, today)); !slices.Equal(got, []string{"coordinator-ratio"}) {
		t.Errorf("another pack does not exempt families: got %v", got)
	}
}
