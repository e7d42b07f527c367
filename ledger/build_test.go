package ledger_test

import (
	"strings"
	"testing"

	"github.com/throughline/throughline/ledger"
)

// Small words to build cases by hand: everything a test does not say is the most
// ordinary value, a line that authorization A pays.

func on(text string) ledger.Day {
	d, err := ledger.ParseDay(text)
	if err != nil {
		panic(err)
	}
	return d
}

func decimal(text string) ledger.Decimal {
	d, err := ledger.ParseDecimal(text)
	if err != nil {
		panic(err)
	}
	return d
}

func line(id, day string, units string, change ...func(*ledger.Line)) ledger.Line {
	l := ledger.Line{Partner: "p", ID: id, ClaimID: "C" + id, Provider: "N1", Code: "H2021", Modifiers: "HA", DateText: day, Units: decimal(units), Frequency: 1}
	l.Date = date(day, ledger.NoDay)
	for _, c := range change {
		c(&l)
	}
	return l
}

func auth(id string, units int64, change ...func(*ledger.Auth)) ledger.Auth {
	a := ledger.Auth{Partner: "p", ID: id, Provider: "N1", Code: "H2021", Modifiers: "HA", Start: on("2026-01-01"), End: on("2026-03-31"),
		Units: units, Status: ledger.Approved, Payer: "M1"}
	for _, c := range change {
		c(&a)
	}
	return a
}

func span(payer, start, end string) ledger.Span {
	return ledger.Span{Partner: "p", Payer: payer, Program: "w", Start: on(start), End: date(end, ledger.Forever)}
}

// example is a sentence of the page with a case that shows it. want is one word
// a line in order of (id, partner): "id verdict matched[ auth:units...]".
type example struct {
	sentence string
	lines    []ledger.Line
	auths    []ledger.Auth
	spans    []ledger.Span // default: enrolled with M1 for ever
	asOf     string        // default 2026-02-01
	rules    *ledger.Rules // default DefaultRules
	want     []string
}

func (e *example) settle() *ledger.Result {
	c := &ledger.Case{Member: "m", Lines: e.lines, Auths: e.auths, Spans: e.spans}
	if e.spans == nil {
		c.Spans = []ledger.Span{span("M1", "2025-01-01", "")}
	}
	asOf := on("2026-02-01")
	if e.asOf != "" {
		asOf = on(e.asOf)
	}
	return ledger.Settle(c, asOf, e.rules)
}

func (e *example) run(t *testing.T) {
	r := e.settle()
	var got []string
	for i := range r.Lines {
		got = append(got, words(&r.Lines[i]))
		reason := r.Lines[i].Reason()
		if !strings.HasSuffix(reason, ".") || strings.Contains(reason, "%!") {
			t.Errorf("%s: reason %q is no sentence", r.Lines[i].Line.ID, reason)
		}
	}
	if a, b := strings.Join(got, "\n"), strings.Join(e.want, "\n"); a != b {
		t.Errorf("got\n%s\nwant\n%s", a, b)
	}
}

func words(v *ledger.LineVerdict) string {
	var b strings.Builder
	b.WriteString(v.Line.ID + " " + string(v.Verdict))
	for _, s := range v.Splits {
		b.WriteString(" " + s.Auth.ID + ":" + ledger.Whole(s.Units).String())
	}
	if v.Nearest.ID != "" {
		b.WriteString(" near " + v.Nearest.ID)
	}
	for _, f := range v.Flags {
		b.WriteString(" " + f)
	}
	return b.String()
}

func examples(t *testing.T, list []example) {
	for i := range list {
		t.Run(list[i].sentence, list[i].run)
	}
}

func received(text string) ledger.Stamp {
	return stamp(failNever{}, text+"T12:00:00Z")
}

type failNever struct{}

func (failNever) Helper()           {}
func (failNever) Fatal(args ...any) { panic(args) }
