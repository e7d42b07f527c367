package ledger_test

import (
	"math/big"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/throughline/throughline/ledger"
)

func FuzzParseDecimal(f *testing.F) {
	for _, s := range []string{"12", "-3", "2.50", "", ".", "-", "+1", "-.5", "1e3", "0x1", "1_000", "9223372036854775807", "0.0000001", "1.-2", "--1", "1..2", "007.10"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		d, err := ledger.ParseDecimal(s)
		if err != nil {
			return
		}
		want, ok := new(big.Rat).SetString(strings.TrimSpace(s))
		got, _ := new(big.Rat).SetString(d.String())
		if !ok || got == nil || want.Cmp(got) != 0 {
			t.Fatalf("%q read as %s", s, d)
		}
		if again, err := ledger.ParseDecimal(d.String()); err != nil || again.String() != d.String() {
			t.Fatalf("%q prints %s, which reads as %v, %v", s, d, again, err)
		}
	})
}

func FuzzParseDay(f *testing.F) {
	for _, s := range []string{"2026-01-31", "2026-02-30", "0000-01-01", "9999-12-31", "2026-1-1", " 2026-01-01", "2024-02-29"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		d, err := ledger.ParseDay(s)
		if err != nil {
			return
		}
		if d.String() != s {
			t.Fatalf("%q prints %q", s, d)
		}
		if want, _ := time.Parse(time.DateOnly, s); !d.Time().Equal(want) {
			t.Fatalf("%q is %s", s, d.Time())
		}
	})
}

func FuzzNormalModifiers(f *testing.F) {
	for _, s := range []string{"", "HA", "ha u1", "U1:HA:ha", " : ", "É1", "a\tb\r\nc", "HA\xff"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		n := ledger.NormalModifiers(s)
		if ledger.NormalModifiers(n) != n || ledger.NormalModifiers(s+":"+s) != n {
			t.Fatalf("%q: %q is no normal form", s, n)
		}
		words := strings.Fields(n)
		if !slices.IsSorted(words) || len(slices.Compact(slices.Clone(words))) != len(words) {
			t.Fatalf("%q: %q is not a sorted set", s, n)
		}
	})
}
