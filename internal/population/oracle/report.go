package oracle

import (
	"math/big"
	"time"
)

// report adds the member's answers.
func (c *child) report(to *Answer, asOf string, zone *time.Location) {
	for _, l := range c.lines {
		after := realDate(l) > asOf || !l.received.IsZero() && l.received.In(zone).Format(time.DateOnly) > asOf
		to.Lines = append(to.Lines, Line{Partner: l.partner, ID: l.id, Member: l.member, Verdict: l.verdict, Units: l.units,
			Matched: l.matched, Splits: l.splits, AfterAsOf: after, Flags: l.flags})
	}
	for _, a := range c.auths {
		to.Authorizations = append(to.Authorizations, a.state(asOf))
	}
	to.Findings = append(to.Findings, c.compare(asOf)...)
}

// state is "for each authorization of any status, as of D".
func (a *auth) state(asOf string) Authorization {
	s := Authorization{Partner: a.partner, ID: a.id, Approved: a.units, Used: a.used, Remaining: a.units - a.used, DaysSince: -1}
	if !a.approved {
		return s
	}
	if a.last != "" {
		s.DaysSince = days(a.last, asOf)
	}
	if a.end == "" { // no period, so no rate, nothing to be behind of, no end to come near
		return s
	}
	until := min(asOf, a.end)
	elapsed := days(a.start, until) + 1
	period := days(a.start, a.end) + 1
	if elapsed > 0 && a.units > 0 {
		top := new(big.Int).Mul(big.NewInt(a.used*10000), big.NewInt(period))
		s.Burn = top.Quo(top, new(big.Int).Mul(big.NewInt(a.units), big.NewInt(elapsed))).Int64()
	}
	s.UnderUsed = elapsed >= 30 && s.Burn < 6000
	left := days(asOf, a.end)
	s.Expiring = 0 <= left && left <= 30
	return s
}
