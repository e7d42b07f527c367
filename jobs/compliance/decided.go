package compliance

import (
	"slices"

	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/jobs/reports"
	"github.com/throughline/throughline/ledger"
	"github.com/throughline/throughline/mappings/record"
	"github.com/throughline/throughline/program"
)

// decisions counts what was decided in one program, and beside each number the
// children behind it.
type decisions struct {
	gateway.DecisionCount
	children gateway.DecisionCount
}

// add adds what was decided about a child.
func (d *decisions) add(c *child) {
	before := d.DecisionCount
	d.count(c)
	was, now, of := before.Numbers(), d.Numbers(), d.children.Numbers()
	for i := range now {
		if *now[i].N > *was[i].N {
			*of[i].N++
		}
	}
}

// shared is the count without the numbers that few children are behind, and
// without those by which one of them could be told from all appeals.
func (d *decisions) shared() *gateway.DecisionCount {
	out := d.DecisionCount
	groups := map[string][]gateway.DecisionNumber{}
	for _, n := range d.children.Numbers() {
		groups[n.Group] = append(groups[n.Group], n)
	}
	for _, name := range []string{"decisions", "notices", "appeals"} {
		for _, n := range small(groups[name]) {
			out.Hold(n.Name)
		}
	}
	return &out
}

// small are the numbers of a group to hold back. All appeals, the last of their
// group, are the sum of the others: it is shown only where enough children are
// behind it.
func small(group []gateway.DecisionNumber) (out []gateway.DecisionNumber) {
	parts := group
	last := group[len(group)-1]
	if last.Name == "filed" {
		if parts = group[:len(group)-1]; *last.N > 0 && *last.N < reports.SmallCell {
			return group
		}
	}
	row := make([]int64, len(parts))
	for i, n := range parts {
		row[i] = *n.N
	}
	mask := reports.Suppress([][]int64{row}, reports.SmallCell, false)
	for i, n := range group { // all appeals stand where the total of the row does
		if mask[0][i] {
			out = append(out, n)
		}
	}
	return out
}

// count counts what was decided about a child.
func (d *decisions) count(c *child) {
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

func (d *decisions) decided(word string) {
	switch word {
	case "approved":
		d.Approved++
	case "partial":
		d.InPart++
	case "denied":
		d.Denied++
	}
}

func (d *decisions) ended(a *record.Appeal, asOf program.Day) {
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
