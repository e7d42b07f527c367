package search

import (
	"fmt"
	"math/big"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func genRange(t *rapid.T, label string) (lo, hi int64) {
	lo = rapid.Int64Range(-1000, 1000).Draw(t, label+" lo")
	hi = lo + rapid.Int64Range(0, 300).Draw(t, label+" width")
	if rapid.IntRange(0, 9).Draw(t, label+" open") == 0 {
		lo = MinTime
	}
	if rapid.IntRange(0, 9).Draw(t, label+" endless") == 0 {
		hi = MaxTime
	}
	return lo, hi
}

// TestPrefixLaws: how the comparisons of R4 relate, for any two ranges.
func TestPrefixLaws(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		lo, hi := genRange(t, "search")
		rowLo, rowHi := genRange(t, "row")
		holds := map[Prefix]bool{}
		for _, p := range Prefixes() {
			holds[p] = p.Holds(lo, hi, rowLo, rowHi)
		}
		one := 0
		for _, p := range []Prefix{EndsBefore, StartsAfter, Approximate} {
			if holds[p] {
				one++
			}
		}
		laws := map[string]bool{
			"before, after or overlapping, exactly one": one == 1,
			"ne is not eq":              holds[NotEqual] != holds[Equal],
			"eq, lt or gt":              holds[Equal] == (!holds[Less] && !holds[Greater]),
			"ge is not eb":              holds[GreaterEqual] != holds[EndsBefore],
			"le is not sa":              holds[LessEqual] != holds[StartsAfter],
			"gt and eq imply ge":        implies(holds[Greater] || holds[Equal], holds[GreaterEqual]),
			"lt and eq imply le":        implies(holds[Less] || holds[Equal], holds[LessEqual]),
			"sa implies gt":             implies(holds[StartsAfter], holds[Greater]),
			"eb implies lt":             implies(holds[EndsBefore], holds[Less]),
			"overlap is both ge and le": holds[Approximate] == (holds[GreaterEqual] && holds[LessEqual]),
		}
		for law, ok := range laws {
			if !ok {
				t.Errorf("%s: search [%d,%d], row [%d,%d]: %v", law, lo, hi, rowLo, rowHi, holds)
			}
		}
	})
}

// TestMomentsAgreeWithTime checks our reader against package time, which knows
// the calendar but not the precision.
func TestMomentsAgreeWithTime(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		at := time.UnixMicro(rapid.Int64Range(-62135596800000000, 253402300799999999).Draw(t, "micros")).UTC()
		zone := time.FixedZone("", rapid.IntRange(-14*60, 14*60).Draw(t, "zone")*60)
		layouts := []struct {
			layout string
			next   func(time.Time) time.Time
		}{
			{"2006", func(a time.Time) time.Time { return a.AddDate(1, 0, 0) }},
			{"2006-01", func(a time.Time) time.Time { return a.AddDate(0, 1, 0) }},
			{"2006-01-02", func(a time.Time) time.Time { return a.AddDate(0, 0, 1) }},
			{"2006-01-02T15:04Z07:00", func(a time.Time) time.Time { return a.Add(time.Minute) }},
			{"2006-01-02T15:04:05Z07:00", func(a time.Time) time.Time { return a.Add(time.Second) }},
			{"2006-01-02T15:04:05.000Z07:00", func(a time.Time) time.Time { return a.Add(time.Millisecond) }},
			{"2006-01-02T15:04:05.000000Z07:00", func(a time.Time) time.Time { return a.Add(time.Microsecond) }},
		}
		l := rapid.SampledFrom(layouts).Draw(t, "layout")
		text := at.Format(l.layout)
		if strings.Contains(l.layout, "T") && at.Year() > 1 && at.Year() < 9999 {
			text = at.In(zone).Format(l.layout)
		}
		want, err := time.Parse(l.layout, text)
		lo, hi, ok := parseMoment(text)
		if err != nil || !ok {
			t.Fatal(text, err, ok)
		}
		if lo != want.UnixMicro() || hi != l.next(want).UnixMicro()-1 {
			t.Errorf("%s is [%d,%d], want [%d,%d]", text, lo, hi, want.UnixMicro(), l.next(want).UnixMicro()-1)
		}
	})
}

func TestBadMoments(t *testing.T) {
	for _, bad := range []string{"", "0000", "24", "2024-", "2024-00", "2024-1", "2024-02-30", "2100-02-29", "2024-02-01T", "2024-02-01T1", "2024-02-01T24:00",
		"2024-02-01 10:00", "2024-02-01T10:00:61Z", "2024-02-01T10:00:00.Z", "2024-02-01T10:00:00+2:00", "2024-02-01T10:00:00*02:00", "2024-02-01T10:00:00+15:00", "2024-02-01Z"} {
		if lo, hi, ok := parseMoment(bad); ok {
			t.Errorf("%q is [%d,%d]", bad, lo, hi)
		}
	}
}

// TestDecimalLaws: floor and ceiling enclose the number within a millionth, and
// a number is within the range that rounds to it.
func TestDecimalLaws(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`-?(0|[1-9][0-9]{0,9})(\.[0-9]{1,12})?([eE][+-]?[0-9])?`).Draw(t, "number")
		d, ok := parseDecimal(text)
		if !ok {
			t.Fatal(text)
		}
		exact, _ := new(big.Rat).SetString(text)
		exact.Mul(exact, big.NewRat(Scale, 1))
		floor, ceil := d.scaled()
		if floor == MinTime || floor == MaxTime {
			if exact.Abs(exact).Cmp(new(big.Rat).SetInt64(1e18)) < 0 {
				t.Fatal(text, "is not that large")
			}
			return
		}
		if exact.Cmp(new(big.Rat).SetInt64(floor)) < 0 || exact.Cmp(new(big.Rat).SetInt64(ceil)) > 0 || ceil-floor > 1 || exact.IsInt() && floor != ceil {
			t.Fatalf("%s: %d..%d", text, floor, ceil)
		}
		if lo, hi := d.span(); !Equal.Holds(lo, hi, floor, ceil) && lo != MinTime && hi != MaxTime {
			t.Fatalf("%s: %d..%d is not within %d..%d", text, floor, ceil, lo, hi)
		}
	})
}

func TestDecimals(t *testing.T) {
	spans := map[string]string{"100": "99.500000..100.499999", "100.00": "99.995000..100.004999", "5.4": "5.350000..5.449999", "-2": "-2.500000..-1.500001",
		"0": "-0.500000..0.499999", "1e2": "50.000000..149.999999", "0.0000001": "0.000000..0.000001"}
	for text, want := range spans {
		d, _ := parseDecimal(text)
		lo, hi := d.span()
		if got := millionths(lo) + ".." + millionths(hi); got != want {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
	for _, bad := range []string{"", "-", ".", "1.", ".5", "+1", "1e", "1e999", "0x1", "1,5", "NaN", "--1", strings.Repeat("9", 65)} {
		if _, ok := parseDecimal(bad); ok {
			t.Errorf("%q is a number", bad)
		}
	}
}

func TestFoldLaws(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.String().Draw(t, "text")
		once := Fold(s)
		if Fold(once) != once {
			t.Errorf("%q folds to %q and then to %q", s, once, Fold(once))
		}
		if Fold(" "+s+"\t") != once {
			t.Errorf("space around %q changes it", s)
		}
	})
	for s, want := range map[string]string{"  José  ÁLVAREZ ": "jose alvarez", "STRAẞE": "strasse", "Łódź": "lodz", "Ørsted": "orsted", "İpek": "ipek", "a\u0301": "a", "\u00a0": ""} {
		if got := Fold(s); got != want {
			t.Errorf("Fold(%q) = %q, want %q", s, got, want)
		}
	}
}

func TestContacts(t *testing.T) {
	for s, want := range map[string]string{"(555) 010-2030": "5550102030", "+1 555.010.2030": "+15550102030", " A@B.org ": "a@b.org", "ext 5": "ext 5", "...": "...", "": ""} {
		if got := foldContact(s); got != want {
			t.Errorf("foldContact(%q) = %q, want %q", s, got, want)
		}
	}
}

// TestSplitLaws: escaping and splitting undo each other.
func TestSplitLaws(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		words := rapid.SliceOfN(rapid.StringMatching(`[a,|$\\]{0,6}`), 1, 4).Draw(t, "words")
		escaped := make([]string, len(words))
		for i, w := range words {
			escaped[i] = Escape(w)
		}
		pieces := split(strings.Join(escaped, ","), ',')
		for i := range pieces {
			pieces[i] = unescape(pieces[i])
		}
		if fmt.Sprintf("%q", pieces) != fmt.Sprintf("%q", words) {
			t.Errorf("%q became %q", words, pieces)
		}
	})
}

func implies(a, b bool) bool { return !a || b }
