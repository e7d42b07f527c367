package ledger_test

import (
	"testing"

	"github.com/throughline/throughline/ledger"
)

// TestDenial: the word said last decides, of those that speak of the line.
func TestDenial(t *testing.T) {
	l := line("C-1", "2026-01-05", "8", func(l *ledger.Line) { l.ClaimID, l.Received, l.Modifiers = "C", 100, "HA HQ" })
	word := func(change func(*ledger.Advice)) ledger.Advice {
		a := ledger.Advice{Claim: "C", Date: ledger.NoDay, Reason: "CO-197", Received: 200}
		change(&a)
		return a
	}
	for name, c := range map[string]struct {
		advice ledger.Advice
		want   string
	}{
		"the whole claim":                  {word(func(a *ledger.Advice) {}), "CO-197"},
		"another claim":                    {word(func(a *ledger.Advice) { a.Claim = "D" }), ""},
		"its control number":               {word(func(a *ledger.Advice) { a.Line = "1" }), "CO-197"},
		"its control number in full":       {word(func(a *ledger.Advice) { a.Line = "C-1" }), "CO-197"},
		"another control number":           {word(func(a *ledger.Advice) { a.Line = "2" }), ""},
		"its service":                      {word(func(a *ledger.Advice) { a.Code, a.Modifiers, a.Date = "H2021", "HQ:ha", on("2026-01-05") }), "CO-197"},
		"its service on another day":       {word(func(a *ledger.Advice) { a.Code, a.Modifiers, a.Date = "H2021", "HQ:HA", on("2026-01-06") }), ""},
		"its service with fewer modifiers": {word(func(a *ledger.Advice) { a.Code, a.Modifiers = "H2021", "HA" }), ""},
		"said before the line was sent":    {word(func(a *ledger.Advice) { a.Received = 99 }), ""},
		"said at no time":                  {word(func(a *ledger.Advice) { a.Received = 0 }), "CO-197"},
	} {
		if got := ledger.Denial([]ledger.Advice{c.advice}, &l); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
	back := word(func(a *ledger.Advice) { a.Reason, a.Received = "", 300 })
	if got := ledger.Denial([]ledger.Advice{back, word(func(*ledger.Advice) {})}, &l); got != "" {
		t.Errorf("a denial that was taken back still stands: %q", got)
	}
	void := l
	void.Frequency = 8
	if got := ledger.Denial([]ledger.Advice{word(func(*ledger.Advice) {})}, &void); got != "" {
		t.Errorf("a void row was denied: %q", got)
	}
}

func TestLineID(t *testing.T) {
	for _, c := range [][3]string{{"C", "C-1", "C-1"}, {"C", "01", "C-01"}, {"C", "C", "C-C"}, {"HFS-1", "HFS-1-2", "HFS-1-2"}} {
		if got := ledger.LineID(c[0], c[1]); got != c[2] {
			t.Errorf("LineID(%s, %s) = %s, want %s", c[0], c[1], got, c[2])
		}
	}
}
