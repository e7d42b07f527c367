package search

import (
	"math/big"
	"strconv"
	"strings"
)

// decimal is a number as it was written: digits x 10^exp.
type decimal struct {
	negative bool
	digits   string // without leading zeros; empty for zero
	exp      int
}

// maxDigits and maxExponent bound what a number may look like.
const (
	maxDigits   = 64
	maxExponent = 200
)

// parseDecimal reads a FHIR decimal: -12.50, 1e3.
func parseDecimal(s string) (decimal, bool) {
	var d decimal
	mantissa, exponent, scientific := strings.Cut(strings.ReplaceAll(s, "E", "e"), "e")
	if scientific {
		n, err := strconv.Atoi(exponent)
		if err != nil || n > maxExponent || n < -maxExponent {
			return decimal{}, false
		}
		d.exp = n
	}
	d.negative = strings.HasPrefix(mantissa, "-")
	whole, fraction, pointed := strings.Cut(strings.TrimPrefix(mantissa, "-"), ".")
	d.exp -= len(fraction)
	all := whole + fraction
	if whole == "" || pointed && fraction == "" || len(all) > maxDigits || strings.Trim(all, "0123456789") != "" {
		return decimal{}, false
	}
	d.digits = strings.TrimLeft(all, "0")
	return d, true
}

// scaled gives the number in millionths, rounded down and up; beyond int64 it is
// MinTime or MaxTime.
func (d decimal) scaled() (floor, ceil int64) {
	if d.digits == "" {
		return 0, 0
	}
	size := len(d.digits) + d.exp + 6 // digits before the point, in millionths
	low, exact := int64(0), false
	switch {
	case size > 18:
		if d.negative {
			return MinTime, MinTime
		}
		return MaxTime, MaxTime
	case size >= len(d.digits):
		low, exact = atoi(d.digits+strings.Repeat("0", size-len(d.digits))), true
	case size > 0:
		low, exact = atoi(d.digits[:size]), strings.Trim(d.digits[size:], "0") == ""
	}
	high := low
	if !exact {
		high++
	}
	if d.negative {
		return -high, -low
	}
	return low, high
}

// atoi reads at most 18 digits.
func atoi(s string) int64 {
	n, _ := strconv.ParseInt(s, 10, 64)
	return n
}

// span is the range of numbers that round to d at the precision it was written
// in: 5.40 is 5.395 to just under 5.405 (http://hl7.org/fhir/R4/search.html#number).
func (d decimal) span() (lo, hi int64) {
	ten := new(big.Int)
	ten.SetString("0"+d.digits+"0", 10)
	if d.negative {
		ten.Neg(ten)
	}
	half := big.NewInt(5)
	_, lo = wide(new(big.Int).Sub(ten, half), d.exp-1).scaled()
	_, hi = wide(new(big.Int).Add(ten, half), d.exp-1).scaled()
	if lo == hi { // finer than a millionth: the millionth it falls into
		floor, ceil := d.scaled()
		return floor, ceil
	}
	if hi != MaxTime && hi != MinTime {
		hi--
	}
	return lo, hi
}

func wide(n *big.Int, exp int) decimal {
	return decimal{negative: n.Sign() < 0, digits: strings.TrimLeft(new(big.Int).Abs(n).String(), "0"), exp: exp}
}
