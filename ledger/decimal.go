package ledger

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Decimal is an exact number Coef / 10^Scale; never a float. Zero value = 0.
type Decimal struct {
	Coef  int64
	Scale uint8
}

// Whole is the decimal n.
func Whole(n int64) Decimal { return Decimal{Coef: n} }

// ParseDecimal reads "12", "-3", "2.50". At most 6 fraction digits.
func ParseDecimal(s string) (Decimal, error) {
	t := strings.TrimSpace(s)
	whole, frac, _ := strings.Cut(t, ".")
	frac = strings.TrimRight(frac, "0")
	if len(frac) > 6 || whole == "" && frac == "" {
		return Decimal{}, fmt.Errorf("number %q: want digits with at most 6 after the point", s)
	}
	n, err := strconv.ParseInt(whole+frac, 10, 64)
	if err != nil || strings.ContainsAny(frac, "+-") {
		return Decimal{}, fmt.Errorf("number %q: want digits with at most 6 after the point", s)
	}
	return Decimal{n, uint8(len(frac))}, nil
}

// Int is the whole number, and whether the decimal is one.
func (d Decimal) Int() (int64, bool) {
	d = d.shortest()
	return d.Coef, d.Scale == 0
}

// String prints the shortest exact form.
func (d Decimal) String() string {
	s := strconv.FormatInt(d.Coef, 10)
	if d.Scale == 0 {
		return s
	}
	sign := ""
	if d.Coef < 0 {
		sign, s = "-", s[1:]
	}
	if pad := int(d.Scale) + 1 - len(s); pad > 0 {
		s = strings.Repeat("0", pad) + s
	}
	cut := len(s) - int(d.Scale)
	return sign + s[:cut] + "." + s[cut:]
}

// shortest is the same number with no zeros at the end: equal numbers are equal
// values.
func (d Decimal) shortest() Decimal {
	for d.Scale > 0 && d.Coef%10 == 0 {
		d.Coef, d.Scale = d.Coef/10, d.Scale-1
	}
	return d
}

// Below these a burn rate fits 64 bits; above them it is computed in big numbers.
const (
	maxUnits = math.MaxInt64 / 1_000_000_000
	maxDays  = 36525
)
