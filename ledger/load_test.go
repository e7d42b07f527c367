package ledger_test

import (
	"encoding/csv"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/throughline/throughline/internal/population/oracle"
	"github.com/throughline/throughline/ledger"
)

// tables is what one partner sends, as CSV text.
type tables struct {
	partner, enrollment, authorization, service, advice, continuation string
}

// failer is a test or a property.
type failer interface {
	Helper()
	Fatal(args ...any)
}

// world is the loaded population: one case for each member.
type world struct {
	cases map[string]*ledger.Case
	rows  []memberLine
	auths []memberAuth
}

type memberLine struct {
	member string
	line   ledger.Line
}

type memberAuth struct {
	member string
	auth   ledger.Auth
}

// load reads the tables as a loader must: every version of every row, and the
// rows of other members that a chain or a shared key brings in as foreign.
func load(tb failer, sources ...tables) *world {
	tb.Helper()
	w := &world{cases: map[string]*ledger.Case{}}
	spans := 0
	for _, src := range sources {
		for _, c := range parse(tb, src.enrollment) {
			spans++
			m := w.member(c["member_id"])
			m.Spans = append(m.Spans, ledger.Span{Partner: src.partner, Payer: c["payer"], Program: c["program"],
				Start: date(c["start"], ledger.NoDay), End: date(c["end"], ledger.Forever), Received: stamp(tb, c["received_at"]), Seq: int64(spans)})
		}
		for _, c := range parse(tb, src.authorization) {
			w.auths = append(w.auths, memberAuth{c["member_id"], loadAuth(tb, src.partner, c, int64(len(w.auths)))})
		}
		for _, c := range parse(tb, src.continuation) {
			w.auths = append(w.auths, memberAuth{c["member_id"], ledger.Auth{Partner: src.partner, ID: ledger.ContinuationID(c["authorization_id"], c["appeal_id"]),
				Continues: ledger.AuthKey{Partner: src.partner, ID: c["authorization_id"]}, Start: date(c["start"], ledger.NoDay), End: date(c["end"], ledger.Forever),
				Status: ledger.Status(c["status"]), Level: date(c["level"], ledger.NoDay), Received: stamp(tb, c["received_at"]), Seq: int64(len(w.auths))}})
		}
		for _, c := range parse(tb, src.service) {
			w.rows = append(w.rows, memberLine{c["member_id"], loadLine(tb, src.partner, c, int64(len(w.rows)))})
		}
	}
	w.deny(tb, sources)
	w.shareAuths()
	w.shareLines()
	return w
}

// deny gives every line what the payer said of it last, as a store must.
func (w *world) deny(tb failer, sources []tables) {
	tb.Helper()
	said := map[string][]ledger.Advice{}
	seq := int64(0)
	for _, src := range sources {
		for _, c := range parse(tb, src.advice) {
			seq++
			said[c["member_id"]] = append(said[c["member_id"]], ledger.Advice{Partner: src.partner, Claim: c["claim_id"], Line: c["line_id"], Code: c["code"],
				Modifiers: c["modifiers"], Date: date(c["date"], ledger.NoDay), Reason: c["reason"], Received: stamp(tb, c["received_at"]), Seq: seq})
		}
	}
	for i := range w.rows {
		w.rows[i].line.DenialCode = ledger.Denial(said[w.rows[i].member], &w.rows[i].line)
	}
}

// unitTable reads rows in the columns of population.UnitHeader.
func unitTable(tb failer, text string) (out []ledger.UnitRow) {
	tb.Helper()
	for _, c := range parse(tb, text) {
		out = append(out, ledger.UnitRow{Payer: c["payer"], Code: c["code"], Modifiers: c["modifiers"], From: date(c["from"], 0), To: date(c["to"], 0),
			LineUnit: c["line_unit"], AuthUnit: c["auth_unit"], Num: integer(c["num"]), Den: integer(c["den"]), Round: ledger.Rounding(c["round"]),
			DailyMax: integer(c["daily_max"])})
	}
	return out
}

func loadAuth(tb failer, partner string, c map[string]string, seq int64) ledger.Auth {
	a := ledger.Auth{Partner: partner, ID: c["authorization_id"], Provider: c["provider_id"], Code: c["code"], Modifiers: c["modifiers"],
		Start: date(c["start"], ledger.NoDay), End: date(c["end"], ledger.Forever), Units: integer(c["units"]), Unit: c["unit"],
		Status: ledger.Status(c["status"]), Program: c["program"], Payer: c["payer"], Received: stamp(tb, c["received_at"]), Seq: seq}
	if c["cap_units"] != "" {
		a.CapPeriod, a.CapUnits = ledger.CapPeriod(c["cap_period"]), integer(c["cap_units"])
	}
	return a
}

func loadLine(tb failer, partner string, c map[string]string, seq int64) ledger.Line {
	units, err := ledger.ParseDecimal(c["units"])
	if err != nil {
		tb.Fatal(err)
	}
	return ledger.Line{Partner: partner, ID: c["line_id"], ClaimID: c["claim_id"], Provider: c["provider_id"], Code: c["code"],
		Modifiers: c["modifiers"], Date: date(c["service_date"], ledger.NoDay), DateText: c["service_date"], Units: units, Unit: c["unit"],
		Frequency: int(integer(c["frequency"])), Replaces: c["replaces"], Source: c["source"], Auth: c["authorization_id"],
		VisitID: c["visit_id"], StartTime: c["start_time"], Received: stamp(tb, c["received_at"]), Seq: seq}
}

func (w *world) member(id string) *ledger.Case {
	if w.cases[id] == nil {
		w.cases[id] = &ledger.Case{Member: id}
	}
	return w.cases[id]
}

// shareAuths hands every version of a key to every member it ever belonged to.
func (w *world) shareAuths() {
	members := map[ledger.AuthKey][]string{}
	for _, a := range w.auths {
		if k := a.auth.Key(); !slices.Contains(members[k], a.member) {
			members[k] = append(members[k], a.member)
		}
	}
	for _, a := range w.auths {
		for _, m := range members[a.auth.Key()] {
			auth := a.auth
			auth.Foreign = m != a.member
			w.member(m).Auths = append(w.member(m).Auths, auth)
		}
	}
}

// shareLines hands every row to every member of the chain it may belong to.
func (w *world) shareLines() {
	parent := map[string]string{}
	var find func(string) string
	find = func(n string) string {
		if p, ok := parent[n]; ok && p != n {
			parent[n] = find(p)
			return parent[n]
		}
		return n
	}
	node := func(l *ledger.Line) string { return l.Partner + "|line|" + l.ID }
	named := map[string]bool{}
	for _, r := range w.rows {
		named[r.line.Partner+"|"+r.line.Replaces] = true
	}
	for i := range w.rows {
		l := &w.rows[i].line
		if l.ClaimID != "" && named[l.Partner+"|"+l.ClaimID] {
			parent[find(node(l))] = find(l.Partner + "|claim|" + l.ClaimID)
		}
		if l.Replaces != "" {
			parent[find(node(l))] = find(l.Partner + "|claim|" + l.Replaces)
			parent[find(node(l))] = find(l.Partner + "|line|" + l.Replaces)
		}
	}
	members := map[string][]string{}
	for i := range w.rows {
		if root := find(node(&w.rows[i].line)); !slices.Contains(members[root], w.rows[i].member) {
			members[root] = append(members[root], w.rows[i].member)
		}
	}
	for i := range w.rows {
		for _, m := range members[find(node(&w.rows[i].line))] {
			l := w.rows[i].line
			l.Foreign = m != w.rows[i].member
			w.member(m).Lines = append(w.member(m).Lines, l)
		}
	}
}

func parse(tb failer, text string) []map[string]string {
	tb.Helper()
	rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil {
		tb.Fatal(err)
	}
	var out []map[string]string
	for i, row := range rows {
		if i == 0 {
			continue
		}
		c := map[string]string{}
		for n, name := range rows[0] {
			c[name] = row[n]
		}
		out = append(out, c)
	}
	return out
}

func date(text string, otherwise ledger.Day) ledger.Day {
	if d, err := ledger.ParseDay(text); err == nil {
		return d
	}
	return otherwise
}

func integer(text string) int64 {
	n, _ := strconv.ParseInt(text, 10, 64)
	return n
}

func stamp(tb failer, text string) ledger.Stamp {
	if text == "" {
		return 0
	}
	at, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		tb.Fatal(err)
	}
	return ledger.StampOf(at)
}

// settle runs the law over the whole world and answers in the oracle's words.
func (w *world) settle(asOf ledger.Day, rules *ledger.Rules) *oracle.Answer {
	answer := &oracle.Answer{}
	s := ledger.NewSettler(rules)
	for member, c := range w.cases {
		r := s.Settle(c, asOf)
		for i := range r.Lines {
			answer.Lines = append(answer.Lines, lineAnswer(member, &r.Lines[i]))
		}
		for _, f := range r.Found {
			answer.Findings = append(answer.Findings, oracle.Finding{Kind: string(f.Kind), Ref: f.Ref, Item: f.Item, Code: f.Code, Provider: f.Provider, Program: f.Program,
				Payer: f.Payer, Days: f.Days, Partner: f.Partner})
		}
		for i := range r.Uses {
			u := &r.Uses[i]
			answer.Authorizations = append(answer.Authorizations, oracle.Authorization{Partner: u.Auth.Partner, ID: u.Auth.ID,
				Approved: u.Approved(), Used: u.Used, Remaining: u.Remaining(), Burn: u.BurnBP(asOf), UnderUsed: u.UnderUsed(asOf, rules),
				DaysSince: u.DaysSince(asOf), Expiring: u.Expiring(asOf, rules)})
		}
	}
	slices.SortFunc(answer.Findings, func(a, b oracle.Finding) int {
		return firstOf(strings.Compare(a.Kind, b.Kind), strings.Compare(a.Ref, b.Ref), strings.Compare(a.Item, b.Item), strings.Compare(a.Partner, b.Partner))
	})
	slices.SortFunc(answer.Lines, func(a, b oracle.Line) int { return strings.Compare(a.ID+"\x00"+a.Partner, b.ID+"\x00"+b.Partner) })
	slices.SortFunc(answer.Authorizations, func(a, b oracle.Authorization) int {
		return strings.Compare(a.ID+"\x00"+a.Partner, b.ID+"\x00"+b.Partner)
	})
	return answer
}

func lineAnswer(member string, v *ledger.LineVerdict) oracle.Line {
	out := oracle.Line{Partner: v.Line.Partner, ID: v.Line.ID, Member: member, Verdict: string(v.Verdict), Units: v.Units.String(),
		Matched: v.Matched, AfterAsOf: slices.Contains(v.Flags, ledger.AfterAsOf)}
	for _, flag := range v.Flags {
		if flag != ledger.AfterAsOf {
			out.Flags = append(out.Flags, flag)
		}
	}
	for _, s := range v.Splits {
		out.Splits = append(out.Splits, oracle.Split{Partner: s.Auth.Partner, Authorization: s.Auth.ID, Units: s.Units})
	}
	return out
}

func firstOf(orders ...int) int {
	for _, n := range orders {
		if n != 0 {
			return n
		}
	}
	return 0
}

// compare runs both and names the first differences; units is the unit table that
// the rules have.
func compare(asOf string, rules *ledger.Rules, units string, w *world, sources ...tables) error {
	var in []oracle.Source
	for _, s := range sources {
		in = append(in, oracle.Source{Partner: s.partner, Enrollment: strings.NewReader(s.enrollment),
			Authorization: strings.NewReader(s.authorization), Service: strings.NewReader(s.service), Advice: strings.NewReader(s.advice), Continuation: strings.NewReader(s.continuation)})
	}
	want, err := oracle.Program{Units: units}.Run(asOf, rules.Zone, in...)
	if err != nil {
		return err
	}
	for i := range want.Lines { // the oracle repeats the quantity as sent
		d, _ := ledger.ParseDecimal(want.Lines[i].Units)
		want.Lines[i].Units = d.String()
	}
	got := w.settle(date(asOf, ledger.NoDay), rules)
	if diff := cmp.Diff(want, got); diff != "" {
		return fmt.Errorf("oracle (-) and ledger (+) differ as of %s:\n%s", asOf, diff[:min(len(diff), 4000)])
	}
	return nil
}
