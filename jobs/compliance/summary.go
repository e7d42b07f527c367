package compliance

import (
	"cmp"
	"slices"
	"strings"

	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/program"
)

// Summary is what a run has judged and found.
type Summary struct {
	Run        string                  `json:"run_id"`
	AsOf       string                  `json:"as_of"`
	Known      int64                   `json:"known"`
	Children   int64                   `json:"children"`
	Workers    int64                   `json:"workers"`
	Unassigned []string                `json:"unassigned,omitempty"` // workers who name no program and coordinate nobody, "partner/id"; not told when one program only is judged
	Records    int64                   `json:"records"`
	Found      int64                   `json:"found"`
	Violations int64                   `json:"violations"`
	Rules      []RuleCount             `json:"rules"`
	Decisions  []gateway.DecisionCount `json:"decisions"`         // by program
	Changed    *gateway.FindingTally   `json:"changed,omitempty"` // nil on a dry run
	Night      *gateway.FindingTally   `json:"night,omitempty"`   // nil when no night has run
}

// RuleCount is one rule of a pack in force.
type RuleCount struct {
	Program string `json:"program"`
	Rule    string `json:"rule"`
	Force   string `json:"force"`
	State   string `json:"state"` // judged; unset or permitted: not judged
	Found   int64  `json:"found"`
	Source  string `json:"source"`
}

func (j *judge) count(f *gateway.Found) error {
	j.sum.Found++
	if f.Violation {
		j.sum.Violations++
	}
	j.rules[ruleKey{f.Program, f.Rule}].Found++
	if j.o.Each == nil {
		return nil
	}
	return j.o.Each(f)
}

func (j *judge) finish() *Summary {
	for _, p := range j.packs {
		j.sum.Decisions = append(j.sum.Decisions, j.decided[p.ID].DecisionCount)
	}
	for _, r := range j.rules {
		j.sum.Rules = append(j.sum.Rules, *r)
	}
	slices.SortFunc(j.sum.Rules, func(a, b RuleCount) int {
		return cmp.Or(strings.Compare(a.Program, b.Program), strings.Compare(a.Rule, b.Rule))
	})
	return j.sum
}

// unassigned are those at work of whom nobody says in which program.
func (j *judge) unassigned(staff []staffer) {
	for i := range staff {
		s := &staff[i]
		named := len(s.record.Programs) > 0 || slices.ContainsFunc(j.packs, func(p *program.Pack) bool { return j.load[p.ID].works(s, p.ID, j.asOf) })
		if s.atWork(j.asOf) && !named {
			j.sum.Unassigned = append(j.sum.Unassigned, key(s.partner, s.record.StaffID))
		}
	}
	slices.Sort(j.sum.Unassigned)
}
