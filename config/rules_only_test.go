package config

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/throughline/throughline/program"
)

// slips are single changes to facts that keep every rule of a pack, by pack and
// rule: each breaks this rule and no other.
var slips = map[string]func(f *program.Facts){
	"ny-hcbs-waiver/coordinator-ratio":              func(f *program.Facts) { f.Coordinators[0].Children++ },
	"ny-hcbs-waiver/supervisor-ratio":               func(f *program.Facts) { f.Supervisors[0].Coordinators++ },
	"ny-hcbs-waiver/fingerprint-clearance":          func(f *program.Facts) { f.Staff[0].Clearances[0].Expires = today - 1 },
	"ny-hcbs-waiver/child-abuse-register-clearance": func(f *program.Facts) { f.Staff[0].Clearances[1].Refused = true },
	"ny-hcbs-waiver/mandated-reporter-training":     func(f *program.Facts) { f.Staff[0].Trainings[0].Dated = today + 1 },
	"ny-hcbs-waiver/first-aid-cpr-training":         func(f *program.Facts) { f.Staff[0].Trainings = f.Staff[0].Trainings[:2] },
	"ny-hcbs-waiver/credential-review":              func(f *program.Facts) { f.Reviews[0].Consulted = nil },
	"ny-hcbs-waiver/coordinator-throughout":         func(f *program.Facts) { f.Enrollments[1].Coordinator = "" },
	"ny-hcbs-waiver/team":                           func(f *program.Facts) { drop(&f.Plans[0].Roles, "natural_support") },
	"ny-hcbs-waiver/services-augment-treatment":     func(f *program.Facts) { f.Contacts[0].Reached = false },

	"individual-service-coordination/caseload":                     func(f *program.Facts) { f.Coordinators[0].Children++ },
	"individual-service-coordination/caseload-intensive":           func(f *program.Facts) { f.Coordinators[1].Children++ },
	"individual-service-coordination/independence":                 func(f *program.Facts) { f.Plans[0].Services[0].Agency = "a" },
	"individual-service-coordination/final-decision":               func(f *program.Facts) { f.Plans[0].DecidedBy = "" },
	"individual-service-coordination/formal-and-informal-supports": func(f *program.Facts) { drop(&f.Plans[0].Sections, "informal_supports") },
	"individual-service-coordination/single-point-of-entry":        func(f *program.Facts) { f.Plans[1].Coordinator = "d" },
	"individual-service-coordination/waiting-lists":                func(f *program.Facts) { f.Plans[0].Needs[1].Waiting = false },
	"individual-service-coordination/coordinator-training":         func(f *program.Facts) { f.Staff[0].Trainings = f.Staff[0].Trainings[1:] },
	"individual-service-coordination/quality":                      func(f *program.Facts) { f.Measures = f.Measures[1:] },

	"wraparound/caseload-full-time":          func(f *program.Facts) { f.Coordinators[1].Children++ },
	"wraparound/team":                        func(f *program.Facts) { drop(&f.Plans[0].Roles, "youth") },
	"wraparound/strengths-and-needs":         func(f *program.Facts) { f.Plans[0].Domains[0].Strengths = false },
	"wraparound/documents-gathered":          func(f *program.Facts) { f.Plans[0].Systems[0].Documents = false },
	"wraparound/perspectives":                func(f *program.Facts) { drop(&f.Plans[0].Sections, "youth_perspective") },
	"wraparound/crisis-plan":                 func(f *program.Facts) { f.Plans[0].Crisis.Ongoing = false },
	"wraparound/minutes":                     func(f *program.Facts) { f.Meetings[0].Recipients[1].Withheld = "" },
	"wraparound/prior-planning":              func(f *program.Facts) { drop(&f.Plans[0].Sections, "prior_planning") },
	"wraparound/review":                      func(f *program.Facts) { f.Plans[0].NextReview = today - 1 },
	"wraparound/responsible-member":          func(f *program.Facts) { f.Plans[0].Services[0].Responsible = "" },
	"wraparound/monitor-authorization":       func(f *program.Facts) { f.Watches = f.Watches[1:] },
	"wraparound/monitor-utilization":         func(f *program.Facts) { f.Watches = f.Watches[:1] },
	"wraparound/monitor-flexible-funds":      func(f *program.Facts) { f.Budgets[0].Spends[0].Cents = 10001 },
	"wraparound/monitor-access-and-referral": func(f *program.Facts) { f.Referrals[0].Due = today - 1 },
	"wraparound/outcome-measures":            func(f *program.Facts) { f.Plans[0].Measures = nil },
	"wraparound/joins-planning":              func(f *program.Facts) { f.Plans[0].Related[0].Joined = false },
	"wraparound/training":                    func(f *program.Facts) { f.Staff[0].Trainings = f.Staff[0].Trainings[:1] },

	"il-part-125/providers-keep-responsibility": func(f *program.Facts) { f.Plans[0].Services[0].Agency = "" },
	"il-part-125/setting":                       func(f *program.Facts) { f.Plans[0].Setting = "club" },

	"il-icg/document-checklist":                  without("dmhdd-230"),
	"il-icg/document-application-form":           without("dmhdd-231"),
	"il-icg/document-financial-questionnaire":    without("dmhdd-403c"),
	"il-icg/document-birth-certificate":          without("birth-certificate"),
	"il-icg/document-social-security-card":       without("social-security-card"),
	"il-icg/document-court-order":                without("court-order"),
	"il-icg/document-psychiatric-evaluation":     older("psychiatric-evaluation", 1),
	"il-icg/document-less-restrictive-treatment": older("less-restrictive-treatment", 366),
	"il-icg/document-psychological-evaluation":   older("psychological-evaluation", 1),
	"il-icg/document-history":                    without("social-developmental-history"),
	"il-icg/document-enrollment-proof":           without("enrollment-proof"),
	"il-icg/document-guardian-request":           without("dmhdd-232"),
	"il-icg/age-at-submission":                   func(f *program.Facts) { f.Packets[0].Birth = program.Date(2009, 5, 22) },
	"il-icg/residence":                           func(f *program.Facts) { f.Packets[0].Criteria[0].Met = false },
	"il-icg/not-in-state-custody":                func(f *program.Facts) { f.Packets[0].Criteria[1].Met = false },
	"il-icg/school-enrollment":                   func(f *program.Facts) { f.Packets[0].Criteria[2].Met = false },
	"il-icg/severe-mental-illness":               func(f *program.Facts) { f.Packets[0].Criteria[3].By = "parent" },
	"il-icg/adequate-trial":                      func(f *program.Facts) { f.Packets[0].Criteria[4].By = "parent" },
	"il-icg/residential-required":                func(f *program.Facts) { f.Packets[0].Criteria[5].By = "parent" },
	"il-icg/not-qualifying":                      func(f *program.Facts) { f.Packets[0].Reasons = nil },
	"il-icg/step-down":                           func(f *program.Facts) { f.Stays[0].EndAdvisedBy = "facility" },
	"il-icg/length-of-stay":                      func(f *program.Facts) { f.Stays[0].To = "" },
	"il-icg/approved-and-denied":                 func(f *program.Facts) { drop(&f.Packets[0].States, "strengths") },
	"il-icg/appeals":                             func(f *program.Facts) { f.Appeals[0].Decided = false },
	"il-icg/denial-gates-nothing":                func(f *program.Facts) { f.Referrals[0].Because = "icg_denied" },
}

// contained are rules that cannot be broken alone, with the one that is always
// broken beside them.
var contained = map[string]struct {
	with string
	slip func(f *program.Facts)
}{
	"individual-service-coordination/caseload-danger": {"caseload", func(f *program.Facts) { f.Coordinators[0].Children = 101 }},
	"wraparound/caseload":                             {"caseload-full-time", func(f *program.Facts) { f.Coordinators[0].Children++ }},
}

func drop(words *[]string, word string) {
	*words = slices.DeleteFunc(*words, func(w string) bool { return w == word })
}

func without(code string) func(*program.Facts) {
	return func(f *program.Facts) {
		k := &f.Packets[0]
		k.Documents = slices.DeleteFunc(k.Documents, func(p program.Paper) bool { return p.Code == code })
	}
}

func older(code string, days program.Day) func(*program.Facts) {
	return func(f *program.Facts) {
		for i := range f.Packets[0].Documents {
			if p := &f.Packets[0].Documents[i]; p.Code == code {
				p.Dated -= days
			}
		}
	}
}

// TestEveryRuleIsKeptAndBroken goes through every rule of every pack. One that is
// judged is kept by the whole facts of its pack and broken, alone, by one change
// to them, beside its pair in TestEveryRule. One that is permitted and that facts
// could answer is left out and breaks nothing, though it would if it were
// required. The rest says why nothing judges it. Each cites its document and a
// section of it.
func TestEveryRuleIsKeptAndBroken(t *testing.T) {
	left := len(slips) + len(contained)
	for _, id := range Programs() {
		p := pack(t, id)
		file := ruleFile(t, id)
		if kept := program.Evaluate(p, &file.Whole, today); len(kept) > 0 {
			t.Fatalf("%s: the whole facts break %q", id, said(kept))
		}
		for i := range p.Rules {
			r := &p.Rules[i]
			t.Run(id+"/"+r.ID, func(t *testing.T) {
				if !slices.ContainsFunc(file.Sections, func(s section) bool { return slices.Contains(sections(r), s.Name) }) || p.Source.Document == "" || r.Source.Says == "" {
					t.Errorf("cites %q, section %q: %q", p.Source.Document, r.Source.Section, r.Source.Says)
				}
				switch {
				case r.Checked():
					left--
					brokenAlone(t, p, r)
				case r.Unset != "":
					if r.Params != nil {
						t.Error("unset, and yet it has parameters")
					}
				default:
					leftOut(t, p, r, file.Cases)
				}
			})
		}
	}
	if left != 0 {
		t.Errorf("%d slips belong to no rule that is judged", left)
	}
}

func brokenAlone(t *testing.T, p *program.Pack, r *program.Rule) {
	t.Helper()
	name := p.ID + "/" + r.ID
	want := []string{r.ID}
	slip := slips[name]
	if two, ok := contained[name]; ok {
		slip = two.slip
		want = append(want, two.with)
	}
	if slip == nil {
		t.Fatal("nothing breaks this rule")
	}
	facts := ruleFile(t, p.ID).Whole // read anew: the slip changes them
	slip(&facts)
	var got []string
	for _, f := range program.Evaluate(p, &facts, today) {
		if !slices.Contains(got, f.Rule) {
			got = append(got, f.Rule)
		}
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("breaks %v, want %v", got, want)
	}
}

// leftOut wants a permission that facts could answer to be left out unnoticed.
func leftOut(t *testing.T, p *program.Pack, r *program.Rule, cases []ruleCase) {
	t.Helper()
	if r.Force != program.Permitted {
		t.Fatalf("%s, set, and nothing judges it", r.Force)
	}
	n := slices.IndexFunc(cases, func(c ruleCase) bool { return c.Rule == r.ID })
	if n < 0 {
		if r.Kind.Reads() != "" {
			t.Error("no facts leave this permission out")
		}
		return
	}
	one := alone(p, r.ID)
	if found := program.Evaluate(one, &cases[n].LeavesOut, today); len(found) > 0 {
		t.Errorf("permitted, and yet: %q", said(found))
	}
	required := *r
	required.Force = program.Required
	one.Rules = []program.Rule{required}
	if found := program.Evaluate(one, &cases[n].LeavesOut, today); len(found) == 0 {
		t.Error("the facts leave nothing out")
	}
	whole := ruleFile(t, p.ID).Whole
	if found := program.Evaluate(one, &whole, today); len(found) > 0 {
		t.Errorf("the whole facts leave out %q", said(found))
	}
}

// section is where a part of a source begins.
type section struct{ Name, Begins string }

// sections are those that a rule cites: "responsibilities 5, 11; introduction"
// are three.
func sections(r *program.Rule) (out []string) {
	for _, part := range strings.Split(r.Source.Section, "; ") {
		list, plural := strings.CutPrefix(part, "responsibilities ")
		if !plural {
			out = append(out, part)
			continue
		}
		for _, n := range strings.Split(list, ", ") {
			out = append(out, "responsibility "+n)
		}
	}
	return out
}

// TestPacksQuoteTheirSources finds the words of every citation in the document,
// inside the sections that it names. The documents are not part of the project:
// without them the test says so and is skipped.
func TestPacksQuoteTheirSources(t *testing.T) {
	for _, id := range Programs() {
		p := pack(t, id)
		body, err := os.ReadFile(filepath.Join("../../shared/seeds", p.Source.Document))
		if err != nil {
			t.Skipf("SKIPPED: the source documents are not here, so no quotation was looked up: %v", err)
		}
		parts := cut(t, plain(string(body)), ruleFile(t, id).Sections)
		for i := range p.Rules {
			r := &p.Rules[i]
			for _, quote := range strings.Split(r.Source.Says, " ... ") {
				if !slices.ContainsFunc(sections(r), func(s string) bool { return strings.Contains(parts[s], plain(quote)) }) {
					t.Errorf("%s/%s: %q does not stand in %v", id, r.ID, quote, sections(r))
				}
			}
		}
	}
}

// cut gives the text of each section: up to where the next one begins.
func cut(t *testing.T, text string, sections []section) map[string]string {
	t.Helper()
	parts := map[string]string{}
	for i, s := range sections {
		_, rest, ok := strings.Cut(text, plain(s.Begins))
		if !ok {
			t.Fatalf("no section begins with %q", s.Begins)
		}
		text = plain(s.Begins) + rest
		parts[s.Name] = text
		if i > 0 {
			before := sections[i-1].Name
			parts[before] = strings.TrimSuffix(parts[before], text)
		}
	}
	return parts
}

// plain is text with single blanks and straight quotes.
func plain(s string) string {
	return strings.Join(strings.Fields(strings.NewReplacer("’", "'", "“", `"`, "”", `"`).Replace(s)), " ")
}
