package program

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var day = Date(2026, time.March, 31)

// one is a pack of a single required rule.
func one(params Params) *Pack {
	return &Pack{ID: "p", Source: Source{Title: "Source"}, Rules: []Rule{{ID: "r", Force: Required, Params: params, Source: Citation{Section: "1", Says: "Words."}}}}
}

// reasons of all findings of one rule.
func reasons(p *Pack, f *Facts) []string {
	var out []string
	for _, finding := range Evaluate(p, f, day) {
		out = append(out, finding.Subject+": "+finding.Reason)
	}
	return out
}

func paper(code string, dated Day, contents ...string) Paper {
	return Paper{Code: code, Dated: dated, Contents: contents}
}

// TestReasons words each kind of breach, and keeps silent at the limit.
func TestReasons(t *testing.T) {
	document := &Document{Code: "d", Name: "evaluation", WithinDays: 90, Contents: []string{"side_one"}}
	cases := map[string]struct {
		params Params
		facts  Facts
		want   []string
	}{
		"ratio at the limit": {&Ratio{Per: "coordinator", Limit: 6}, Facts{Coordinators: []Coordinator{{ID: "c", Children: 6}}}, nil},
		"ratio over": {&Ratio{Per: "coordinator", Limit: 6}, Facts{Coordinators: []Coordinator{{ID: "z", Children: 8}, {ID: "c", Children: 7}}},
			[]string{"c: serves 7; the most is 6", "z: serves 8; the most is 6"}},
		"band":           {&Ratio{Per: "coordinator", Low: 25, Limit: 30}, Facts{Coordinators: []Coordinator{{ID: "a", Children: 31}, {ID: "b", Children: 3}}}, []string{"a: serves 31; the most is 25-30"}},
		"supervisor":     {&Ratio{Per: "supervisor", Limit: 5}, Facts{Supervisors: []Supervisor{{ID: "a", Coordinators: 5}, {ID: "b", Coordinators: 6}}}, []string{"b: supervises 6 coordinators; the most is 5"}},
		"full time kept": {&Ratio{Per: "coordinator", Limit: 15, PerFullTime: true}, Facts{Coordinators: []Coordinator{{ID: "a", Children: 7, FullTime: 50}, {ID: "b", Children: 15}}}, nil},
		"full time":      {&Ratio{Per: "coordinator", Limit: 15, PerFullTime: true}, Facts{Coordinators: []Coordinator{{ID: "a", Children: 8, FullTime: 50}}}, []string{"a: serves 8 at 50% of full time; the most for full time is 15"}},
		"roles":          {&TeamRole{Roles: []string{"youth", "natural_support"}, AnyOf: []string{"clinic", "day_treatment"}}, plans(Plan{Roles: []string{"youth"}}), []string{"p: nobody on the team is any of clinic, day treatment", "p: nobody on the team is natural support"}},
		"any of":         {&TeamRole{AnyOf: []string{"clinic", "day_treatment"}}, plans(Plan{Roles: []string{"clinic"}}), nil},
		"domains":        {&LifeDomains{Domains: []string{"school", "home"}}, plans(Plan{Domains: []Domain{{Code: "school", Relevant: true, Needs: true}}}), []string{"p: the team has not looked at the life domain home", "p: no strengths are stated for the life domain school"}},
		"no domain":      {&LifeDomains{}, plans(Plan{Domains: []Domain{{Code: "school"}}}), []string{"p: the plan names no relevant life domain"}},
		"crisis":         {&CrisisPlan{Immediate: true, Ongoing: true}, plans(Plan{Crisis: &Crisis{}}), []string{"p: the crisis and safety plan does not address immediate needs", "p: the crisis and safety plan does not address ongoing needs"}},
		"decided":        {&DecisionRecorded{By: []string{"family"}}, plans(Plan{DecidedBy: "agency"}), []string{"p: the plan was decided by agency; the decision belongs to family"}},
		"review":         {&Review{EveryDays: 90}, plans(Plan{LastReview: day, NextReview: day + 91}), []string{"p: 91 days between reviews; the most is 90"}},
		"review today":   {&Review{EveryDays: 90}, plans(Plan{NextReview: day}), nil},
		"overdue":        {&Review{}, plans(Plan{NextReview: day - 1}), []string{"p: the review of 2026-03-30 is overdue"}},
		"own agency":     {&Independence{}, plans(Plan{CoordinatorAgency: "a", Services: []Service{{ID: "s", Agency: "a"}, {ID: "t"}}}), []string{"p: service s is delivered by the coordinator's own agency"}},
		"agency unknown": {&Independence{}, plans(Plan{Services: []Service{{ID: "s"}}}), nil},
		"systems":        {&SystemDocuments{}, plans(Plan{Systems: []System{{Code: "child_welfare"}}}), []string{"p: documents are missing from child welfare"}},
		"window kept":    {document, packets(paper("d", day-90, "side_one")), nil},
		"too old":        {document, packets(paper("d", day-91, "side_one")), []string{"k: evaluation is dated 2025-12-30; the earliest for a submission on 2026-03-31 is 2025-12-31"}},
		"too new":        {document, packets(paper("d", day+1, "side_one")), []string{"k: evaluation is dated 2026-04-01, after the submission on 2026-03-31"}},
		"undated":        {document, packets(paper("d", 0)), []string{"k: evaluation has no date", "k: evaluation does not include side one"}},
		"best of two":    {document, packets(paper("d", 0), paper("d", day, "side_one")), nil},
		"no paper":       {document, packets(), []string{"k: evaluation is missing"}},
		"no birth date":  {&AgeLimit{Years: 17, Months: 6}, packets(), []string{"k: the date of birth is not stated"}},
		"not stated":     {&Criterion{Code: "lives_here"}, packets(), []string{"k: the packet does not state: lives here"}},
		"not attested":   {&Criterion{Code: "lives_here", AttestedBy: "clinician"}, packets(), []string{"k: no clinician has attested: lives here"}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, reasons(one(c.params), &c.facts)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func plans(p Plan) Facts {
	p.ID, p.Final = "p", true
	return Facts{Plans: []Plan{p}}
}

func packets(papers ...Paper) Facts {
	return Facts{Packets: []Packet{{ID: "k", Submitted: day, Documents: papers}}}
}

// TestAge gives no birth date away and counts to the day.
func TestAge(t *testing.T) {
	p := one(&AgeLimit{Years: 17, Months: 6})
	birth := Date(2008, time.October, 1) // attains 17 years 6 months on 2026-04-01
	facts := &Facts{Packets: []Packet{{ID: "k", Birth: birth, Submitted: day}}}
	if got := reasons(p, facts); len(got) > 0 {
		t.Errorf("the day before: %v", got)
	}
	facts.Packets[0].Birth--
	want := []string{"k: submitted on 2026-03-31, not before the age of 17 years 6 months"}
	if diff := cmp.Diff(want, reasons(p, facts)); diff != "" {
		t.Error(diff)
	}
}

// TestForce makes a violation only of a broken required rule, and none of a
// draft; a permission cannot be broken.
func TestForce(t *testing.T) {
	p := one(&ResponsibleMember{})
	facts := plans(Plan{Services: []Service{{ID: "s"}}})
	for _, c := range []struct {
		force     Force
		final     bool
		findings  int
		violation bool
	}{{Required, true, 1, true}, {Required, false, 1, false}, {Recommended, true, 1, false}, {Permitted, true, 0, false}} {
		p.Rules[0].Force, facts.Plans[0].Final = c.force, c.final
		got := Evaluate(p, &facts, day)
		if len(got) != c.findings || len(got) > 0 && got[0].Violation != c.violation {
			t.Errorf("%s, final %t: %+v", c.force, c.final, got)
		}
	}
}

// TestInForce judges by nothing that is unset, not yet or no longer in force,
// or of other circumstances.
func TestInForce(t *testing.T) {
	facts := plans(Plan{Circumstances: []string{"crisis"}})
	for name, change := range map[string]func(p *Pack){
		"unset":              func(p *Pack) { p.Rules[0].Unset, p.Rules[0].Params = "list missing in source", nil },
		"rule not yet":       func(p *Pack) { p.Rules[0].EffectiveFrom = day + 1 },
		"rule no longer":     func(p *Pack) { p.Rules[0].EffectiveTo = day - 1 },
		"pack not yet":       func(p *Pack) { p.EffectiveFrom = day + 1 },
		"pack no longer":     func(p *Pack) { p.EffectiveTo = day - 1 },
		"other circumstance": func(p *Pack) { p.Rules[0].Applies.When = []string{"location"} },
	} {
		p := one(&CoordinatorNamed{})
		p.EffectiveTo, p.Rules[0].EffectiveFrom, p.Rules[0].Applies.When = day, day, []string{"crisis", "age"}
		if len(Evaluate(p, &facts, day)) != 1 {
			t.Fatal("the rule should be broken")
		}
		if change(p); len(Evaluate(p, &facts, day)) != 0 {
			t.Errorf("%s: still judged", name)
		}
	}
}

// TestDraftPacket is judged as if submitted today, and violates nothing.
func TestDraftPacket(t *testing.T) {
	got := Evaluate(one(&Document{Code: "d", Name: "evaluation", WithinDays: 1}), &Facts{Packets: []Packet{{ID: "k", Documents: []Paper{{Code: "d", Dated: day - 2}}}}}, day)
	if len(got) != 1 || got[0].Violation {
		t.Errorf("got %+v", got)
	}
}

// TestAddMonths stays in the month it goes to.
func TestAddMonths(t *testing.T) {
	for _, c := range []struct {
		from   string
		months int
		want   string
	}{{"2025-08-31", 6, "2026-02-28"}, {"2024-02-29", 12, "2025-02-28"}, {"2026-01-31", -2, "2025-11-30"}, {"2026-01-15", 1, "2026-02-15"}, {"2026-12-31", 1, "2027-01-31"}} {
		d, err := ParseDay(c.from)
		if err != nil {
			t.Fatal(err)
		}
		if got := d.AddMonths(c.months).String(); got != c.want {
			t.Errorf("%s %+d months is %s, want %s", c.from, c.months, got, c.want)
		}
	}
}

// TestKinds makes parameters for every kind and for no other.
func TestKinds(t *testing.T) {
	for _, k := range Kinds() {
		if NewParams(k) == nil {
			t.Errorf("%s has no parameters", k)
		}
	}
	if NewParams("caseloads") != nil || !slices.IsSorted(Kinds()) {
		t.Error("an unknown kind has parameters, or kinds are not sorted")
	}
}

// TestChecks refuses parameters that could not be judged.
func TestChecks(t *testing.T) {
	for _, p := range []interface{ Check() error }{
		&Ratio{Per: "child", Limit: 1}, &Ratio{Per: "coordinator"}, &Ratio{Per: "coordinator", Low: 2, Limit: 1}, &TeamRole{}, &PlanSection{}, &CrisisPlan{},
		&DecisionRecorded{}, &Review{EveryDays: -1}, &Document{Code: "d"}, &Document{Code: "d", Name: "n", WithinDays: 1, WithinMonths: 1}, &AgeLimit{},
		&AgeLimit{Years: 1, Months: 12}, &Criterion{}, &FamilyCoordinator{}, &FamilyCoordinator{Exempt: []Kind{"x"}}, &List{},
		&Clearance{}, &Training{Items: []string{"a"}, ValidMonths: -1}, &Qualification{}, &CredentialReview{AskedBy: "a", Consults: "b"}, &Weights{Limit: 1},
		&Weights{Limit: 1, Weights: []Weight{{"crisis", 99}}}, &Minutes{To: []string{"everybody"}}, &Minutes{To: []string{"team_members"}, WithinDays: -1}, &MeetingFrequency{},
		&WorksWith{}, &Setting{}, &Join{}, &Report{Items: []string{"x"}}, &Measure{Items: []string{"a"}}, &Measure{Per: "person"}, &Monitor{}, &StayMeasured{Items: []string{"a"}},
		&StepDown{}, &CodedReason{}, &DecisionCompared{}, &GatesNothing{},
	} {
		if p.Check() == nil {
			t.Errorf("%#v passes", p)
		}
	}
}
