package ledger

import (
	"cmp"
	"slices"
	"strings"
)

// PlanKind says what a Plan fact is.
type PlanKind string

// A plan of care promises services; a care team names who serves the child.
const (
	CarePlan PlanKind = "plan"
	CareTeam PlanKind = "team"
)

// Plan is one received version of a plan of care or of a care team, whole: what
// a later version leaves out is no longer promised. Key (Partner, Kind, ID).
type Plan struct {
	Partner  string
	ID       string
	Kind     PlanKind
	Status   string // FHIR request status or CareTeam status; only "active" and "completed" promise anything
	Program  string
	Start    Day // NoDay when not stated
	End      Day // Forever when open
	Items    []PlanItem
	Received Stamp // when the version came in
	Seq      int64
	Foreign  bool // this version of the key belongs to another member; it only hides older versions here
}

// PlanItem is one promised service of a plan, or one member of a team.
type PlanItem struct {
	ID           string
	Code         string // service; HCPCS/CPT
	Modifiers    string // empty = any
	Auth         string // authorization it names, may be empty
	Units        string // decimal text, empty = not stated
	Unit         string
	Per          string // day, week, month, period; empty = period
	Provider     string // NPI or the sender's own id of the person or agency
	Organization string // NPI of the agency it works for
	Role         string // team: code of mappings/codes "team_role"
	Start        Day    // NoDay when not stated
	End          Day
}

// RoleCoordinator is the team role whose agency must be independent where the
// program asks for it.
const RoleCoordinator = "care-coordinator"

// promises says whether the version counts for anything.
func (p *Plan) promises() bool { return p.Status == "active" || p.Status == "completed" }

// holds says whether the version promises something on a date.
func (p *Plan) holds(d Day) bool { return p.promises() && p.Start <= d && d <= p.End }

// namesServices says whether it is a plan of care that names services by code: a
// plan in words alone compares with nothing.
func (p *Plan) namesServices() bool {
	return p.Kind == CarePlan && slices.ContainsFunc(p.Items, func(i PlanItem) bool { return i.Code != "" })
}

// holds says whether the item counts on a date on which its plan does.
func (i *PlanItem) holds(d Day) bool { return i.Start <= d && d <= i.End }

// covers says whether a planned service is the one with these modifiers, in
// normal form.
func (s *Settler) covers(i *PlanItem, code, modifiers string) bool {
	return i.Code != "" && i.Code == code && (i.Modifiers == "" || s.modifiers(i.Modifiers) == modifiers)
}

// pickPlans keeps the version in force of each plan and team on the as-of date,
// as pickAuths does.
func (s *Settler) pickPlans(plans []Plan) {
	s.plans = s.plans[:0]
	for i := range plans {
		if !s.receivedAfter(plans[i].Received, "") {
			s.plans = append(s.plans, &plans[i])
		}
	}
	slices.SortFunc(s.plans, comparePlans)
	kept := s.plans[:0]
	for i, p := range s.plans {
		if i+1 < len(s.plans) && samePlanKey(p, s.plans[i+1]) || p.Foreign {
			continue
		}
		kept = append(kept, p)
	}
	s.plans = kept
}

func comparePlans(a, b *Plan) int {
	if n := cmp.Or(strings.Compare(string(a.Kind), string(b.Kind)), strings.Compare(a.ID, b.ID), strings.Compare(a.Partner, b.Partner)); n != 0 {
		return n
	}
	return later(a.Received, b.Received, a.Seq, b.Seq, a, b)
}

func samePlanKey(a, b *Plan) bool {
	return a.Kind == b.Kind && a.ID == b.ID && a.Partner == b.Partner
}

// unpromised says what a delivered line lacks in the plans and teams in force on
// its date: flags, never a verdict. A child without a plan, or without a team
// that names a provider, is not judged by one.
func (s *Settler) unpromised(r *row) (mask flagMask) {
	if len(s.plans) == 0 || r.verdict != "" && r.verdict != UnknownOriginal {
		return 0
	}
	l, mods := r.line, s.modifiers(r.line.Modifiers)
	var planned, inPlan, staffed, onTeam, own bool
	for _, p := range s.plans {
		if !p.holds(l.Date) {
			continue
		}
		planned = planned || p.namesServices()
		for i := range p.Items {
			item := &p.Items[i]
			if !item.holds(l.Date) {
				continue
			}
			if p.Kind == CarePlan {
				inPlan = inPlan || s.covers(item, l.Code, mods)
				continue
			}
			staffed = staffed || item.Provider != "" || item.Organization != ""
			onTeam = onTeam || l.Provider != "" && (l.Provider == item.Provider || l.Provider == item.Organization)
			own = own || item.Role == RoleCoordinator && l.Provider != "" && l.Provider == item.Organization
		}
	}
	if planned && !inPlan && !noCode(l.Code) {
		mask |= flagNotInPlan
	}
	if staffed && !onTeam && l.Provider != "" {
		mask |= flagNotOnTeam
	}
	if own && !slices.Contains(s.rules.Coordination, l.Code) && s.independenceAsked(l.Date) {
		mask |= flagNotIndependent
	}
	return mask
}

// independenceAsked says whether a program that asks for an independent
// coordinator holds the date.
func (s *Settler) independenceAsked(d Day) bool {
	for _, sp := range s.spans {
		if sp.Start > d || sp.End < d {
			continue
		}
		for _, rule := range s.rules.Independent {
			if rule.Program == sp.Program && holds(rule.From, rule.To, d) {
				return true
			}
		}
	}
	return false
}
