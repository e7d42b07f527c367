package compliance

import (
	"github.com/throughline/throughline/mappings/record"
	"github.com/throughline/throughline/program"
)

// teamMeetings are the kinds of meetings whose minutes go to the team.
var teamMeetings = map[string]bool{"team": true, "crisis": true, "plan-review": true}

func (c *child) meeting(m *sent[record.Meeting], t *sent[record.CareTeam]) program.Meeting {
	out := program.Meeting{ID: key(m.partner, m.record.MeetingID), Person: c.person, Held: m.record.Status == "fulfilled"}
	out.On = dayOf(m.record.At)
	for _, a := range m.record.Attendees {
		if a.Attended {
			out.Attended = append(out.Attended, roles[a.Role]...)
		}
	}
	to := map[string]bool{}
	team := key(t.partner, t.record.TeamID)
	for i := range t.record.Members {
		if member := &t.record.Members[i]; c.holds(member.Start, member.End) {
			to[member.ID] = true
			r := recipient(member.ID, false, member.Withheld, m.record.Shares)
			out.Recipients = append(out.Recipients, c.asked(r, &out, seat{team, member.ID}, member.Kind == "youth"))
		}
	}
	for _, a := range m.record.Attendees {
		if !to[a.ID] {
			r := recipient(a.ID, true, "", m.record.Shares)
			out.Recipients = append(out.Recipients, c.asked(r, &out, seat{out.ID, a.ID}, a.Role == "youth"))
		}
	}
	return out
}

// recipient is whoever is to get the minutes. What the team withholds from a member
// is withheld from it at every meeting, unless it got the minutes.
func recipient(id string, other bool, why string, shares []record.Share) program.Recipient {
	out := program.Recipient{ID: id, Other: other, Withheld: withheldWord(why)}
	for _, s := range shares {
		if s.To != id {
			continue
		}
		out.Sent, out.Withheld = day(s.On), withheldWord(s.Withheld)
	}
	return out
}

// asked asks the consents of the child about whoever has not got the minutes, and of
// whom no record says why.
func (c *child) asked(r program.Recipient, m *program.Meeting, at seat, youth bool) program.Recipient {
	if r.Sent == 0 && r.Withheld == "" {
		r.Withheld = c.privacy.withholds(m.ID, m.On, at, youth, c.asOf)
	}
	return r
}

func (c *child) referral(r *sent[record.Referral], f *program.Facts) {
	q := program.Referral{ID: key(r.partner, r.record.ReferralID), Person: c.person, Due: day(r.record.Deadline)}
	switch r.record.Status {
	case "draft", "entered-in-error":
		return
	case "completed":
		q.Outcome = r.record.Outcome + string(r.record.OutcomeOn)
	case "rejected", "cancelled", "failed":
		q.Outcome = r.record.StatusReason
	default:
		q.Open = true
	}
	q.Because = word(r.record.ReasonCode)
	f.Referrals = append(f.Referrals, q)
	if q.Open && r.record.WaitingSince != "" {
		f.Waits = append(f.Waits, program.Wait{ID: q.ID, Person: c.person, Service: r.record.Code + r.record.Service, Since: day(r.record.WaitingSince)})
	}
}

// wait is a place on a waiting list of the program, or of none.
func (c *child) wait(s *sent[record.WaitlistEntry], id string) []program.Wait {
	w := &s.record
	if !w.Waiting() || day(w.Since) > c.asOf || w.Program != "" && w.Program != id {
		return nil
	}
	return []program.Wait{{ID: key(s.partner, w.EntryID), Person: c.person, Service: w.Code + w.Service, Since: day(w.Since)}}
}

// contact is an attempt to reach somebody: one fact for each word that the rules
// have for the role of who was to be reached.
func (c *child) contact(s *sent[record.Contact]) []program.Contact {
	one := program.Contact{ID: key(s.partner, s.record.ContactID), Person: c.person, On: dayOf(s.record.At), Reached: s.record.Reached}
	var out []program.Contact
	for _, role := range roles[s.record.WithRole] {
		one.With = role
		out = append(out, one)
	}
	return out
}

// dayOf is the date of a moment, as its sender wrote it.
func dayOf(at record.Instant) program.Day {
	return day(record.Date(at[:min(len("2006-01-02"), len(at))]))
}
