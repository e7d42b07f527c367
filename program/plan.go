package program

import (
	"fmt"
	"slices"
	"strings"
)

// TeamRole wants people in these roles on the team: all of Roles, and at least
// one of AnyOf.
type TeamRole struct {
	Roles []string
	AnyOf []string
}

func (t *TeamRole) judge(r *Rule, f *Facts, _ Day) []breach {
	return each(r, f.Plans, func(p *Plan) []gap {
		out := missing(t.Roles, p.Roles, "nobody on the team is %s")
		if len(t.AnyOf) > 0 && !overlap(t.AnyOf, p.Roles) {
			out = append(out, gap{strings.Join(t.AnyOf, "|"), "nobody on the team is any of " + words(t.AnyOf)})
		}
		return out
	})
}

// PlanSection wants these sections filled in.
type PlanSection struct {
	Sections []string
}

func (s *PlanSection) judge(r *Rule, f *Facts, _ Day) []breach {
	return each(r, f.Plans, func(p *Plan) []gap { return missing(s.Sections, p.Sections, "the plan does not state %s") })
}

// LifeDomains wants strengths and needs for every domain the team calls
// relevant, and the listed domains to have been looked at.
type LifeDomains struct {
	Domains []string // the program's own list; empty = the team decides
}

func (l *LifeDomains) judge(r *Rule, f *Facts, _ Day) []breach {
	return each(r, f.Plans, func(p *Plan) []gap {
		var seen []string
		var out []gap
		relevant := false
		for _, d := range p.Domains {
			seen = append(seen, d.Code)
			relevant = relevant || d.Relevant
			out = append(out, d.gaps()...)
		}
		if !relevant {
			out = append(out, whole("the plan names no relevant life domain")...)
		}
		return append(out, missing(l.Domains, seen, "the team has not looked at the life domain %s")...)
	})
}

func (d Domain) gaps() []gap {
	var out []gap
	if d.Relevant && !d.Strengths {
		out = append(out, gap{d.Code + "/strengths", "no strengths are stated for the life domain " + word(d.Code)})
	}
	if d.Relevant && !d.Needs {
		out = append(out, gap{d.Code + "/needs", "no needs are stated for the life domain " + word(d.Code)})
	}
	return out
}

// CrisisPlan wants a crisis and safety plan that covers these.
type CrisisPlan struct {
	Immediate bool
	Ongoing   bool
}

func (c *CrisisPlan) judge(r *Rule, f *Facts, _ Day) []breach {
	return each(r, f.Plans, func(p *Plan) []gap {
		if p.Crisis == nil {
			return whole("there is no crisis and safety plan")
		}
		var out []gap
		if c.Immediate && !p.Crisis.Immediate {
			out = append(out, gap{"immediate", "the crisis and safety plan does not address immediate needs"})
		}
		if c.Ongoing && !p.Crisis.Ongoing {
			out = append(out, gap{"ongoing", "the crisis and safety plan does not address ongoing needs"})
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
	return each(r, f.Plans, func(p *Plan) []gap {
		switch {
		case !p.Final || slices.Contains(d.By, p.DecidedBy):
			return nil
		case p.DecidedBy == "":
			return whole("the plan is final but no decision of %s is on record", words(d.By))
		}
		return whole("the plan was decided by %s; the decision belongs to %s", word(p.DecidedBy), words(d.By))
	})
}

// ResponsibleMember wants a team member who answers for each service.
type ResponsibleMember struct{}

func (*ResponsibleMember) judge(r *Rule, f *Facts, _ Day) []breach {
	return each(r, f.Plans, func(p *Plan) []gap {
		var out []gap
		for _, s := range p.Services {
			if s.Responsible == "" {
				out = append(out, gap{s.ID, fmt.Sprintf("service %s has no responsible team member", s.ID)})
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
	return each(r, f.Plans, func(p *Plan) []gap {
		switch {
		case p.NextReview == 0:
			return whole("no review date is set")
		case p.NextReview < asOf:
			return whole("the review of %s is overdue", p.NextReview)
		case v.EveryDays > 0 && p.LastReview != 0 && int(p.NextReview-p.LastReview) > v.EveryDays:
			return whole("%d days between reviews; the most is %d", p.NextReview-p.LastReview, v.EveryDays)
		}
		return nil
	})
}

// SystemDocuments wants the documents of every child-serving system involved.
type SystemDocuments struct{}

func (*SystemDocuments) judge(r *Rule, f *Facts, _ Day) []breach {
	return each(r, f.Plans, func(p *Plan) []gap {
		var out []gap
		for _, s := range p.Systems {
			if !s.Documents {
				out = append(out, gap{s.Code, "documents are missing from " + word(s.Code)})
			}
		}
		return out
	})
}
