package program

import (
	"fmt"
	"slices"
)

// Minutes wants the minutes of every meeting held to reach these people.
type Minutes struct {
	To         []string // team_members, others_as_needed
	WithinDays int      // after the meeting; 0 = the source gives none: the day after
	Unless     []string // reasons for keeping them back that are no breach
}

func (m *Minutes) judge(r *Rule, f *Facts, asOf Day) []breach {
	return each(r, f.Meetings, func(meet *Meeting) []gap {
		due := meet.On + Day(m.WithinDays)
		if !meet.Held || asOf <= due {
			return nil
		}
		if len(meet.Recipients) == 0 {
			return whole("nobody is named to get the minutes of %s", meet.On)
		}
		var out []gap
		for _, to := range meet.Recipients {
			if reason := m.lacks(meet, to, due); reason != "" {
				out = append(out, gap{to.ID, reason})
			}
		}
		return out
	})
}

func (m *Minutes) lacks(meet *Meeting, to Recipient, due Day) string {
	switch {
	case to.Other && !slices.Contains(m.To, "others_as_needed"), !to.Other && !slices.Contains(m.To, "team_members"):
		return ""
	case to.Withheld != "" && slices.Contains(m.Unless, to.Withheld):
		return ""
	case to.Withheld != "":
		return fmt.Sprintf("the minutes of %s were kept from %s: %s is no reason that the rule knows", meet.On, to.ID, word(to.Withheld))
	case to.Sent == 0:
		return fmt.Sprintf("%s has not got the minutes of %s", to.ID, meet.On)
	case m.WithinDays > 0 && to.Sent > due:
		return fmt.Sprintf("%s got the minutes of %s on %s; the last day was %s", to.ID, meet.On, to.Sent, due)
	}
	return ""
}

// MeetingFrequency wants the team to meet at least so often. No source gives a
// number: a site may set one.
type MeetingFrequency struct {
	EveryDays int
}

func (m *MeetingFrequency) judge(r *Rule, f *Facts, asOf Day) []breach {
	last := map[string]Day{}
	for _, meet := range f.Meetings {
		if meet.Held && meet.On <= asOf {
			last[meet.Person] = max(last[meet.Person], meet.On)
		}
	}
	return each(r, f.Plans, func(p *Plan) []gap {
		on := last[p.Person]
		switch {
		case on == 0:
			return whole("no meeting of the team is on record")
		case int(asOf-on) > m.EveryDays:
			return whole("the team met last on %s; it meets at least every %d days", on, m.EveryDays)
		}
		return nil
	})
}

// WorksWith wants a meeting or a contact on record with everybody on the team
// who has one of these roles.
type WorksWith struct {
	Roles []string
}

func (w *WorksWith) judge(r *Rule, f *Facts, _ Day) []breach {
	type met struct{ person, role string }
	seen := map[met]bool{}
	for _, c := range f.Contacts {
		if c.Reached {
			seen[met{c.Person, c.With}] = true
		}
	}
	for _, m := range f.Meetings {
		for _, role := range m.Attended {
			seen[met{m.Person, role}] = seen[met{m.Person, role}] || m.Held
		}
	}
	return each(r, f.Plans, func(p *Plan) []gap {
		var out []gap
		for _, role := range w.Roles {
			if slices.Contains(p.Roles, role) && !seen[met{p.Person, role}] {
				out = append(out, gap{role, fmt.Sprintf("no meeting with the %s and no contact is on record", word(role))})
			}
		}
		return out
	})
}
