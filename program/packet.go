package program

import "fmt"

// eachPacket collects what check says about every packet the rule applies to;
// a draft is judged as if submitted on asOf.
func eachPacket(r *Rule, f *Facts, asOf Day, check func(p *Packet, submitted Day) []gap) []breach {
	return each(r, f.Packets, func(p *Packet) []gap {
		if p.Submitted == 0 {
			return check(p, asOf)
		}
		return check(p, p.Submitted)
	})
}

// Document wants one document in a packet, not older than a window before
// submission (both ends inclusive), with these parts.
type Document struct {
	Code         string
	Name         string // as the source names it
	WithinDays   int    // 0 = no window in days
	WithinMonths int    // calendar months; 0 = no window in months
	Contents     []string
}

// judge takes the paper of the code with the fewest gaps: a packet may hold an
// outdated copy beside a good one.
func (d *Document) judge(r *Rule, f *Facts, asOf Day) []breach {
	return eachPacket(r, f, asOf, func(p *Packet, submitted Day) []gap {
		best := whole("%s is missing", d.Name)
		found := false
		for i := range p.Documents {
			paper := &p.Documents[i]
			if paper.Code != d.Code {
				continue
			}
			if gaps := d.gaps(paper, submitted); !found || len(gaps) < len(best) {
				best, found = gaps, true
			}
		}
		return best
	})
}

func (d *Document) gaps(paper *Paper, submitted Day) []gap {
	out := missing(d.Contents, paper.Contents, d.Name+" does not include %s")
	earliest := d.earliest(submitted)
	switch {
	case earliest == 0:
	case paper.Dated == 0:
		out = append(out, gap{"date", d.Name + " has no date"})
	case paper.Dated < earliest:
		out = append(out, gap{"date", fmt.Sprintf("%s is dated %s; the earliest for a submission on %s is %s", d.Name, paper.Dated, submitted, earliest)})
	case paper.Dated > submitted:
		out = append(out, gap{"date", fmt.Sprintf("%s is dated %s, after the submission on %s", d.Name, paper.Dated, submitted)})
	}
	return out
}

// earliest is the first date inside the window, zero without a window.
func (d *Document) earliest(submitted Day) Day {
	switch {
	case d.WithinDays > 0:
		return submitted - Day(d.WithinDays)
	case d.WithinMonths > 0:
		return submitted.AddMonths(-d.WithinMonths)
	}
	return 0
}

// AgeLimit wants a packet submitted before the child attains an age.
type AgeLimit struct {
	Years  int
	Months int
}

func (a *AgeLimit) judge(r *Rule, f *Facts, asOf Day) []breach {
	return eachPacket(r, f, asOf, func(p *Packet, submitted Day) []gap {
		if p.Birth == 0 {
			return whole("the date of birth is not stated")
		}
		attained := p.Birth.AddMonths(12*a.Years + a.Months)
		if submitted < attained {
			return nil
		}
		return whole("submitted on %s, not before the age of %d years %d months", submitted, a.Years, a.Months)
	})
}

// Criterion wants a condition stated as met. It is never computed: who must
// attest it is part of the rule.
type Criterion struct {
	Code       string
	AttestedBy string // empty = anyone
}

func (c *Criterion) judge(r *Rule, f *Facts, asOf Day) []breach {
	return eachPacket(r, f, asOf, func(p *Packet, _ Day) []gap {
		for _, a := range p.Criteria {
			if a.Criterion != c.Code || c.AttestedBy != "" && a.By != c.AttestedBy {
				continue
			}
			if a.Met {
				return nil
			}
			return whole("the packet states that this is not met: %s", word(c.Code))
		}
		if c.AttestedBy != "" {
			return whole("no %s has attested: %s", word(c.AttestedBy), word(c.Code))
		}
		return whole("the packet does not state: %s", word(c.Code))
	})
}
