package oracle

import (
	"math/big"
	"slices"
)

// unitRow is a row of the unit table: so many of one unit are so many of another.
type unitRow struct {
	cell map[string]string
	mods string
}

func unitRows(rows []*record) (out []*unitRow) {
	for _, r := range rows {
		out = append(out, &unitRow{r.cell, modifierSet(r.cell["modifiers"])})
	}
	return out
}

// measure turns the line's quantity into authorization units, once, before the
// law: into the unit of the first authorization that could pay for the line and
// can take its unit. A quantity that nothing converts stays as sent.
func (c *child) measure(l *line) {
	l.quantity = number(l.units)
	if l.quantity.Sign() <= 0 || l.code == "" || !isDate(l.date) {
		l.cannot = "invalid_line"
		return
	}
	eligible := c.eligible(l)
	unit, measured := "", false
	for _, a := range eligible {
		if unit, measured = c.takes(l, a); measured {
			break
		}
	}
	switch {
	case measured:
		for _, a := range eligible {
			if same(unit, a.cell["unit"]) {
				l.usable = append(l.usable, a)
			}
		}
	case !l.quantity.IsInt():
		l.cannot = "invalid_line"
	case len(eligible) > 0:
		l.cannot = "unknown_unit"
	}
}

// takes says whether the authorization can take the line's unit, by a row of the
// table or because it is its own, and then in which unit the line counts.
func (c *child) takes(l *line, a *auth) (unit string, ok bool) {
	if row := c.rowFor(l, a); row != nil {
		n := row.convert(l.quantity)
		if n == nil {
			return "", false
		}
		l.quantity, l.row = new(big.Rat).SetInt(n), row
		return a.cell["unit"], true
	}
	return l.unit, same(l.unit, a.cell["unit"]) && l.quantity.IsInt()
}

// same: where either unit is empty they are taken as the same.
func same(a, b string) bool { return a == "" || b == "" || a == b }

// rowFor is the row of the very payer before one of any payer, then the one that
// began last. The payer is that of the span holding the date, the smallest id if
// several.
func (c *child) rowFor(l *line, a *auth) (best *unitRow) {
	var named []string
	for p := range c.payersOn(l.date) {
		if p != "" {
			named = append(named, p)
		}
	}
	payer := ""
	if len(named) > 0 {
		payer = slices.Min(named)
	}
	for _, row := range c.units {
		u := row.cell
		if u["code"] != l.code || row.mods != l.mods || u["line_unit"] != l.unit || u["auth_unit"] != a.cell["unit"] ||
			!between(u["from"], l.date, u["to"]) || u["payer"] != "" && u["payer"] != payer {
			continue
		}
		if best == nil || u["payer"] != "" && best.cell["payer"] == "" || u["payer"] == best.cell["payer"] && u["from"] > best.cell["from"] {
			best = row
		}
	}
	return best
}

// convert rounds as the row says; nil when it cannot: an exact row, and a
// fraction is left, or the number is beyond what any system holds.
func (u *unitRow) convert(quantity *big.Rat) *big.Int {
	exact := new(big.Rat).Mul(quantity, new(big.Rat).Quo(number(u.cell["num"]), number(u.cell["den"])))
	floor := new(big.Int).Div(exact.Num(), exact.Denom())
	left := new(big.Rat).Sub(exact, new(big.Rat).SetInt(floor))
	more := new(big.Int).Add(floor, big.NewInt(1))
	if left.Sign() != 0 {
		switch u.cell["round"] {
		case "up":
			floor = more
		case "nearest":
			if left.Cmp(big.NewRat(1, 2)) >= 0 {
				floor = more
			}
		case "down":
		default:
			return nil
		}
	}
	if !floor.IsInt64() {
		return nil
	}
	return floor
}

// overDaily flags the lines with which a date asks for more than the table's row
// allows a day: those that reached the authorizations count, whatever they got, in
// the order of the law.
func overDaily(taking []*line) {
	asks := func(l *line) bool {
		return l.row != nil && slices.Contains([]string{"matched", "over_cap", "exhausted"}, l.verdict)
	}
	for i, l := range taking {
		if !asks(l) || whole(l.row.cell["daily_max"]) == 0 {
			continue
		}
		sum := new(big.Rat)
		for _, other := range taking[:i+1] {
			if other.date == l.date && asks(other) && other.row == l.row {
				sum.Add(sum, other.quantity)
			}
		}
		if sum.Cmp(number(l.row.cell["daily_max"])) > 0 {
			l.flags = append(l.flags, "over_daily_maximum")
			slices.Sort(l.flags)
		}
	}
}
