package program

import "errors"

// Due is within how many days of being seen a finding is to be mended, by the
// force of its rule; findings of the night have a number of their own. 0 = there is
// no date.
type Due struct {
	Required    int64
	Recommended int64
	Permitted   int64
	Night       int64
}

// Check wants no negative number.
func (d Due) Check() error {
	if min(d.Required, d.Recommended, d.Permitted, d.Night) < 0 {
		return errors.New("days must be 0 or more")
	}
	return nil
}

// DueDays is within how many days a broken rule is to be mended: its own number,
// else that of its force; 0 = there is no date.
func (p *Pack) DueDays(r *Rule) int64 {
	if r.DueDays > 0 {
		return r.DueDays
	}
	switch r.Force {
	case Required:
		return p.Due.Required
	case Recommended:
		return p.Due.Recommended
	}
	return p.Due.Permitted
}
