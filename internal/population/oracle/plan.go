package oracle

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// Program is what programs ask of coordinators, and the unit table: by default
// nothing.
type Program struct {
	Independent  map[string]bool // programs whose coordinator's agency may not deliver
	Coordination map[string]bool // codes that it may deliver all the same
	Units        string          // the unit table as CSV; see population.UnitHeader
}

func (asked Program) unitTable() ([]*unitRow, error) {
	rows, err := read("", strings.NewReader(asked.Units), 0)
	return unitRows(rows), err
}

// Finding is what plan, authorization and delivery do not agree on, in the
// columns of findings.csv.
type Finding struct {
	Kind, Ref, Item, Code, Provider, Program, Payer string
	Days                                            int64
	Partner                                         string
}

// plan is a plan of care or a care team in the version in force.
type plan struct {
	*record
	id, kind, start, end string
	items                []map[string]string
}

// plansOf puts the rows of each version together and keeps the newest that was
// known by the date, whoever it belongs to.
func plansOf(rows []*record, asOf string, zone *time.Location) []*plan {
	byVersion, byRow := map[string]*plan{}, map[*record]*plan{}
	var versions []*record
	for _, r := range rows {
		c := r.cell
		name := strings.Join([]string{r.partner, c["member_id"], c["kind"], c["plan_id"], c["received_at"]}, "|")
		if byVersion[name] == nil {
			byRow[r] = &plan{record: r, id: c["plan_id"], kind: c["kind"], start: c["start"], end: c["end"]}
			byVersion[name] = byRow[r]
			versions = append(versions, r)
		}
		byVersion[name].items = append(byVersion[name].items, c)
	}
	var out []*plan
	for _, r := range newest(knownBy(versions, asOf, zone), key("partner", "kind", "plan_id")) {
		out = append(out, byRow[r])
	}
	slices.SortFunc(out, func(a, b *plan) int { return cmp.Or(cmp.Compare(a.id, b.id), cmp.Compare(a.partner, b.partner)) })
	return out
}

// promising are the plans or teams that count on a date.
func (c *child) promising(kind, date string) (out []*plan) {
	for _, p := range c.plans {
		status := p.cell["status"]
		if p.kind == kind && (status == "active" || status == "completed") && date != "" && between(p.start, date, p.end) {
			out = append(out, p)
		}
	}
	return out
}

// on are the items of a plan that count on a date.
func (p *plan) on(date string) (out []map[string]string) {
	for _, i := range p.items {
		if between(i["item_start"], date, i["item_end"]) {
			out = append(out, i)
		}
	}
	return out
}

func covers(item map[string]string, code, mods string) bool {
	return item["code"] != "" && item["code"] == code && (modifierSet(item["modifiers"]) == "" || modifierSet(item["modifiers"]) == mods)
}

// planned: some plan of care on the date names a service by its code. inPlan:
// one of them promises this service.
func (c *child) planned(date, code, mods string) (planned, inPlan bool) {
	for _, p := range c.promising("plan", date) {
		for _, i := range p.items {
			planned = planned || i["code"] != ""
		}
		for _, i := range p.on(date) {
			inPlan = inPlan || covers(i, code, mods)
		}
	}
	return planned, inPlan
}

// flagsOf are what the plans and teams of its date say against a line.
func (c *child) flagsOf(l *line, asked Program) (flags []string) {
	if l.verdict != "" && l.verdict != "unknown_original" || !isDate(l.date) {
		return nil
	}
	if planned, inPlan := c.planned(l.date, l.code, l.mods); planned && !inPlan && l.code != "" {
		flags = append(flags, "not_in_plan")
	}
	named, found, own := false, false, false
	for _, p := range c.promising("team", l.date) {
		for _, i := range p.on(l.date) {
			for _, who := range []string{i["provider_id"], i["organization_id"]} {
				named = named || who != ""
				found = found || who != "" && who == l.provider
			}
			own = own || i["role"] == "care-coordinator" && l.provider != "" && i["organization_id"] == l.provider
		}
	}
	if own && !asked.Coordination[l.code] && c.independent(l.date, asked) {
		flags = append(flags, "not_independent")
	}
	if named && !found && l.provider != "" {
		flags = append(flags, "provider_not_on_team")
	}
	return flags
}

func (c *child) independent(date string, asked Program) bool {
	for _, s := range c.spans {
		if between(s.cell["start"], date, s.cell["end"]) && asked.Independent[s.cell["program"]] {
			return true
		}
	}
	return false
}

// threshold of the default rules, in days: elapsed before nothing delivered is
// told, and without a service before it is a gap.
const threshold = 30

// compare is the three-way comparison as of a date, after every line has its
// verdict.
func (c *child) compare(asOf string) (out []Finding) {
	for _, a := range c.auths {
		if a.approved && a.continues == "" {
			out = append(out, c.compareAuth(a, asOf)...)
		}
	}
	plans, teams := c.promising("plan", asOf), c.promising("team", asOf)
	for _, p := range plans {
		for _, i := range p.on(asOf) {
			if i["code"] != "" {
				out = append(out, c.comparePromise(p, i, asOf)...)
			}
		}
	}
	whole := func(kind string, p *plan) {
		out = append(out, Finding{Kind: kind, Partner: p.partner, Ref: p.id, Program: p.cell["program"]})
	}
	if len(plans) > 0 && len(teams) == 0 {
		whole("no_team", plans[0])
	}
	if len(teams) > 0 && len(plans) == 0 {
		whole("no_plan", teams[0])
	}
	return out
}

func (c *child) compareAuth(a *auth, asOf string) (out []Finding) {
	add := func(kind string, days int64) {
		out = append(out, Finding{Kind: kind, Partner: a.partner, Ref: a.id, Code: a.code, Provider: a.provider, Program: a.cell["program"], Payer: a.payer, Days: days})
	}
	elapsed := days(a.start, min(asOf, orEndless(a.end))) + 1
	if a.last == "" && a.units > 0 && elapsed >= threshold {
		add("authorized_not_delivered", elapsed)
	}
	if between(a.start, asOf, a.end) {
		if a.last != "" && days(a.last, asOf) > threshold && a.units > a.used {
			add("service_gap", days(a.last, asOf))
		}
		if planned, inPlan := c.planned(asOf, a.code, a.mods); planned && !inPlan {
			add("authorized_not_planned", 0)
		}
	}
	if to := a.cell["payer_used_to"]; to != "" && c.usedTo(a, to) != whole(a.cell["payer_used"]) {
		add("count_differs", 0)
	}
	return out
}

func (c *child) usedTo(a *auth, to string) (used int64) {
	for _, l := range c.lines {
		for _, s := range l.splits {
			if l.date <= to && s.Authorization == a.id && s.Partner == a.partner {
				used += s.Units
			}
		}
	}
	return used
}

func (c *child) comparePromise(p *plan, item map[string]string, asOf string) (out []Finding) {
	add := func(kind string, days int64) {
		out = append(out, Finding{Kind: kind, Partner: p.partner, Ref: p.id, Item: item["item_id"], Code: item["code"], Provider: item["provider_id"], Program: p.cell["program"], Days: days})
	}
	authorized := slices.ContainsFunc(c.auths, func(a *auth) bool { return a.approved && between(a.start, asOf, a.end) && covers(item, a.code, a.mods) })
	if !authorized {
		add("planned_not_authorized", 0)
	}
	since := max(p.start, item["item_start"])
	delivered := slices.ContainsFunc(c.lines, func(l *line) bool {
		switch l.verdict {
		case "replaced", "voided", "void", "invalid_line", "duplicate":
			return false
		}
		return isDate(l.date) && since <= l.date && l.date <= asOf && covers(item, l.code, l.mods)
	})
	if elapsed := days(since, asOf) + 1; elapsed >= threshold && !delivered {
		add("planned_not_delivered", elapsed)
	}
	return out
}
