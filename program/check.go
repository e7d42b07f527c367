package program

import "errors"

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

func some(n int, key string) error {
	if n == 0 {
		return errors.New(key + " must not be empty")
	}
	return nil
}
