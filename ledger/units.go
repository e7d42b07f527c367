package ledger

import (
	"math"
	"math/bits"
)

// Quantities. A line is converted once, before rule 1, into the unit of the
// first authorization in giving order that can take it: the one whose unit the
// unit table turns it into, or whose unit is the line's (an empty unit on either
// side is the same). Authorizations of yet another unit then do not take part.
//
// A line is unknown_unit when rule 3 would let at least one authorization pay
// and none of those can take its unit. With no such authorization there is no
// unit to miss and the later rules say what is wrong. A quantity that is not
// whole and that nothing converts is an invalid line.

// measure fills the row's modifiers, amount and need, and s.usable. It answers
// invalid_line, unknown_unit (s.usable then holds those that could not take it)
// or nothing.
func (s *Settler) measure(r *row) Verdict {
	l := r.line
	s.usable = s.usable[:0]
	r.mods, r.code, r.amount = s.modifiers(l.Modifiers), head(l.Code), l.Units.shortest()
	if r.amount.Coef <= 0 || l.Date == NoDay || noCode(l.Code) {
		return InvalidLine
	}
	if s.today.enrolled() {
		s.eligible(r)
	}
	whole := r.amount.Scale == 0
	if whole && len(s.rules.Units) == 0 && s.allOfUnit(l.Unit) {
		r.need = r.amount.Coef
		return ""
	}
	switch unit, ok := s.convert(r); {
	case ok:
		s.keepUnit(unit)
	case !whole:
		return InvalidLine
	case len(s.usable) > 0:
		return UnknownUnit
	default:
		r.need = r.amount.Coef
	}
	return ""
}

// allOfUnit says whether every authorization counts in the line's own unit, as
// they nearly always do.
func (s *Settler) allOfUnit(unit string) bool {
	for _, i := range s.usable {
		if !sameUnit(unit, s.grants[i].auth.Unit) {
			return false
		}
	}
	return true
}

// convert finds the first authorization that can take the line and sets need
// and amount in its unit.
func (s *Settler) convert(r *row) (unit string, ok bool) {
	l := r.line
	for _, i := range s.usable {
		a := s.grants[i].auth
		if t := s.unitRow(r, a.Unit); t != nil {
			if n, ok := t.convert(r.amount); ok {
				r.need, r.amount, r.table = n, Whole(n), t
				return a.Unit, true
			}
			continue
		}
		if sameUnit(l.Unit, a.Unit) && r.amount.Scale == 0 {
			r.need = r.amount.Coef
			return l.Unit, true
		}
	}
	return "", false
}

// keepUnit drops the authorizations of another unit than the one converted to.
func (s *Settler) keepUnit(unit string) {
	kept := s.usable[:0]
	for _, i := range s.usable {
		if sameUnit(unit, s.grants[i].auth.Unit) {
			kept = append(kept, i)
		}
	}
	s.usable = kept
}

// sameUnit takes an empty unit on either side as the same.
func sameUnit(a, b string) bool { return a == b || a == "" || b == "" }

// unitRow is the row of the unit table that turns the line into a unit, nil when
// there is none.
func (s *Settler) unitRow(r *row, unit string) *UnitRow {
	var best *UnitRow
	for i := range s.rules.Units {
		u := &s.rules.Units[i]
		if u.Code == r.line.Code && u.LineUnit == r.line.Unit && u.AuthUnit == unit &&
			(u.Payer == "" || u.Payer == s.today.payer) && holds(u.From, u.To, r.line.Date) &&
			u.Num > 0 && u.Den > 0 && s.modifiers(u.Modifiers) == r.mods && (best == nil || u.beats(best)) {
			best = u
		}
	}
	return best
}

// beats is a strict order of rows that hold the same date.
func (u *UnitRow) beats(b *UnitRow) bool {
	switch {
	case u.Payer != b.Payer:
		return b.Payer == ""
	case u.From != b.From:
		return u.From > b.From
	case u.To != b.To:
		return u.To > b.To
	case u.Num != b.Num:
		return u.Num > b.Num
	case u.Den != b.Den:
		return u.Den < b.Den
	case u.Round != b.Round:
		return u.Round > b.Round
	}
	return u.DailyMax > b.DailyMax
}

// convert is d x Num / Den under the rounding rule, in 128 bits; false when an
// exact row leaves a fraction or the number is beyond what the ledger holds.
func (u *UnitRow) convert(d Decimal) (int64, bool) {
	den := uint64(u.Den)
	for range d.Scale {
		over, lo := bits.Mul64(den, 10)
		if over != 0 {
			return 0, false
		}
		den = lo
	}
	hi, lo := bits.Mul64(uint64(d.Coef), uint64(u.Num))
	if hi >= den {
		return 0, false
	}
	q, rest := bits.Div64(hi, lo, den)
	switch {
	case rest == 0:
	case u.Round == RoundUp, u.Round == RoundNearest && rest >= den-rest:
		q++
	case u.Round == RoundDown, u.Round == RoundNearest:
	default:
		return 0, false
	}
	return int64(q), q <= math.MaxInt64
}

// noCode says whether a code is absent: empty or blank.
func noCode(code string) bool {
	for i := range len(code) {
		if code[i] > ' ' {
			return false
		}
	}
	return true
}

// overDaily adds the row to what its date asked for and says whether the unit
// table's daily maximum is exceeded. It is a flag, never a limit.
func (s *Settler) overDaily(r *row) bool {
	if r.table == nil || r.table.DailyMax == 0 {
		return false
	}
	t := &s.today
	for i := range t.asked {
		if t.asked[i].table == r.table {
			t.asked[i].units = addCapped(t.asked[i].units, r.need)
			return t.asked[i].units > r.table.DailyMax
		}
	}
	t.asked = append(t.asked, asked{r.table, r.need})
	return r.need > r.table.DailyMax
}

// addCapped adds two numbers that are not negative and stays at the top.
func addCapped(a, b int64) int64 {
	if a > math.MaxInt64-b {
		return math.MaxInt64
	}
	return a + b
}
