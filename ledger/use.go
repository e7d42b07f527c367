package ledger

import "math/big"

// Approved is the number of units that the authorization states, whatever its
// status: approved = used + remaining.
func (u *Use) Approved() int64 { return u.Auth.Units }

// Remaining is what is left of them.
func (u *Use) Remaining() int64 { return u.Auth.Units - u.Used }

// Elapsed is the number of days from the start to the smaller of asOf and the
// end, both inclusive; 0 before the start.
func (u *Use) Elapsed(asOf Day) int64 {
	return max(int64(min(asOf, u.Auth.End))-int64(u.Auth.Start)+1, 0)
}

// BurnBP is the burn rate in basis points: used x 10000 x period days /
// (units x days elapsed), integer division; 10000 means on course to use exactly
// all units. It is 0 when the authorization is not approved, when elapsed or
// units is 0, and for an open-ended authorization, which has no course.
func (u *Use) BurnBP(asOf Day) int64 {
	a, elapsed := u.Auth, u.Elapsed(asOf)
	if !a.TakesPart() || elapsed == 0 || a.Units <= 0 || a.End == Forever {
		return 0
	}
	period := int64(a.End) - int64(a.Start) + 1
	if u.Used <= maxUnits && a.Units <= maxUnits && period <= maxDays {
		return u.Used * 10000 * period / (a.Units * elapsed)
	}
	num, den := big.NewInt(u.Used), big.NewInt(a.Units)
	num.Mul(num, big.NewInt(10000)).Mul(num, big.NewInt(period))
	return num.Quo(num, den.Mul(den, big.NewInt(elapsed))).Int64()
}

// Forecast is the number of units used by the end of the period if the pace of
// the days elapsed stays: -1 where there is no pace yet, or no end.
func (u *Use) Forecast(asOf Day) int64 {
	a, elapsed := u.Auth, u.Elapsed(asOf)
	if !a.TakesPart() || elapsed == 0 || a.End == Forever {
		return -1
	}
	n := big.NewInt(u.Used)
	return n.Mul(n, big.NewInt(int64(a.End)-int64(a.Start)+1)).Quo(n, big.NewInt(elapsed)).Int64()
}

// UnderUsed says whether an approved authorization with enough days elapsed
// burns too slowly. An open-ended one never does: it has no course to be behind.
func (u *Use) UnderUsed(asOf Day, rules *Rules) bool {
	t := rules.thresholds(u.Auth.Program)
	return u.Auth.TakesPart() && u.Auth.End != Forever && u.Elapsed(asOf) >= t.MinElapsedDays && u.BurnBP(asOf) < t.UnderUsedBP
}

// DaysSince is the number of days from the last service that it paid to asOf:
// below zero for a later one, -1 when it paid none.
func (u *Use) DaysSince(asOf Day) int64 {
	if u.Last == NoDay {
		return -1
	}
	return int64(asOf) - int64(u.Last)
}

// Expiring says whether an approved authorization ends within the days of the
// program's threshold, today included.
func (u *Use) Expiring(asOf Day, rules *Rules) bool {
	days := int64(u.Auth.End) - int64(asOf)
	return u.Auth.TakesPart() && u.Auth.End != Forever && 0 <= days && days <= rules.thresholds(u.Auth.Program).ExpiringDays
}
