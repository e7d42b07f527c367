package ledger_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/throughline/throughline/ledger"
)

func plan(id string, items ...ledger.PlanItem) ledger.Plan {
	return ledger.Plan{Partner: "p", ID: id, Kind: ledger.CarePlan, Status: "active", Program: "w", Start: on("2026-01-01"), End: ledger.Forever, Items: items}
}

func team(id string, seats ...ledger.PlanItem) ledger.Plan {
	p := plan(id, seats...)
	p.Kind = ledger.CareTeam
	return p
}

func promise(id, code string) ledger.PlanItem {
	return ledger.PlanItem{ID: id, Code: code, Start: ledger.NoDay, End: ledger.Forever}
}

func seat(id, role, provider, agency string) ledger.PlanItem {
	return ledger.PlanItem{ID: id, Role: role, Provider: provider, Organization: agency, Start: ledger.NoDay, End: ledger.Forever}
}

// threeway is a case with the flags of its lines and its findings, as words.
type threeway struct {
	lines []ledger.Line
	auths []ledger.Auth
	plans []ledger.Plan
	rules func(*ledger.Rules)
	asOf  string
	want  []string
}

func (c threeway) words(shuffle *rand.Rand) []string {
	asOf, rules := on("2026-02-01"), ledger.DefaultRules()
	if c.asOf != "" {
		asOf = on(c.asOf)
	}
	if c.rules != nil {
		c.rules(rules)
	}
	in := ledger.Case{Member: "m", Lines: slices.Clone(c.lines), Auths: slices.Clone(c.auths), Plans: slices.Clone(c.plans), Spans: []ledger.Span{span("M1", "2025-01-01", "")}}
	for i := range in.Plans {
		in.Plans[i].Seq = int64(i) + 1 // in the order in which they are written here
	}
	if shuffle != nil {
		shuffle.Shuffle(len(in.Plans), func(i, j int) { in.Plans[i], in.Plans[j] = in.Plans[j], in.Plans[i] })
		shuffle.Shuffle(len(in.Lines), func(i, j int) { in.Lines[i], in.Lines[j] = in.Lines[j], in.Lines[i] })
	}
	r := ledger.Settle(&in, asOf, rules)
	out := []string{}
	for _, v := range r.Lines {
		if len(v.Flags) > 0 {
			out = append(out, v.Line.ID+" "+strings.Join(v.Flags, " "))
		}
	}
	for _, f := range r.Found {
		out = append(out, strings.TrimSpace(fmt.Sprintf("%s %s %s", f.Kind, f.Ref, f.Item)))
	}
	return out
}

func TestThreeSidesAreHeldAgainstEachOther(t *testing.T) {
	independent := func(r *ledger.Rules) {
		r.Independent, r.Coordination = []ledger.ProgramRule{{Program: "w"}}, []string{"T1016"}
	}
	received := func(p ledger.Plan, day string) ledger.Plan {
		p.Received = ledger.StampOf(on(day).Time())
		return p
	}
	whole := team("T", seat("1", "care-coordinator", "", "N9"), seat("2", "clinician", "N1", ""))
	cases := map[string]threeway{
		"all three agree":                 {lines: []ledger.Line{line("L1", "2026-01-05", "4")}, auths: []ledger.Auth{auth("A", 100)}, plans: []ledger.Plan{plan("P", promise("s", "H2021")), whole}},
		"no plan and no team say nothing": {lines: []ledger.Line{line("L1", "2026-01-05", "4")}, auths: []ledger.Auth{auth("A", 100)}},
		"delivered, not planned": {lines: []ledger.Line{line("L1", "2026-01-05", "4")}, auths: []ledger.Auth{auth("A", 100)}, plans: []ledger.Plan{plan("P", promise("s", "T1005")), whole},
			want: []string{"L1 not_in_plan", "authorized_not_planned A", "planned_not_authorized P s", "planned_not_delivered P s"}},
		"planned with other modifiers": {lines: []ledger.Line{line("L1", "2026-01-05", "4")}, auths: []ledger.Auth{auth("A", 100)},
			plans: []ledger.Plan{plan("P", ledger.PlanItem{ID: "s", Code: "H2021", Modifiers: "HN", Start: ledger.NoDay, End: ledger.Forever}), whole}, asOf: "2026-01-10",
			want: []string{"L1 not_in_plan", "authorized_not_planned A", "planned_not_authorized P s"}},
		"a provider that no seat names, though its agency does": {auths: []ledger.Auth{auth("A", 100, func(a *ledger.Auth) { a.Provider = "" })},
			lines: []ledger.Line{line("L1", "2026-01-05", "4", func(l *ledger.Line) { l.Provider = "N2" }), line("L2", "2026-01-06", "4", func(l *ledger.Line) { l.Provider = "N9" })},
			plans: []ledger.Plan{plan("P", promise("s", "H2021")), whole}, want: []string{"L1 provider_not_on_team"}},
		"a seat that has ended": {lines: []ledger.Line{line("L1", "2026-01-05", "4")}, auths: []ledger.Auth{auth("A", 100)},
			plans: []ledger.Plan{plan("P", promise("s", "H2021")), team("T", seat("1", "clinician", "N2", ""), ledger.PlanItem{ID: "2", Provider: "N1", Start: ledger.NoDay, End: on("2026-01-04")})},
			want:  []string{"L1 provider_not_on_team"}},
		"the coordinator's own agency delivers": {rules: independent, auths: []ledger.Auth{auth("A", 100, func(a *ledger.Auth) { a.Provider = "" })},
			lines: []ledger.Line{line("L1", "2026-01-05", "4", func(l *ledger.Line) { l.Provider = "N9" }), line("L2", "2026-01-06", "4"),
				line("L3", "2026-01-07", "4", func(l *ledger.Line) { l.Provider, l.Code = "N9", "T1016" })},
			plans: []ledger.Plan{plan("P", promise("s", "H2021"), promise("c", "T1016")), whole}, want: []string{"L1 not_independent", "planned_not_authorized P c"}},
		"the program's rule has ended": {rules: func(r *ledger.Rules) {
			independent(r)
			r.Independent[0].To = on("2025-12-31")
		}, lines: []ledger.Line{line("L1", "2026-01-05", "4", func(l *ledger.Line) { l.Provider = "N9" })},
			auths: []ledger.Auth{auth("A", 100, func(a *ledger.Auth) { a.Provider = "" })}, plans: []ledger.Plan{plan("P", promise("s", "H2021")), whole}},
		"a later version leaves a service out": {lines: []ledger.Line{line("L1", "2026-01-05", "4")}, auths: []ledger.Auth{auth("A", 100)},
			plans: []ledger.Plan{plan("P", promise("s", "H2021"), promise("t", "T1005")), plan("P", promise("t", "T1005")), whole}, asOf: "2026-01-20",
			want: []string{"L1 not_in_plan", "authorized_not_planned A", "planned_not_authorized P t"}},
		"but not before it was received": {lines: []ledger.Line{line("L1", "2026-01-05", "4")}, auths: []ledger.Auth{auth("A", 100)},
			plans: []ledger.Plan{received(plan("P", promise("s", "H2021")), "2026-01-01"), received(plan("P"), "2026-02-02"), whole}},
		"a draft promises nothing": {lines: []ledger.Line{line("L1", "2026-01-05", "4")}, auths: []ledger.Auth{auth("A", 100)},
			plans: []ledger.Plan{func() ledger.Plan { p := plan("P", promise("s", "T1005")); p.Status = "draft"; return p }()}},
		"a plan that belongs to another member hides older versions": {lines: []ledger.Line{line("L1", "2026-01-05", "4")}, auths: []ledger.Auth{auth("A", 100)},
			plans: []ledger.Plan{plan("P", promise("s", "T1005")), func() ledger.Plan { p := plan("P"); p.Foreign = true; return p }()}},
		"a plan without a team, a team without a plan": {auths: []ledger.Auth{auth("A", 100)}, lines: []ledger.Line{line("L1", "2026-01-05", "4")},
			plans: []ledger.Plan{plan("P", promise("s", "H2021"))}, want: []string{"no_team P"}},
		"a team without a plan": {plans: []ledger.Plan{whole}, want: []string{"no_plan T"}},
		"authorized and not delivered, at the threshold": {auths: []ledger.Auth{auth("A", 100), auth("B", 100, func(a *ledger.Auth) { a.Start = on("2026-01-04") }),
			auth("C", 100, func(a *ledger.Auth) { a.Status = ledger.Denied })}, want: []string{"authorized_not_delivered A"}},
		"a gap since the last service": {auths: []ledger.Auth{auth("A", 100), auth("B", 4, func(a *ledger.Auth) { a.Code = "T1005" })}, asOf: "2026-02-05",
			lines: []ledger.Line{line("L1", "2026-01-05", "4"), line("L2", "2026-01-05", "4", func(l *ledger.Line) { l.Code = "T1005" })}, want: []string{"service_gap A"}},
		"the payer counts otherwise": {lines: []ledger.Line{line("L1", "2026-01-05", "4"), line("L2", "2026-01-20", "4")},
			auths: []ledger.Auth{auth("A", 100, func(a *ledger.Auth) { a.Counted, a.CountedTo = 8, on("2026-01-10") }),
				auth("B", 100, func(a *ledger.Auth) {
					a.Provider, a.Counted, a.CountedTo, a.Start = "N5", 0, on("2026-01-10"), on("2026-01-20")
				})}, want: []string{"count_differs A"}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			want := append([]string{}, c.want...)
			if diff := cmp.Diff(want, c.words(nil)); diff != "" {
				t.Error(diff)
			}
			for seed := range uint64(20) {
				if diff := cmp.Diff(want, c.words(rand.New(rand.NewPCG(seed, 1)))); diff != "" {
					t.Fatalf("another order: %s", diff)
				}
			}
		})
	}
}
