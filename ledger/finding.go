package ledger

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// FindingKind is one way in which plan, authorization and delivery disagree.
type FindingKind string

// The kinds, in the order of the page.
const (
	AuthorizedNotDelivered FindingKind = "authorized_not_delivered" // approved long enough ago, nothing delivered
	AuthorizedNotPlanned   FindingKind = "authorized_not_planned"   // no plan in force promises it
	CountDiffers           FindingKind = "count_differs"            // the payer counts other units used than we do
	NoPlan                 FindingKind = "no_plan"                  // a team, and no plan of care in force
	NoTeam                 FindingKind = "no_team"                  // a plan of care, and no team in force
	PlannedNotAuthorized   FindingKind = "planned_not_authorized"   // no approved authorization in force
	PlannedNotDelivered    FindingKind = "planned_not_delivered"    // promised long enough ago, nothing delivered
	ServiceGap             FindingKind = "service_gap"              // delivered before, not lately
)

// FindingKinds are all of them with what each says, for tables and pages.
var FindingKinds = []struct {
	Kind  FindingKind
	Words string
}{
	{AuthorizedNotDelivered, "Authorized, but nothing delivered yet"},
	{AuthorizedNotPlanned, "Authorized, but no plan in force promises it"},
	{CountDiffers, "The payer counts other units used than the delivered lines say"},
	{NoPlan, "A care team, but no plan of care in force"},
	{NoTeam, "A plan of care, but no care team in force"},
	{PlannedNotAuthorized, "Planned, but no authorization in force"},
	{PlannedNotDelivered, "Planned, but nothing delivered yet"},
	{ServiceGap, "Delivered before, but not lately"},
}

// Words say what a finding of the kind is; empty for what is none.
func (k FindingKind) Words() string {
	for _, of := range FindingKinds {
		if of.Kind == k {
			return of.Words
		}
	}
	return ""
}

// Finding is one disagreement about one child as of D. It names records, codes
// and dates, never a member.
type Finding struct {
	Kind     FindingKind
	Partner  string // who sent the record
	Ref      string // the plan, team or authorization
	Item     string // the planned service; empty = the record as a whole
	Code     string
	Provider string
	Program  string
	Payer    string
	Days     int64 // how long it has been so; 0 where days say nothing
	Seq      int64 // the version of the record that was judged
	Reason   string
}

// FindingRow is a finding as a run keeps it, with the child's key, which is
// opaque outside the store.
type FindingRow struct {
	Person string
	Finding
}

// compare holds plan, authorization and delivery against each other after every
// line has its verdict.
func (s *Settler) compare() {
	s.result.Found = s.result.Found[:0]
	for i := range s.result.Uses {
		s.compareUse(&s.result.Uses[i])
	}
	plan, team := s.inForce(CarePlan), s.inForce(CareTeam)
	for _, p := range plan {
		for i := range p.Items {
			s.comparePromise(p, &p.Items[i])
		}
	}
	if len(plan) > 0 && len(team) == 0 {
		s.found(Finding{Kind: NoTeam, Partner: plan[0].Partner, Ref: plan[0].ID, Program: plan[0].Program, Seq: plan[0].Seq,
			Reason: fmt.Sprintf("Plan %s is in force, and no care team is.", plan[0].ID)})
	}
	if len(team) > 0 && len(plan) == 0 {
		s.found(Finding{Kind: NoPlan, Partner: team[0].Partner, Ref: team[0].ID, Program: team[0].Program, Seq: team[0].Seq,
			Reason: fmt.Sprintf("Care team %s is in force, and no plan of care is.", team[0].ID)})
	}
	slices.SortFunc(s.result.Found, compareFindings)
}

func compareFindings(a, b Finding) int {
	return cmp.Or(strings.Compare(string(a.Kind), string(b.Kind)), strings.Compare(a.Ref, b.Ref), strings.Compare(a.Item, b.Item), strings.Compare(a.Partner, b.Partner))
}

func (s *Settler) found(f Finding) { s.result.Found = append(s.result.Found, f) }

// inForce are the plans or teams that hold the as-of date.
func (s *Settler) inForce(k PlanKind) (out []*Plan) {
	for _, p := range s.plans {
		if p.Kind == k && p.holds(s.asOf) {
			out = append(out, p)
		}
	}
	return out
}

// compareUse looks from an approved authorization at the other two sides.
func (s *Settler) compareUse(u *Use) {
	a := u.Auth
	if !a.TakesPart() || a.Continuation() {
		return
	}
	t := s.rules.thresholds(a.Program)
	of := Finding{Partner: a.Partner, Ref: a.ID, Code: a.Code, Provider: a.Provider, Program: a.Program, Payer: a.Payer, Seq: a.Seq}
	if elapsed := u.Elapsed(s.asOf); u.Last == NoDay && a.Units > 0 && elapsed >= max(t.MinElapsedDays, 1) {
		of.Kind, of.Days = AuthorizedNotDelivered, elapsed
		of.Reason = fmt.Sprintf("Authorization %s has run for %d days, and none of its %d units is used.", a.ID, elapsed, a.Units)
		s.found(of)
	}
	current := a.Start <= s.asOf && s.asOf <= a.End
	if days := u.DaysSince(s.asOf); current && t.GapDays > 0 && u.Last != NoDay && days > t.GapDays && u.Remaining() > 0 {
		of.Kind, of.Days = ServiceGap, days
		of.Reason = fmt.Sprintf("Authorization %s paid last on %s, %d days ago, and has %d units left.", a.ID, u.Last, days, u.Remaining())
		s.found(of)
	}
	if current && s.planned() && !s.promised(a.Code, s.modifiers(a.Modifiers)) {
		of.Kind, of.Days = AuthorizedNotPlanned, 0
		of.Reason = fmt.Sprintf("Authorization %s is in force for %s, which no plan of care in force promises.", a.ID, a.Code)
		s.found(of)
	}
	s.compareCount(u, of)
}

// compareCount holds our count of units used against the payer's own.
func (s *Settler) compareCount(u *Use, of Finding) {
	a := u.Auth
	if a.CountedTo == 0 {
		return
	}
	used := s.usedTo(a.Key(), a.CountedTo)
	if used == a.Counted {
		return
	}
	of.Kind, of.Days = CountDiffers, 0
	of.Reason = fmt.Sprintf("The payer counts %d units of authorization %s used up to %s; the delivered lines give %d.", a.Counted, a.ID, a.CountedTo, used)
	s.found(of)
}

// usedTo is what an authorization gave to services up to a date.
func (s *Settler) usedTo(key AuthKey, to Day) (used int64) {
	for i := range s.result.Lines {
		v := &s.result.Lines[i]
		if v.Line.Date > to {
			continue
		}
		for _, split := range v.Splits {
			if split.Auth == key {
				used += split.Units
			}
		}
	}
	return used
}

// planned says whether a plan of care that names services is in force.
func (s *Settler) planned() bool {
	return slices.ContainsFunc(s.plans, func(p *Plan) bool { return p.namesServices() && p.holds(s.asOf) })
}

func (s *Settler) promised(code, modifiers string) bool {
	return slices.ContainsFunc(s.plans, func(p *Plan) bool {
		return p.Kind == CarePlan && p.holds(s.asOf) && slices.ContainsFunc(p.Items, func(i PlanItem) bool { return i.holds(s.asOf) && s.covers(&i, code, modifiers) })
	})
}

// comparePromise looks from a planned service at the other two sides.
func (s *Settler) comparePromise(p *Plan, item *PlanItem) {
	if item.Code == "" || !item.holds(s.asOf) {
		return
	}
	of := Finding{Partner: p.Partner, Ref: p.ID, Item: item.ID, Code: item.Code, Provider: item.Provider, Program: p.Program, Seq: p.Seq}
	if !s.authorized(item) {
		of.Kind = PlannedNotAuthorized
		of.Reason = fmt.Sprintf("Plan %s promises %s, and no approved authorization for it is in force.", p.ID, item.Code)
		s.found(of)
	}
	since := max(p.Start, item.Start)
	elapsed := int64(s.asOf) - int64(since) + 1
	if least := s.rules.thresholds(p.Program).MinElapsedDays; since != NoDay && elapsed >= max(least, 1) && !s.delivered(item, since) {
		of.Kind, of.Days = PlannedNotDelivered, elapsed
		of.Reason = fmt.Sprintf("Plan %s has promised %s for %d days, and none was delivered.", p.ID, item.Code, elapsed)
		s.found(of)
	}
}

func (s *Settler) authorized(item *PlanItem) bool {
	return slices.ContainsFunc(s.result.Uses, func(u Use) bool {
		a := u.Auth
		return a.TakesPart() && a.Start <= s.asOf && s.asOf <= a.End && s.covers(item, a.Code, s.modifiers(a.Modifiers))
	})
}

// delivered says whether a line that stands reports the service since a date.
func (s *Settler) delivered(item *PlanItem, since Day) bool {
	for i := range s.rows {
		l, v := s.rows[i].line, s.result.Lines[i].Verdict
		switch v {
		case Replaced, Voided, Void, InvalidLine, Duplicate:
			continue
		}
		if since <= l.Date && l.Date <= s.asOf && s.covers(item, l.Code, s.rows[i].mods) {
			return true
		}
	}
	return false
}
