package program

import (
	"fmt"
	"slices"
)

// Credentials wants workers to hold these, and not expired.
type Credentials struct {
	Items       []string
	Roles       []string // whom it binds; empty = coordinators
	ValidMonths int      // how long one holds that names no end itself; 0 = the source gives none
}

// Clearance wants workers cleared.
type Clearance Credentials

// Training wants workers trained.
type Training Credentials

// Qualification wants workers qualified.
type Qualification Credentials

func (c *Clearance) judge(r *Rule, f *Facts, asOf Day) []breach {
	return (*Credentials)(c).held(r, f, asOf, "clearance", func(s *Staff) []Credential { return s.Clearances })
}

func (t *Training) judge(r *Rule, f *Facts, asOf Day) []breach {
	return (*Credentials)(t).held(r, f, asOf, "training", func(s *Staff) []Credential { return s.Trainings })
}

func (q *Qualification) judge(r *Rule, f *Facts, asOf Day) []breach {
	return (*Credentials)(q).held(r, f, asOf, "qualification", func(s *Staff) []Credential { return s.Qualifications })
}

func (c *Credentials) held(r *Rule, f *Facts, asOf Day, noun string, of func(*Staff) []Credential) []breach {
	return each(r, f.Staff, func(s *Staff) []gap {
		if !overlap(c.roles(), s.Roles) {
			return nil
		}
		var out []gap
		for _, item := range c.Items {
			if reason := c.lacks(item, of(s), asOf); reason != "" {
				out = append(out, gap{item, fmt.Sprintf("the %s %s %s", noun, word(item), reason)})
			}
		}
		return out
	})
}

func (c *Credentials) roles() []string {
	if len(c.Roles) == 0 {
		return []string{"coordinator"}
	}
	return c.Roles
}

// lacks says what is wrong with the best of the credentials of one code; empty =
// one of them holds on the day.
func (c *Credentials) lacks(item string, all []Credential, asOf Day) string {
	reason, until := "is not on record", Day(0)
	for _, k := range all {
		if k.Code != item {
			continue
		}
		end := c.end(k)
		switch {
		case k.Refused:
			if until == 0 {
				reason = "was refused"
			}
		case k.Dated == 0:
			if until == 0 {
				reason = "has no date"
			}
		case k.Dated > asOf:
			if until == 0 {
				reason = fmt.Sprintf("is dated %s, later than today", k.Dated)
			}
		case end == 0 || end >= asOf:
			return ""
		case end > until:
			reason, until = fmt.Sprintf("expired on %s", end), end
		}
	}
	return reason
}

// end is the last day a credential holds, zero for ever.
func (c *Credentials) end(k Credential) Day {
	if k.Expires == 0 && c.ValidMonths > 0 {
		return k.Dated.AddMonths(c.ValidMonths)
	}
	return k.Expires
}

// CredentialReview says who may ask for a review of credentials, and when. What
// is asked for outside of that is no violation: nothing permitted it, that is all.
type CredentialReview struct {
	AskedBy  string
	Consults string
	OnlyWhen string
}

func (c *CredentialReview) judge(r *Rule, f *Facts, _ Day) []breach {
	return each(r, f.Reviews, func(q *CredentialRequest) []gap {
		var out []gap
		if q.AskedBy != c.AskedBy {
			out = append(out, gap{"asked_by", fmt.Sprintf("the review was asked for by %s; only %s may", word(q.AskedBy), word(c.AskedBy))})
		}
		if !slices.Contains(q.Consulted, c.Consults) {
			out = append(out, gap{"consults", fmt.Sprintf("%s was not consulted", word(c.Consults))})
		}
		if !slices.Contains(q.Circumstances, c.OnlyWhen) {
			out = append(out, gap{"only_when", "no " + word(c.OnlyWhen) + " are stated"})
		}
		return out
	})
}

// bounded says that the permission has limits that facts can overstep.
func (*CredentialReview) bounded() {}
