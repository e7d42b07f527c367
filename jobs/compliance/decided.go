package compliance

import (
	"slices"

	"github.com/throughline/throughline/ledger"
	"github.com/throughline/throughline/mappings/record"
	"github.com/throughline/throughline/program"
)

// DecisionCount counts what was decided in a program on applications and
// authorizations, each in the version in force, and what became of the appeals.
type DecisionCount struct {
	Program    string `json:"program"`
	Approved   int64  `json:"approved"`
	InPart     int64  `json:"in_part"`
	Denied     int64  `json:"denied"`
	Notices    int64  `json:"adverse_notices"`
	Appeals    int64  `json:"appeals"` // to the plan, fair hearings and external reviews; all of what follows add up to it
	Open       int64  `json:"open"`
	Upheld     int64  `json:"upheld"`
	Overturned int64  `json:"overturned"` // wholly or in part
	Withdrawn  int64  `json:"withdrawn"`  // or dismissed
}

// add adds what was decided about a child in one program.
func (d *DecisionCount) add(c *child) {
	for i := range c.decisions {
		if a := &c.decisions[i]; c.worksFor(a.Program, d.Program) {
			d.decided(string(a.Status))
		}
	}
	appealed := c.appealed(d.Program)
	for i := range c.packets {
		p := &c.packets[i]
		if p.record.Program != d.Program || day(p.record.DecidedOn) > c.asOf {
			continue
		}
		d.decided(p.record.Decision)
		onRecord := slices.ContainsFunc(appealed, func(a sent[record.Appeal]) bool { return a.record.AuthID == p.record.PacketID })
		if p.record.Appealed && !onRecord {
			d.Appeals, d.Open = d.Appeals+1, d.Open+1 // the packet does not say how it ended
		}
	}
	for i := range c.notices {
		if n := &c.notices[i]; c.about(n.record.AuthID, d.Program) && dayOf(n.record.Sent) <= c.asOf {
			d.Notices++
		}
	}
	for i := range appealed {
		d.ended(&appealed[i].record, c.asOf)
	}
}

func (d *DecisionCount) decided(word string) {
	switch word {
	case "approved":
		d.Approved++
	case "partial":
		d.InPart++
	case "denied":
		d.Denied++
	}
}

func (d *DecisionCount) ended(a *record.Appeal, asOf program.Day) {
	d.Appeals++
	switch outcome := a.Outcome; {
	case outcome == "" || dayOf(a.Decided) > asOf:
		d.Open++
	case outcome == "upheld":
		d.Upheld++
	case outcome == "overturned" || outcome == "partly-overturned":
		d.Overturned++
	default:
		d.Withdrawn++
	}
}

// appealed are the appeals of the program by the day. Where several partners speak of
// one (the same level and id), one that knows the outcome counts.
func (c *child) appealed(id string) (out []sent[record.Appeal]) {
	for i := range c.appeals {
		a := &c.appeals[i]
		if !c.about(a.record.AuthID, id) || dayOf(a.record.Filed) > c.asOf {
			continue
		}
		same := slices.IndexFunc(out, func(o sent[record.Appeal]) bool {
			return o.record.Level == a.record.Level && o.record.AppealID == a.record.AppealID
		})
		switch {
		case same < 0:
			out = append(out, *a)
		case out[same].record.Outcome == "":
			out[same] = *a
		}
	}
	return out
}

// about says whether what a notice or an appeal names is of a program: the decision on
// an authorization or the application of that number. What names none that is on
// record may be of any program of the child.
func (c *child) about(number, id string) bool {
	named := false
	for i := range c.decisions {
		if a := &c.decisions[i]; number != "" && a.ID == number {
			named = true
			if c.worksFor(a.Program, id) {
				return true
			}
		}
	}
	for i := range c.packets {
		if p := &c.packets[i].record; number != "" && p.PacketID == number {
			named = true
			if p.Program == id {
				return true
			}
		}
	}
	return !named && c.in(id)
}

// filings are the appeals of the program as the rules see them: against a decision on
// an authorization or an application, or one that a notice tells of.
func (c *child) filings(id string) (out []program.Filing) {
	for _, a := range c.appealed(id) {
		r := &a.record
		decided := slices.ContainsFunc(c.decisions, func(d ledger.Auth) bool { return r.AuthID != "" && d.ID == r.AuthID }) ||
			slices.ContainsFunc(c.packets, func(p sent[record.ApplicationPacket]) bool {
				return r.AuthID != "" && p.record.PacketID == r.AuthID && p.record.Decision != ""
			}) || slices.ContainsFunc(c.notices, func(n sent[record.AdverseNotice]) bool {
			return r.NoticeID == n.record.NoticeID || r.Trace != "" && r.Trace == n.record.Trace || r.AuthID != "" && r.AuthID == n.record.AuthID
		})
		out = append(out, program.Filing{ID: key(a.partner, r.AppealID), Person: c.person, Asked: dayOf(r.Filed), Decided: decided})
	}
	return out
}

// appealOf is the appeal of an application: by its own record, else as the packet says.
func (c *child) appealOf(p *record.ApplicationPacket) *program.Appeal {
	for i := range c.appeals {
		if a := &c.appeals[i].record; a.AuthID == p.PacketID && dayOf(a.Filed) <= c.asOf {
			return &program.Appeal{Asked: dayOf(a.Filed)}
		}
	}
	if p.Appealed {
		return &program.Appeal{Asked: day(p.AppealedOn)}
	}
	return nil
}
