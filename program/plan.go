package program

import (
	"fmt"
	"slices"
	"strings"
)

// eachPlan collects what check says about every plan the rule applies to.
func eachPlan(r *Rule, f *Facts, check func(*Plan) []string) []breach {
	var out []breach
	for i := range f.Plans {
		p := &f.Plans[i]
		if !r.Applies.to(p.Circumstances) {
			continue
		}
		for _, reason := range check(p) {
			out = append(out, breach{subject: p.ID, reason: reason, draft: !p.Final})
		}
	}
	return out
}

// TeamRole wants people in these roles on the team: all of Roles, and at least
// one of AnyOf.
type TeamRole struct {
	Roles []string
	AnyOf []string
}

func (t *TeamRole) judge(r *Rule, f *Facts, _ Day) []breach {
	return eachPlan(r, f, func(p *Plan) []string {
		out := missing(t.Roles, p.Roles, "nobody on the team is %s")
		if len(t.AnyOf) > 0 && !overlap(t.AnyOf, p.Roles) {
			out = append(out, "nobody on the team is any of "+words(t.AnyOf))
		}
		return out
	})
}

// PlanSection wants these sections filled in.
type PlanSection struct {
	Sections []string
}

func (s *PlanSection) judge(r *Rule, f *Facts, _ Day) []breach {
	return eachPlan(r, f, func(p *Plan) []string { return missing(s.Sections, p.Sections, "the plan does not state %s") })
}

// LifeDomains wants strengths and needs for every domain the team calls
// relevant, and the listed domains to have been looked at.
type LifeDomains struct {
	Domains []string // the program's own list; empty = the team decides
}

func (l *LifeDomains) judge(r *Rule, f *Facts, _ Day) []breach {
	return eachPlan(r, f, func(p *Plan) []string {
		var seen, out []string
		relevant := false
		for _, d := range p.Domains {
			seen = append(seen, d.Code)
			relevant = relevant || d.Relevant
			out = append(out, d.gaps()...)
		}
		if !relevant {
			out = append(out, "the plan names no relevant life domain")
		}
		return append(out, missing(l.Domains, seen, "the team has not looked at the life domain %s")...)
	})
}

func (d Domain) gaps() []string {
	var out []string
	if d.Relevant && !d.Strengths {
		out = append(out, "no strengths are stated for the life domain "+word(d.Code))
	}
	if d.Relevant && !d.Needs {
		out = append(out, "no needs are stated for the life domain "+word(d.Code))
	}
	return out
}

// CrisisPlan wants a crisis and safety plan that covers these.
type CrisisPlan struct {
	Immediate bool
	Ongoing   bool
}

func (c *CrisisPlan) judge(r *Rule, f *Facts, _ Day) []breach {
	return eachPlan(r, f, func(p *Plan) []string {
		if p.Crisis == nil {
			return []string{"there is no crisis and safety plan"}
		}
		var out []string
		if c.Immediate && !p.Crisis.Immediate {
			out = append(out, "the crisis and safety plan does not address immediate needs")
		}
		if c.Ongoing && !p.Crisis.Ongoing {
			out = append(out, "the crisis and safety plan does not address ongoing needs")
		}
		return out
	})
}

// DecisionRecorded wants the final decision of one of these on record before a
// version is final.
type DecisionRecorded struct {
	By []string
}

func (d *DecisionRecorded) judge(r *Rule, f *Facts, _ Day) []breach {
	return eachPlan(r, f, func(p *Plan) []string {
		switch {
		case !p.Final || slices.Contains(d.By, p.DecidedBy):
			return nil
		case p.DecidedBy == "":
			return []string{"the plan is final but no decision of " + words(d.By) + " is on record"}
		}
		return []string{fmt.Sprintf("the plan was decided by %s; the decision belongs to %s", word(p.DecidedBy), words(d.By))}
	})
}

// ResponsibleMember wants a team member who answers for each service.
type ResponsibleMember struct{}

func (*ResponsibleMember) judge(r *Rule, f *Facts, _ Day) []breach {
	return eachPlan(r, f, func(p *Plan) []string {
		var out []string
		for _, s := range p.Services {
			if s.Responsible == "" {
				out = append(out, fmt.Sprintf("service %s has no responsible team member", s.ID))
			}
		}
		return out
	})
}

// Review wants a next review that is set and not overdue.
type Review struct {
	EveryDays int // longest time between reviews; 0 = the source gives none
}

func (v *Review) judge(r *Rule, f *Facts, asOf Day) []breach {
	return eachPlan(r, f, func(p *Plan) []string {
		switch {
		case p.NextReview == 0:
			return []string{"no review date is set"}
		case p.NextReview < asOf:
			return []string{fmt.Sprintf("the review of %s is overdue", p.NextReview)}
		case v.EveryDays > 0 && p.LastReview != 0 && int(p.NextReview-p.LastReview) > v.EveryDays:
			return []string{fmt.Sprintf("%d days between reviews; the most is %d", p.NextReview-p.LastReview, v.EveryDays)}
		}
		return nil
	})
}

// SystemDocuments wants the documents of every child-serving system involved.
type SystemDocuments struct{}

func (*SystemDocuments) judge(r *Rule, f *Facts, _ Day) []breach {
	return eachPlan(r, f, func(p *Plan) []string {
		var out []string
		for _, s := range p.Systems {
			if !s.Documents {
				out = append(out, "documents are missing from "+word(s.Code))
			}
		}
		return out
	})
}

func missing(want, have []string, format string) []string {
	var out []string
	for _, w := range want {
		if !slices.Contains(have, w) {
			out = append(out, fmt.Sprintf(format, word(w)))
		}
	}
	return out
}

func overlap(a, b []string) bool {
	return slices.ContainsFunc(a, func(s string) bool { return slices.Contains(b, s) })
}

// word turns a code into words: "day_treatment" reads "day treatment".
func word(code string) string { return strings.ReplaceAll(code, "_", " ") }

func words(codes []string) string { return word(strings.Join(codes, ", ")) }
