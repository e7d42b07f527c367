package compliance

import (
	"cmp"
	"slices"

	"github.com/throughline/throughline/mappings/record"
	"github.com/throughline/throughline/program"
)

// plan is a care plan with its team.
func (c *child) plan(p *sent[record.CarePlan], t *sent[record.CareTeam]) program.Plan {
	r := &p.record
	out := program.Plan{ID: key(p.partner, r.PlanID), Person: c.person, Final: r.Status == "active", NextReview: day(r.NextReview), LastReview: day(r.LastReview),
		DecidedBy: decidedBy(r.Decisions), Domains: domains(r), Crisis: crisis(r.Crisis), Measures: c.measures(),
		Setting: word(t.record.Setting), Circumstances: c.circumstances()}
	linked := c.linkedTo(r)
	out.Related, out.Systems = c.related(linked), c.involved(&t.record, linked)
	members := c.members(&t.record, &out, string(t.partner))
	out.Sections = sections(r, out.Roles)
	for _, s := range r.Services {
		if s.End != "" && day(s.End) < c.asOf {
			continue
		}
		service := program.Service{ID: s.ID, Responsible: s.ResponsibleID}
		if m := members[s.ResponsibleID]; m != nil {
			service.Agency = agencyOf(m)
		} else if service.Responsible == "" {
			service.Responsible = s.ResponsibleName
		}
		out.Services = append(out.Services, service)
	}
	out.Needs = c.needs(r)
	return out
}

// members fills in what the team says, and gives the members by every id that a
// plan may name them by.
func (c *child) members(t *record.CareTeam, out *program.Plan, partner string) map[string]*record.TeamMember {
	by := map[string]*record.TeamMember{}
	for i := range t.Members {
		m := &t.Members[i]
		if !c.holds(m.Start, m.End) {
			continue
		}
		for _, id := range []string{m.ID, m.NPI, m.OwnID} {
			if id != "" {
				by[id] = m
			}
		}
		for _, role := range rolesOf(m) {
			if !slices.Contains(out.Roles, role) {
				out.Roles = append(out.Roles, role)
			}
		}
		if m.Role == "care-coordinator" && out.Coordinator == "" {
			out.Coordinator = partner + "/" + cmp.Or(m.OwnID, m.NPI, m.ID)
			out.CoordinatorFamily, out.CoordinatorAgency = m.Kind == "family", agencyOf(m)
		}
	}
	return by
}

func agencyOf(m *record.TeamMember) string {
	if m.Kind == "organization" {
		return cmp.Or(m.NPI, m.OwnID, m.Person, m.ID)
	}
	return cmp.Or(m.OrgNPI, m.Organization)
}

// decidedBy is the role of the last agreement: of youth, family or guardian if
// one of them agreed.
func decidedBy(all []record.Decision) (role string) {
	for _, d := range all {
		if d.Decision != "agreed" && d.Decision != "agreed-in-part" {
			continue
		}
		switch d.Role {
		case "youth", "family", "guardian":
			return d.Role
		}
		role = d.Role
	}
	return role
}

func domains(r *record.CarePlan) []program.Domain {
	var out []program.Domain
	at := func(code string) *program.Domain {
		i := slices.IndexFunc(out, func(d program.Domain) bool { return d.Code == code })
		if i < 0 {
			out = append(out, program.Domain{Code: code, Relevant: true})
			i = len(out) - 1
		}
		return &out[i]
	}
	for _, s := range r.Strengths {
		if s.Domain != "" {
			at(s.Domain).Strengths = true
		}
	}
	for _, n := range r.Needs {
		if n.Domain != "" {
			at(n.Domain).Needs = true
		}
	}
	for _, g := range r.Goals {
		if g.Domain != "" {
			at(g.Domain)
		}
	}
	return out
}

// crisis reads the crisis plan: steps say what to do at once, warning signs what
// to watch for from day to day.
func crisis(c *record.CrisisPlan) *program.Crisis {
	if c == nil {
		return nil
	}
	return &program.Crisis{ID: c.ID, Immediate: len(c.Steps) > 0, Ongoing: c.Signs != ""}
}

func sections(r *record.CarePlan, team []string) []string {
	var out []string
	for _, s := range []struct {
		there bool
		code  string
	}{
		{r.YouthWords != "", "youth_perspective"},
		{r.FamilyWords != "", "family_perspective"},
		{r.Replaces != "" || r.Version == "1", "prior_planning"}, // a first version has nothing before it
		{slices.Contains(team, "provider") || slices.Contains(team, "agency"), "formal_supports"},
		{slices.Contains(team, "natural_support"), "informal_supports"},
	} {
		if s.there {
			out = append(out, s.code)
		}
	}
	return out
}

// needs are the open needs: answered by a service when a goal for the need has
// one, waiting when the child waits for something by this plan, or for this need.
func (c *child) needs(r *record.CarePlan) []program.Need {
	waiting := slices.ContainsFunc(c.referrals, func(q sent[record.Referral]) bool { return q.record.WaitingSince != "" && q.record.PlanID == r.PlanID })
	var out []program.Need
	for _, n := range r.Needs {
		switch n.Status {
		case "inactive", "remission", "resolved":
			continue
		}
		served := slices.ContainsFunc(r.Goals, func(g record.Goal) bool {
			return slices.Contains(g.ForNeeds, n.ID) && slices.ContainsFunc(r.Services, func(s record.PlannedService) bool { return slices.Contains(s.ForGoals, g.ID) })
		})
		listed := slices.ContainsFunc(c.waits, func(w sent[record.WaitlistEntry]) bool {
			return w.record.Waiting() && w.record.PlanID == r.PlanID && (w.record.NeedID == "" || w.record.NeedID == n.ID)
		})
		out = append(out, program.Need{ID: n.ID, Service: served, Waiting: waiting || listed})
	}
	return out
}
