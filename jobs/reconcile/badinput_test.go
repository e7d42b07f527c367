package reconcile_test

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/jobs/load"
	"github.com/throughline/throughline/jobs/reconcile"
	"github.com/throughline/throughline/ledger"
	"github.com/throughline/throughline/store"
	"github.com/throughline/throughline/store/storetest"
)

// oddity is a kind of bad or odd input with what becomes of it. Rows leave out
// what does not matter; a dot before an id is replaced by one of the case's own.
type oddity struct {
	name string
	why  string // in the words of docs/ledger.md

	span    string   // of .M: "start,end,received"; empty = all of 2026; "none"
	auths   []string // "id,start,end,units,status,received" of .M, H2021, provider 10, unit UN
	lines   []string // "id,date,units" and what else differs, as " column=value"
	want    string   // verdicts in order of the ids, with flags behind them
	later   []string // as lines, sent when those have been judged
	spanned string   // a span sent then
	cut     string   // an authorization sent then
	merge   bool     // .N, who sent the lines with member_id=.N, turns out to be .M
	after   string   // verdicts then; empty = nothing comes later
	refused string   // column of a row that the door refuses
}

const yearly = ".A,2026-01-01,2026-12-31,10,approved,2026-01-01"

var oddities = []oddity{
	{name: "no code", why: "it cannot be settled", lines: []string{".1,2026-02-03,2 code="}, want: "invalid_line"},
	{name: "a code that nobody authorized", why: "no authorization comes near", lines: []string{".1,2026-02-03,2 code=X9999 provider_id=77"}, want: "no_authorization"},
	{name: "a code other than the provider's authorization has", why: "the nearest miss", lines: []string{".1,2026-02-03,2 code=X9999"}, want: "wrong_code"},
	{name: "a child nobody has enrolled", why: "unknown members are taken in", span: "none", lines: []string{".1,2026-02-03,2"}, want: "not_enrolled"},
	{name: "zero units", why: "it cannot be settled", lines: []string{".1,2026-02-03,0"}, want: "invalid_line"},
	{name: "negative units", why: "a correction is a replacement or a void, not a negative line", lines: []string{".1,2026-02-03,-2"}, want: "invalid_line"},
	{name: "part of a unit", why: "no row of the unit table rounds it", lines: []string{".1,2026-02-03,2.5"}, want: "invalid_line"},
	{name: "a quantity that is no number", why: "the row is refused with its number and column, and counted as bad in the manifest", lines: []string{".1,2026-02-03,many"}, refused: "units"},
	{name: "a word that no column knows", why: "the same", lines: []string{".1,2026-02-03,2 frequency=9"}, refused: "frequency"},
	{name: "a unit of measure that nothing converts", why: "the unit table has no row for it", lines: []string{".1,2026-02-03,2 unit=MJ"}, want: "unknown_unit"},
	{name: "no unit of measure", why: "where either side names none they are taken as the same", lines: []string{".1,2026-02-03,2 unit="}, want: "matched"},
	{name: "a date that does not exist", why: "it cannot be settled", lines: []string{".1,2026-02-30,2"}, want: "invalid_line"},
	{name: "a date after the as-of day", why: "judged like any other", lines: []string{".1,2026-07-05,2"}, want: "matched after_as_of"},
	{name: "a line received after the as-of day", why: "judged like any other", lines: []string{".1,2026-02-03,2 received_at=2026-07-01"}, want: "matched after_as_of"},
	{name: "a date before every period", why: "the nearest miss", span: "2024-01-01,,", lines: []string{".1,2024-02-03,2"}, want: "outside_period"},
	{name: "the void of an unknown line", why: "it consumes nothing, and is judged again when the original comes", lines: []string{".2,2026-02-03,2 frequency=8 replaces=.1"}, want: "unknown_original",
		later: []string{".1,2026-02-03,2 received_at=2026-02-01"}, after: "voided, void"},
	{name: "the replacement of an unknown line", why: "the same", lines: []string{".2,2026-02-03,3 frequency=7 replaces=.1"}, want: "unknown_original",
		later: []string{".1,2026-02-03,2 received_at=2026-02-01"}, after: "replaced, matched"},
	{name: "a void that names nothing, or itself", why: "its original is unknown", lines: []string{".1,2026-02-03,2 frequency=8", ".2,2026-02-04,2 frequency=8 replaces=.2"}, want: "unknown_original, unknown_original"},
	{name: "a line replaced twice", why: "the last received stands alone", lines: []string{".1,2026-02-03,2", ".2,2026-02-03,3 frequency=7 replaces=.1 received_at=2026-03-02", ".3,2026-02-03,4 frequency=7 replaces=.1 received_at=2026-03-01"},
		want: "replaced, matched, replaced"},
	{name: "a line replaced and then voided", why: "a void leaves none of its chain", lines: []string{".1,2026-02-03,2", ".2,2026-02-03,3 frequency=7 replaces=.1 received_at=2026-03-01", ".3,2026-02-03,3 frequency=8 replaces=.2 received_at=2026-03-02"},
		want: "voided, voided, void"},
	{name: "the same line under two ids", why: "the earlier id counts", lines: []string{".1,2026-02-03,2", ".2,2026-02-03,2"}, want: "matched, duplicate"},
	{name: "the same id sent again", why: "a later received row of the same key replaces the earlier one, which is counted as superseded", lines: []string{".1,2026-02-03,2"}, want: "matched",
		later: []string{".1,2026-02-03,99 received_at=2026-03-01"}, after: "exhausted"},
	{name: "more units than are left", why: "what was given stays given", lines: []string{".1,2026-02-03,8", ".2,2026-02-04,8"}, want: "matched, exhausted"},
	{name: "overlapping authorizations", why: "the one that ends first gives first, and the next gives the rest", auths: []string{yearly, ".B,2026-01-01,2026-06-30,5,approved,2026-01-01"},
		lines: []string{".1,2026-02-03,7", ".2,2026-02-04,8"}, want: "matched, matched"},
	{name: "an authorization that is not approved", why: "it takes part in nothing", auths: []string{".A,2026-01-01,2026-12-31,10,denied,2026-01-01"}, lines: []string{".1,2026-02-03,2"}, want: "no_authorization"},
	{name: "an authorization that ends before it begins", why: "it holds no date", auths: []string{".A,2026-03-01,2026-01-01,10,approved,2026-01-01"}, lines: []string{".1,2026-02-03,2"}, want: "outside_period"},
	{name: "an authorization cut after the fact", why: "all lines are judged again by the decision in force: those first in time keep their units", lines: []string{".1,2026-02-03,4", ".2,2026-02-04,4"}, want: "matched, matched",
		cut: ".A,2026-01-01,2026-12-31,5,approved,2026-05-01", after: "matched, exhausted"},
	{name: "an authorization shortened after the fact", why: "what lies behind its end is outside", lines: []string{".1,2026-02-03,4", ".2,2026-05-04,4"}, want: "matched, matched",
		cut: ".A,2026-01-01,2026-03-31,10,approved,2026-05-10", after: "matched, outside_period"},
	{name: "a cut decided after the as-of day", why: "it is not in force yet", lines: []string{".1,2026-02-03,4", ".2,2026-02-04,4"}, want: "matched, matched",
		cut: ".A,2026-01-01,2026-12-31,5,approved,2026-07-01", after: "matched, matched"},
	{name: "coverage that comes late", why: "the line is judged again", span: "2026-03-01,,", lines: []string{".1,2026-02-03,2"}, want: "not_enrolled", spanned: "2026-01-01,2026-02-28,2026-06-01", after: "matched"},
	{name: "coverage that ends early", why: "a later row of the same start replaces the earlier one", lines: []string{".1,2026-02-03,2", ".2,2026-05-03,2"}, want: "matched, matched", spanned: "2026-01-01,2026-03-31,2026-06-01", after: "matched, not_enrolled"},
	{name: "coverage taken back", why: "an end before the start retracts it", lines: []string{".1,2026-02-03,2"}, want: "matched", spanned: "2026-01-01,2025-12-31,2026-06-01", after: "not_enrolled"},
	{name: "two members that are one, found in the middle of a period", why: "both ids name the child from then on, and all lines draw on its authorizations in order of their dates", lines: []string{".1,2026-02-03,6", ".2,2026-04-03,2 member_id=.N", ".3,2026-05-03,6"},
		want: "matched, not_enrolled, exhausted", merge: true, after: "matched, matched, exhausted"},
}

// own puts the case's own ids in.
func own(n int, text string) string {
	for _, id := range []string{"M", "N", "A", "B", "1", "2", "3"} {
		for _, before := range []string{",", "=", ""} {
			from := before + "." + id
			if before == "" && !strings.HasPrefix(text, from) {
				continue
			}
			text = strings.ReplaceAll(text, from, fmt.Sprintf("%sodd%02d-%s", before, n, id))
		}
	}
	return text
}

func oddSpan(span string) string {
	switch span {
	case "none":
		return ""
	case "":
		span = "2026-01-01,,"
	}
	c := strings.Split(span, ",")
	return strings.Join([]string{".M", c[0], c[1], "PAYER", "program", c[2]}, ",") + "\n"
}

func oddAuth(auth string) string {
	c := strings.Split(auth, ",")
	return strings.Join([]string{c[0], ".M", "10", "H2021", "", c[1], c[2], c[3], c[4], "UN", "", "", "program", "PAYER", "", "", c[5]}, ",") + "\n"
}

func oddLine(line string) string {
	words := strings.Fields(line)
	c := strings.Split(words[0], ",")
	row := map[string]string{"line_id": c[0], "member_id": ".M", "provider_id": "10", "code": "H2021", "service_date": c[1], "units": c[2], "unit": "UN", "received_at": "2026-02-20"}
	for _, w := range words[1:] {
		column, value, _ := strings.Cut(w, "=")
		row[column] = value
	}
	var out []string
	for _, column := range strings.Split(heads["service"], ",") {
		out = append(out, row[column])
	}
	return strings.Join(out, ",") + "\n"
}

// first and second are what the case sends at once, and later.
func (o *oddity) first(n int) map[string]string {
	auths := o.auths
	if auths == nil {
		auths = []string{yearly}
	}
	out := map[string]string{"enrollment": own(n, oddSpan(o.span))}
	for _, a := range auths {
		out["authorization"] += own(n, oddAuth(a))
	}
	for _, l := range o.lines {
		out["service"] += own(n, oddLine(l))
	}
	return out
}

func (o *oddity) second(n int) map[string]string {
	out := map[string]string{}
	if o.spanned != "" {
		out["enrollment"] = own(n, oddSpan(o.spanned))
	}
	if o.cut != "" {
		out["authorization"] = own(n, oddAuth(o.cut))
	}
	for _, l := range o.later {
		out["service"] += own(n, oddLine(l))
	}
	return out
}

// takeOdd imports rows of one kind and gives the columns that were refused.
func takeOdd(t *testing.T, s *store.Store, kind, rows string) (refused []string) {
	t.Helper()
	text := heads[kind] + "\n" + rows
	r, err := load.New(kind, strings.NewReader(text), load.Options{Partner: "p", MemberSystem: storetest.MemberSystem, Bad: func(i load.Issue) { refused = append(refused, i.Column) }})
	if err != nil {
		t.Fatal(err)
	}
	b := storetest.Batch("p", kind, text)
	b.Next = func() (store.ImportChunk, error) {
		c, err := r.Next()
		return store.ImportChunk(c), err
	}
	if _, err := s.Import(context.Background(), b); err != nil {
		t.Fatal(err)
	}
	return refused
}

// judged are the verdicts of the lines of every case, in order of their ids.
func judged(t *testing.T, s *store.Store) (verdicts map[int][]string, sum *ledger.Summary) {
	t.Helper()
	sum = run(t, s, reconcile.Options{})
	verdicts = map[int][]string{}
	table(t, export(t, s)["lines.csv"], func(r []string) string {
		n := int(number(r[0][3:5]))
		verdicts[n] = append(verdicts[n], strings.TrimSpace(r[1]+" "+r[6]))
		return ""
	})
	return verdicts, sum
}

// TestBadInput sends every kind of bad and odd input at once, on both databases:
// each has the verdict that the page states, and every row that the door took is
// counted.
func TestBadInput(t *testing.T) {
	storetest.Each(t, func(t *testing.T, open func() *store.Store) {
		s := open()
		rows, taken := map[string]string{}, 0
		for n := range oddities {
			for kind, text := range oddities[n].first(n) {
				rows[kind] += text
			}
			if oddities[n].refused == "" {
				taken += len(oddities[n].lines)
			}
		}
		var refused []string
		for _, kind := range []string{"enrollment", "authorization", "service"} {
			refused = append(refused, takeOdd(t, s, kind, rows[kind])...)
		}
		verdicts, sum := judged(t, s)
		if sum.RowsIn != int64(taken) || sum.RowsOut != int64(taken) {
			t.Errorf("%d rows taken, %d read, %d verdicts", taken, sum.RowsIn, sum.RowsOut)
		}
		var want []string
		for n, o := range oddities {
			if got := strings.Join(verdicts[n], ", "); got != o.want {
				t.Errorf("%s: %q, want %q", o.name, got, o.want)
			}
			if o.refused != "" {
				want = append(want, o.refused)
			}
		}
		if fmt.Sprint(refused) != fmt.Sprint(want) {
			t.Errorf("refused %v, want %v", refused, want)
		}
		again := 0
		for n := range oddities {
			for kind, text := range oddities[n].second(n) {
				takeOdd(t, s, kind, text)
			}
			if oddities[n].merge {
				oneChild(t, s, n)
			}
			again += len(oddities[n].later)
		}
		verdicts, sum = judged(t, s)
		if sum.RowsIn < int64(taken+again) || sum.RowsIn != sum.RowsOut+sum.Superseded {
			t.Errorf("%d rows taken, %d read, %d verdicts, %d older", taken+again, sum.RowsIn, sum.RowsOut, sum.Superseded)
		}
		for n, o := range oddities {
			if got := strings.Join(verdicts[n], ", "); o.after != "" && got != o.after {
				t.Errorf("%s: then %q, want %q", o.name, got, o.after)
			}
		}
	})
}

// oneChild lets a person say that .M and .N are one.
func oneChild(t *testing.T, s *store.Store, n int) {
	t.Helper()
	id := func(text string) gateway.Identifier {
		return gateway.Identifier{System: storetest.MemberSystem, Value: own(n, text)}
	}
	m := &mischief{t: t, s: s}
	m.commit(gateway.Mapped{Merges: []gateway.Merge{{From: id(".N"), Into: id(".M")}}})
	open, err := s.Reviews(context.Background(), false)
	if err != nil || len(open) != 1 {
		t.Fatalf("%+v %v", open, err)
	}
	if _, err := s.LinkPeople(context.Background(), open[0].ID, "one child", "operator"); err != nil {
		t.Fatal(err)
	}
}

// TestBadInputIsOnThePage holds the table of docs/ledger.md against the cases.
func TestBadInputIsOnThePage(t *testing.T) {
	page, err := os.ReadFile("../../docs/ledger.md")
	if err != nil {
		t.Fatal(err)
	}
	quote := func(text string) string {
		return "`" + strings.NewReplacer(", ", "`, `", " ", "` with `").Replace(text) + "`"
	}
	want := "| What comes | Verdict | Because |\n|---|---|---|\n"
	for _, o := range oddities {
		verdict := "refused at the door"
		if o.refused == "" {
			verdict = quote(o.want)
		}
		if o.after != "" {
			verdict += "; then " + quote(o.after)
		}
		want += fmt.Sprintf("| %s | %s | %s |\n", o.name, verdict, o.why)
	}
	if !strings.Contains(string(page), want) {
		t.Errorf("docs/ledger.md does not have this table:\n%s", want)
	}
}
