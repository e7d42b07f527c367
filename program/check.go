package program

import (
	"errors"
	"slices"
	"strings"
)

// Check wants a ratio of something, with a limit.
func (p *Ratio) Check() error {
	if p.Per != "coordinator" && p.Per != "supervisor" {
		return errors.New("per must be coordinator or supervisor")
	}
	if p.Limit < 1 || p.Low < 0 || p.Low > p.Limit {
		return errors.New("limit must be 1 or more, and low not above it")
	}
	return nil
}

// Check wants at least one role.
func (t *TeamRole) Check() error { return some(len(t.Roles)+len(t.AnyOf), "roles or any_of") }

// Check wants at least one section.
func (s *PlanSection) Check() error { return some(len(s.Sections), "sections") }

// Check wants at least one thing that the crisis plan must address.
func (c *CrisisPlan) Check() error {
	if !c.Immediate && !c.Ongoing {
		return errors.New("immediate, ongoing or both must be true")
	}
	return nil
}

// Check wants somebody who may decide.
func (d *DecisionRecorded) Check() error { return some(len(d.By), "by") }

// Check wants no negative interval.
func (v *Review) Check() error {
	if v.EveryDays < 0 {
		return errors.New("every_days must be 0 or more")
	}
	return nil
}

// Check wants a code, a name and at most one window.
func (d *Document) Check() error {
	if d.Code == "" || d.Name == "" {
		return errors.New("code and name must be given")
	}
	if d.WithinDays < 0 || d.WithinMonths < 0 || d.WithinDays > 0 && d.WithinMonths > 0 {
		return errors.New("within_days or within_months, not both, and not below 0")
	}
	return nil
}

// Check wants an age.
func (a *AgeLimit) Check() error {
	if a.Years < 0 || a.Months < 0 || a.Months > 11 || a.Years+a.Months == 0 {
		return errors.New("years and months must name an age, months 0 to 11")
	}
	return nil
}

// Check wants a code.
func (c *Criterion) Check() error { return some(len(c.Code), "code") }

// Check wants kinds that exist.
func (c *FamilyCoordinator) Check() error {
	for _, k := range c.Exempt {
		if NewParams(k) == nil {
			return errors.New("exempt names an unknown kind")
		}
	}
	return some(len(c.Exempt), "exempt")
}

// Check wants at least one item.
func (l *List) Check() error { return some(len(l.Items), "items") }

// Check wants items and no negative time.
func (c *Credentials) Check() error {
	if c.ValidMonths < 0 {
		return errors.New("valid_months must be 0 or more")
	}
	return some(len(c.Items), "items")
}

// Check wants items and no negative time.
func (c *Clearance) Check() error { return (*Credentials)(c).Check() }

// Check wants items and no negative time.
func (t *Training) Check() error { return (*Credentials)(t).Check() }

// Check wants items and no negative time.
func (q *Qualification) Check() error { return (*Credentials)(q).Check() }

// Check wants all three conditions of the permission.
func (c *CredentialReview) Check() error {
	return some(min(len(c.AskedBy), len(c.Consults), len(c.OnlyWhen)), "asked_by, consults and only_when")
}

// Check wants a limit and weights above nothing.
func (w *Weights) Check() error {
	for _, weight := range w.Weights {
		if weight.When == "" || weight.Percent < 100 {
			return errors.New("each weight needs when, and percent of 100 or more")
		}
	}
	return some(min(max(w.Limit, 0), len(w.Weights)), "limit and weights")
}

// Check wants somebody to whom minutes go.
func (m *Minutes) Check() error {
	if m.WithinDays < 0 {
		return errors.New("within_days must be 0 or more")
	}
	return known(m.To, "to", "team_members", "others_as_needed")
}

// Check wants a number; without one the rule is unset.
func (m *MeetingFrequency) Check() error { return some(max(m.EveryDays, 0), "every_days") }

// Check wants at least one role.
func (w *WorksWith) Check() error { return some(len(w.Roles), "roles") }

// Check wants at least one kind of organisation.
func (s *Setting) Check() error { return some(len(s.Items), "items") }

// Check wants at least one kind of planning.
func (j *Join) Check() error { return some(len(j.Items), "items") }

// Check wants what can be reported.
func (p *Report) Check() error {
	return known(p.Items, "items", "waiting_list_by_service", "unmet_needs")
}

// Check wants items and whom they are collected for.
func (m *Measure) Check() error {
	if m.Per != "program" && m.Per != "person" || m.WithinDays < 0 {
		return errors.New("per must be program or person, and within_days 0 or more")
	}
	return some(len(m.Items), "items")
}

// Check wants items and no negative time.
func (m *Monitor) Check() error {
	if m.WithinDays < 0 {
		return errors.New("within_days must be 0 or more")
	}
	return some(len(m.Items), "items")
}

// Check wants what can be counted.
func (m *StayMeasured) Check() error {
	return known(m.Items, "items", "length_of_stay", "return_home")
}

// Check wants who recommends.
func (d *StepDown) Check() error { return some(len(d.By), "by") }

// Check wants at least one reason.
func (c *CodedReason) Check() error { return some(len(c.Items), "items") }

// Check wants at least one thing to compare.
func (d *DecisionCompared) Check() error { return some(len(d.Items), "items") }

// Check wants the code of the refusal.
func (g *GatesNothing) Check() error { return some(len(g.Because), "because") }

// known wants at least one word, and none but these.
func known(have []string, key string, words ...string) error {
	for _, h := range have {
		if !slices.Contains(words, h) {
			return errors.New(key + " knows only " + strings.Join(words, ", "))
		}
	}
	return some(len(have), key)
}

func some(n int, key string) error {
	if n == 0 {
		return errors.New(key + " must not be empty")
	}
	return nil
}
