package search

import "math"

// MinTime and MaxTime are the open ends of a range of dates or quantities.
const (
	MinTime int64 = math.MinInt64
	MaxTime int64 = math.MaxInt64
)

// Scale is the number of units of a QuantityRow in one: rows and values of
// numbers and quantities count in millionths.
const Scale = 1_000_000

// Prefix is a comparison of ordered values (http://hl7.org/fhir/R4/search.html#prefix).
type Prefix string

// The prefixes. No prefix means Equal.
const (
	Equal        Prefix = "eq"
	NotEqual     Prefix = "ne"
	Greater      Prefix = "gt"
	GreaterEqual Prefix = "ge"
	Less         Prefix = "lt"
	LessEqual    Prefix = "le"
	StartsAfter  Prefix = "sa"
	EndsBefore   Prefix = "eb"
	Approximate  Prefix = "ap"
)

// Prefixes lists all of them, as R4 does.
func Prefixes() []Prefix {
	return []Prefix{Equal, NotEqual, Greater, Less, GreaterEqual, LessEqual, StartsAfter, EndsBefore, Approximate}
}

// Holds compares a row's range [rowLo, rowHi] with the searched range [lo, hi],
// both inclusive. The store's SQL must say the same:
//
//	eq  row_lo >= lo AND row_hi <= hi        the search contains the row
//	ne  row_lo <  lo OR  row_hi >  hi        not eq
//	gt  row_hi >  hi                         some of the row is above the search
//	lt  row_lo <  lo                         some of the row is below the search
//	ge  row_hi >= lo                         not eb
//	le  row_lo <= hi                         not sa
//	sa  row_lo >  hi                         all of the row is above
//	eb  row_hi <  lo                         all of the row is below
//	ap  row_lo <= hi AND row_hi >= lo        they overlap; Parse has widened lo and hi
//
// R4 words ge as "gt or eq", which would lose a period that ends within the day
// asked for; like Inferno's US Core tests and HAPI we read it as "not before".
func (p Prefix) Holds(lo, hi, rowLo, rowHi int64) bool {
	switch p {
	case NotEqual:
		return rowLo < lo || rowHi > hi
	case Greater:
		return rowHi > hi
	case Less:
		return rowLo < lo
	case GreaterEqual:
		return rowHi >= lo
	case LessEqual:
		return rowLo <= hi
	case StartsAfter:
		return rowLo > hi
	case EndsBefore:
		return rowHi < lo
	case Approximate:
		return rowLo <= hi && rowHi >= lo
	}
	return rowLo >= lo && rowHi <= hi
}
