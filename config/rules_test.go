package config

import (
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/throughline/throughline/program"
)

var today = program.Date(2026, time.November, 22)

// ruleCase is one rule with facts that keep it and facts that break it.
type ruleCase struct {
	Rule    string
	Section string // of the source, as the pack cites it
	Keeps   program.Facts
	Breaks  program.Facts
	Finds   []string // "record/item: reason"

	LeavesOut program.Facts // of a permission: what is not there, and breaks nothing
}

// ruleFacts is what testdata/rules/ID.yaml holds of one pack.
type ruleFacts struct {
	Sections []section
	Whole    program.Facts // keeps every rule
	Cases    []ruleCase
}

func ruleCases(t *testing.T, id string) []ruleCase {
	t.Helper()
	return ruleFile(t, id).Cases
}

func ruleFile(t *testing.T, id string) ruleFacts {
	t.Helper()
	name := "testdata/rules/" + id + ".yaml"
	body, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	var file ruleFacts
	b := &binder{file: name}
	if root := b.parse(body); root != nil {
		b.bind(root, reflectOf(&file), "")
	}
	if len(b.problems) > 0 {
		t.Fatal(b.problems.Error())
	}
	return file
}

// alone is the pack with one rule, and with those that exempt from it.
func alone(p *program.Pack, rule string) *program.Pack {
	one := *p
	one.Rules = slices.DeleteFunc(slices.Clone(p.Rules), func(r program.Rule) bool { return r.ID != rule && r.Kind != program.KindFamilyCoordinator })
	return &one
}

func said(findings []program.Finding) []string {
	var out []string
	for _, f := range findings {
		subject := f.Subject
		if f.Item != "" {
			subject += "/" + f.Item
		}
		out = append(out, subject+": "+f.Reason)
	}
	return out
}

// TestEveryRule holds each pair of every pack against its rule; a rule that is
// set and can be broken must have its pair. TestEveryRuleIsKeptAndBroken has the
// rest.
func TestEveryRule(t *testing.T) {
	for _, id := range Programs() {
		p := pack(t, id)
		cases := ruleCases(t, id)
		for i := range p.Rules {
			r := &p.Rules[i]
			n := slices.IndexFunc(cases, func(c ruleCase) bool { return c.Rule == r.ID })
			if paired := n >= 0 && len(cases[n].Finds) > 0; r.Checked() != paired {
				t.Errorf("%s/%s: judged %t, has a pair %t", id, r.ID, r.Checked(), paired)
			}
		}
		for _, c := range cases {
			if len(c.Finds) == 0 { // left out, see leftOut
				continue
			}
			t.Run(id+"/"+c.Rule, func(t *testing.T) { rulePair(t, p, c) })
		}
	}
}

func rulePair(t *testing.T, p *program.Pack, c ruleCase) {
	t.Helper()
	r := p.Rule(c.Rule)
	if r == nil || r.Source.Section != c.Section {
		t.Fatalf("the pack has no such rule in section %q", c.Section)
	}
	one := alone(p, c.Rule)
	if kept := program.Evaluate(one, &c.Keeps, today); len(kept) > 0 {
		t.Errorf("kept, and yet: %q", said(kept))
	}
	found := program.Evaluate(one, &c.Breaks, today)
	if diff := cmp.Diff(c.Finds, said(found)); diff != "" {
		t.Errorf("broken (-want +got):\n%s", diff)
	}
	for _, f := range found {
		if f.Violation != (r.Force == program.Required) || f.Force != r.Force || f.Source != p.Source.Title+", "+c.Section || f.Says != r.Source.Says {
			t.Errorf("finding %+v", f)
		}
	}
}

// TestOrderOfFacts shuffles the facts of all pairs together: the findings stay
// the same, and no two have the same key.
func TestOrderOfFacts(t *testing.T) {
	for _, id := range Programs() {
		p := pack(t, id)
		var all program.Facts
		for _, c := range ruleCases(t, id) {
			all = joined(all, c.Rule, c.Breaks)
		}
		want := program.Evaluate(p, &all, today)
		keys := map[string]bool{}
		for _, f := range want {
			key := f.Rule + "|" + f.Subject + "|" + f.Item
			if keys[key] {
				t.Errorf("%s: two findings %s", id, key)
			}
			keys[key] = true
		}
		if t.Failed() {
			return
		}
		rapid.Check(t, func(t *rapid.T) {
			f := all
			f.Coordinators = shuffled(t, f.Coordinators)
			f.Staff, f.Plans, f.Packets = shuffled(t, f.Staff), shuffled(t, f.Plans), shuffled(t, f.Packets)
			f.Meetings, f.Contacts, f.Referrals = shuffled(t, f.Meetings), shuffled(t, f.Contacts), shuffled(t, f.Referrals)
			f.Waits, f.Stays, f.Budgets = shuffled(t, f.Waits), shuffled(t, f.Stays), shuffled(t, f.Budgets)
			f.Measures, f.Watches = shuffled(t, f.Measures), shuffled(t, f.Watches)
			if diff := cmp.Diff(want, program.Evaluate(p, &f, today)); diff != "" {
				t.Fatal(diff)
			}
		})
	}
}

func shuffled[T any](t *rapid.T, s []T) []T {
	if len(s) < 2 {
		return s
	}
	return rapid.Permutation(s).Draw(t, "order")
}

// joined adds facts under ids of their own.
func joined(all program.Facts, prefix string, f program.Facts) program.Facts {
	for _, c := range f.Coordinators {
		c.ID = prefix + c.ID
		all.Coordinators = append(all.Coordinators, c)
	}
	for _, s := range f.Staff {
		s.ID = prefix + s.ID
		all.Staff = append(all.Staff, s)
	}
	for _, p := range f.Plans {
		p.ID, p.Person = prefix+p.ID, prefix+p.Person
		all.Plans = append(all.Plans, p)
	}
	for _, e := range f.Enrollments {
		e.ID, e.Person = prefix+e.ID, prefix+e.Person
		all.Enrollments = append(all.Enrollments, e)
	}
	for _, k := range f.Packets {
		k.ID = prefix + k.ID
		all.Packets = append(all.Packets, k)
	}
	for _, m := range f.Meetings {
		m.ID, m.Person = prefix+m.ID, prefix+m.Person
		all.Meetings = append(all.Meetings, m)
	}
	for _, s := range f.Stays {
		s.ID = prefix + s.ID
		all.Stays = append(all.Stays, s)
	}
	for _, r := range f.Referrals {
		r.ID = prefix + r.ID
		all.Referrals = append(all.Referrals, r)
	}
	all.Waits, all.Budgets = append(all.Waits, f.Waits...), append(all.Budgets, f.Budgets...)
	all.Contacts, all.Measures, all.Watches = append(all.Contacts, f.Contacts...), append(all.Measures, f.Measures...), append(all.Watches, f.Watches...)
	return all
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

// TestFamilyCoordinator has no caseload rule only where the pack says so.
func TestFamilyCoordinator(t *testing.T) {
	facts := &program.Facts{Coordinators: []program.Coordinator{{ID: "parent-1", Children: 200, Family: true}}}
	for id, want := range map[string][]string{"individual-service-coordination": {"quality"}, "ny-hcbs-waiver": {"coordinator-ratio"}} {
		var got []string
		for _, f := range program.Evaluate(pack(t, id), facts, today) {
			if !slices.Contains(got, f.Rule) {
				got = append(got, f.Rule)
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", id, diff)
		}
	}
}

// TestSiteSetsWhatTheSourceLeavesOpen judges by weights and a meeting frequency
// that a site puts into its own pack.
func TestSiteSetsWhatTheSourceLeavesOpen(t *testing.T) {
	text := `id: own
title: Our own
subject: child
source: {document: ours, title: Ours}
rules:
  - id: weights
    title: Weights
    source: {section: 1, says: Words.}
    force: required
    kind: weights
    params: {limit: 15, weights: [{when: crisis, percent: 250}, {when: age, percent: 150}]}
  - id: meetings
    title: Meetings
    source: {section: 1, says: Words.}
    force: required
    kind: meeting_frequency
    params: {every_days: 30}
`
	p, problems := LoadPack("own.yaml", []byte(text))
	if problems.Err() != nil {
		t.Fatal(problems)
	}
	facts := &program.Facts{
		Coordinators: []program.Coordinator{{ID: "c", Children: 13, Heavy: []program.Heavy{{Circumstances: []string{"age", "crisis"}}, {Circumstances: []string{"other"}}}}, // 14.5
			{ID: "d", Children: 13, Heavy: []program.Heavy{{Circumstances: []string{"crisis"}}, {Circumstances: []string{"crisis"}}}}}, // 16
		Plans:    []program.Plan{{ID: "p", Person: "x", Final: true}, {ID: "q", Person: "y", Final: true}, {ID: "r", Person: "z", Final: true}},
		Meetings: []program.Meeting{{Person: "x", On: today - 30, Held: true}, {Person: "y", On: today - 31, Held: true}, {Person: "y", On: today + 1, Held: true}},
	}
	want := []string{"d: serves 13 children who weigh as much as 16.00; the most is 15",
		"q: the team met last on 2026-10-22; it meets at least every 30 days", "r: no meeting of the team is on record"}
	if diff := cmp.Diff(want, said(program.Evaluate(p, facts, today))); diff != "" {
		t.Error(diff)
	}
	bad := strings.Replace(text, "every_days: 30", "every_days: 0", 1)
	if _, problems := LoadPack("own.yaml", []byte(bad)); !strings.Contains(problems.Error(), "own.yaml:17") {
		t.Errorf("no line of the wrong rule: %v", problems)
	}
}
