package oracle

import (
	"cmp"
	"io"
	"slices"
	"time"
)

// Split is what one authorization gave to one line.
type Split struct {
	Partner, Authorization string
	Units                  int64
}

// Line is the answer for one service line, in the columns of lines.csv.
type Line struct {
	Partner, ID, Member, Verdict, Units string
	Matched                             int64
	Splits                              []Split
	AfterAsOf                           bool
	Flags                               []string // all but after_as_of, in alphabetical order
}

// Authorization is the answer for one authorization, in the columns of
// authorizations.csv.
type Authorization struct {
	Partner, ID                     string
	Approved, Used, Remaining, Burn int64
	UnderUsed                       bool
	DaysSince                       int64
	Expiring                        bool
}

// Answer is everything, lines and authorizations ordered by (id, partner),
// findings by kind, record, item and partner.
type Answer struct {
	Lines          []Line
	Authorizations []Authorization
	Findings       []Finding
}

// Run answers for one date and the program's zone.
func Run(asOf string, zone *time.Location, sources ...Source) (*Answer, error) {
	return Program{}.Run(asOf, zone, sources...)
}

// Run answers where programs ask something of coordinators.
func (asked Program) Run(asOf string, zone *time.Location, sources ...Source) (*Answer, error) {
	tables, err := readTables(sources)
	if err != nil {
		return nil, err
	}
	units, err := asked.unitTable()
	if err != nil {
		return nil, err
	}
	said := map[string][]*record{}
	for _, a := range tables["advice"] {
		said[a.cell["claim_id"]] = append(said[a.cell["claim_id"]], a)
	}
	var lines []*line
	for _, r := range newest(tables["service"], key("partner", "line_id")) {
		l := lineOf(r)
		l.refused = l.denied(said[l.claim])
		lines = append(lines, l)
	}
	finalState(lines)
	auths := newest(knownBy(tables["authorization"], asOf, zone), key("partner", "authorization_id"))
	spans := newest(tables["enrollment"], key("member_id", "payer", "program", "start"))

	world := map[string]*child{}
	get := func(member string) *child {
		if world[member] == nil {
			world[member] = &child{units: units}
		}
		return world[member]
	}
	for _, l := range lines {
		get(l.member).lines = append(get(l.member).lines, l)
	}
	kept := newest(knownBy(tables["continuation"], asOf, zone), key("partner", "authorization_id", "appeal_id"))
	for _, k := range kept {
		before := knownBy(knownBy(tables["authorization"], asOf, zone), k.cell["level"], zone)
		auths = append(auths, continueAuths([]*record{k}, before)...)
	}
	for _, r := range auths {
		get(r.cell["member_id"]).auths = append(get(r.cell["member_id"]).auths, authOf(r))
	}
	for _, r := range spans {
		if end := r.cell["end"]; end == "" || end >= r.cell["start"] {
			get(r.cell["member_id"]).spans = append(get(r.cell["member_id"]).spans, r)
		}
	}
	for _, p := range plansOf(tables["plan"], asOf, zone) {
		get(p.cell["member_id"]).plans = append(get(p.cell["member_id"]).plans, p)
	}
	answer := &Answer{}
	for _, c := range world {
		for _, l := range c.lines {
			l.flags = c.flagsOf(l, asked)
		}
		c.settle()
		c.report(answer, asOf, zone)
	}
	slices.SortFunc(answer.Findings, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Ref, b.Ref), cmp.Compare(a.Item, b.Item), cmp.Compare(a.Partner, b.Partner))
	})
	slices.SortFunc(answer.Lines, func(a, b Line) int { return cmp.Or(cmp.Compare(a.ID, b.ID), cmp.Compare(a.Partner, b.Partner)) })
	slices.SortFunc(answer.Authorizations, func(a, b Authorization) int {
		return cmp.Or(cmp.Compare(a.ID, b.ID), cmp.Compare(a.Partner, b.Partner))
	})
	return answer, nil
}

// readTables puts the rows of all partners together, by the name of their table.
func readTables(sources []Source) (map[string][]*record, error) {
	tables := map[string][]*record{}
	for _, s := range sources {
		for name, from := range map[string]io.Reader{"enrollment": s.Enrollment, "authorization": s.Authorization, "service": s.Service, "plan": s.Plan,
			"advice": s.Advice, "continuation": s.Continuation} {
			if from == nil {
				continue
			}
			rows, err := read(s.Partner, from, len(tables[name]))
			if err != nil {
				return nil, err
			}
			tables[name] = append(tables[name], rows...)
		}
	}
	return tables, nil
}

// child is one member.
type child struct {
	lines []*line
	auths []*auth
	spans []*record
	plans []*plan
	units []*unitRow
}

// auth is an authorization in the version in force.
type auth struct {
	*record
	id, provider, code, mods, start, end, payer string
	units                                       int64
	approved                                    bool
	used                                        int64
	last                                        string
	window                                      map[string]int64 // given in each window of the cap
	continues                                   string           // what an open appeal keeps alive by it
	pool                                        *pool
}

func authOf(r *record) *auth {
	c := r.cell
	return &auth{record: r, id: c["authorization_id"], provider: c["provider_id"], code: c["code"], mods: modifierSet(c["modifiers"]),
		start: c["start"], end: c["end"], payer: c["payer"], units: whole(c["units"]),
		approved: c["status"] == "approved" || c["status"] == "partial", window: map[string]int64{}, continues: c["continues"]}
}

// settle is the law for one member.
func (c *child) settle() {
	c.pools()
	slices.SortFunc(c.auths, func(a, b *auth) int {
		if (a.continues == "") != (b.continues == "") { // they give after all others
			return cmp.Compare(len(a.continues), len(b.continues))
		}
		return cmp.Or(cmp.Compare(orEndless(a.end), orEndless(b.end)), cmp.Compare(a.id, b.id), cmp.Compare(a.partner, b.partner))
	})
	var taking []*line // those that take part below
	for _, l := range c.lines {
		if l.verdict == "" || l.verdict == "unknown_original" {
			taking = append(taking, l)
		}
	}
	slices.SortFunc(taking, func(a, b *line) int {
		return cmp.Or(cmp.Compare(orEndless(realDate(a)), orEndless(realDate(b))), cmp.Compare(a.id, b.id), cmp.Compare(a.partner, b.partner))
	})
	for _, l := range taking {
		c.measure(l)
	}
	for i, l := range taking {
		if l.verdict == "" {
			l.verdict = c.judge(l, taking, i)
		}
	}
	overDaily(taking)
	for _, a := range c.auths {
		if a.continues != "" && a.approved {
			a.units = a.used + a.left()
		}
	}
}

// realDate is empty for an impossible date, which then orders last.
func realDate(l *line) string {
	if isDate(l.date) {
		return l.date
	}
	return ""
}

func orEndless(date string) string {
	if date == "" {
		return "~"
	}
	return date
}

func (c *child) judge(l *line, all []*line, at int) string {
	switch {
	case l.cannot == "invalid_line":
		return l.cannot
	case l.refused:
		return "denied"
	case l.cannot != "":
		return l.cannot
	case c.isDuplicate(l, all, at):
		return "duplicate"
	case len(c.payersOn(l.date)) == 0:
		return "not_enrolled"
	case len(l.usable) == 0:
		return c.nearestMiss(l)
	}
	return give(l)
}

func (c *child) isDuplicate(l *line, all []*line, at int) bool {
	for n, other := range all {
		if other == l || l.visit == "" || other.visit != l.visit {
			continue
		}
		mine, its := rank(l.source), rank(other.source)
		if its < mine || its == mine && n < at {
			return true
		}
	}
	for _, e := range all[:at] {
		if e.date != l.date || e.provider != l.provider || e.code != l.code || e.mods != l.mods || e.quantity.Cmp(l.quantity) != 0 {
			continue
		}
		sameVisit := e.visit != "" && e.visit == l.visit // settled above, by source
		otherVisit := e.visit != "" && l.visit != "" && e.visit != l.visit
		otherStart := e.start != "" && l.start != "" && e.start != l.start
		if !sameVisit && !otherVisit && !otherStart {
			return true
		}
	}
	return false
}

func rank(source string) int {
	switch source {
	case "claim":
		return 1
	case "encounter":
		return 2
	case "visit log":
		return 3
	}
	return 4
}

func (c *child) payersOn(date string) map[string]bool {
	payers := map[string]bool{}
	for _, s := range c.spans {
		if between(s.cell["start"], date, s.cell["end"]) {
			payers[s.cell["payer"]] = true
		}
	}
	return payers
}

func (c *child) payerFits(a *auth, date string) bool {
	payers := c.payersOn(date)
	return len(payers) > 0 && (a.payer == "" || payers[""] || payers[a.payer])
}

func (c *child) eligible(l *line) []*auth {
	var out []*auth
	for _, a := range c.auths {
		if a.approved && a.code == l.code && a.mods == l.mods && (a.provider == "" || a.provider == l.provider) &&
			between(a.start, l.date, a.end) && c.payerFits(a, l.date) {
			out = append(out, a)
		}
	}
	var named *auth
	for _, a := range out {
		if l.auth != "" && a.id == l.auth && (named == nil || a.partner == l.partner) {
			named = a
		}
	}
	if named != nil {
		out = slices.DeleteFunc(out, func(a *auth) bool { return a == named })
		out = append([]*auth{named}, out...)
	}
	return out
}

func give(l *line) string {
	need := l.quantity.Num().Int64()
	forbidden := false
	for _, a := range l.usable {
		n := min(need, a.left())
		if left, capped := a.capLeft(l.date); capped {
			n = min(n, left)
		}
		if n > 0 {
			a.give(l, n)
			need -= n
		}
		if need > 0 && a.left() > 0 {
			forbidden = true
		}
	}
	if need == 0 {
		return "matched"
	}
	if forbidden {
		return "over_cap"
	}
	return "exhausted"
}

func (a *auth) give(l *line, n int64) {
	a.used += n
	a.window[a.windowOf(l.date)] += n
	a.last = max(a.last, l.date)
	if a.pool != nil {
		a.pool.spent += n
		a.pool.gifts = append(a.pool.gifts, gift{l.date, n})
	}
	l.matched += n
	l.splits = append(l.splits, Split{a.partner, a.id, n})
	if a.continues != "" && !slices.Contains(l.flags, "continued_benefits") {
		l.flags = append(l.flags, "continued_benefits")
		slices.Sort(l.flags)
	}
}

func (a *auth) capLeft(date string) (int64, bool) {
	if a.cell["cap_period"] == "" || a.cell["cap_units"] == "" {
		return 0, false
	}
	return max(whole(a.cell["cap_units"])-a.givenIn(a.windowOf(date)), 0), true
}

func (a *auth) windowOf(date string) string {
	switch a.cell["cap_period"] {
	case "week":
		t, _ := time.Parse(time.DateOnly, date)
		for t.Weekday() != time.Monday {
			t = t.AddDate(0, 0, -1)
		}
		return t.Format(time.DateOnly)
	case "month":
		return date[:7]
	}
	return date
}

func (c *child) nearestMiss(l *line) string {
	some := func(fits func(a *auth) bool) bool {
		return slices.ContainsFunc(c.auths, func(a *auth) bool { return a.approved && fits(a) })
	}
	code := func(a *auth) bool { return a.code == l.code }
	mods := func(a *auth) bool { return a.mods == l.mods }
	provider := func(a *auth) bool { return a.provider == "" || a.provider == l.provider }
	period := func(a *auth) bool { return between(a.start, l.date, a.end) }
	switch {
	case some(func(a *auth) bool { return code(a) && mods(a) && provider(a) && period(a) }):
		return "wrong_payer"
	case some(func(a *auth) bool { return code(a) && mods(a) && period(a) && !provider(a) }):
		return "wrong_provider"
	case some(func(a *auth) bool { return code(a) && mods(a) && provider(a) && !period(a) }):
		return "outside_period"
	case some(func(a *auth) bool { return code(a) && provider(a) && period(a) && !mods(a) }):
		return "wrong_modifier"
	case some(func(a *auth) bool { return !code(a) && a.provider != "" && a.provider == l.provider && period(a) }):
		return "wrong_code"
	}
	return "no_authorization"
}
