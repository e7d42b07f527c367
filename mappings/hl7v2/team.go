package hl7v2

import (
	"github.com/throughline/throughline/fhir"
	er7 "github.com/throughline/throughline/internal/hl7v2"
	"github.com/throughline/throughline/mappings/codes"
)

// team makes the child's CareTeam at this sender of ROL (3 role, 4 who, 5 and 6
// period) and PRT (4 role, 5 who, 11 and 12 period), and relates each member
// that has an identifier. A member that is taken off (action DE) is left out.
func (k *maker) team(g er7.Group) {
	var members fhir.List
	for _, seg := range []struct {
		id                   string
		role, who, from, til int
	}{{"ROL", 3, 4, 5, 6}, {"PRT", 4, 5, 11, 12}} {
		for i, s := range g.All(seg.id) {
			if s.Field(2).Text() == "DE" || !s.Field(seg.who).Has() {
				continue
			}
			for _, r := range s.Field(seg.who).Reps() {
				members = append(members, k.participant(s, r, seg.id, i, seg.role, seg.from, seg.til))
			}
		}
	}
	if len(members) == 0 {
		return
	}
	key := k.key("care_team", "hl7v2/"+k.child)
	p := start("CareTeam", key)
	p.add("status", "active")
	p.add("subject", k.subject)
	p.add("participant", members)
	k.patch(key, p)
}

func (k *maker) participant(s *er7.Segment, who er7.Value, id string, i, role, from, til int) fhir.Object {
	o := k.concept(s.Field(role))
	if code := teamRoles.find(s.Field(role).Text(), ""); code != "" {
		table := codes.Get("team_role")
		if c, ok := table.Find(code); ok {
			list, _ := o.Get("coding").(fhir.List)
			o = o.With("coding", append(fhir.List{fhir.Obj("system", table.SystemOf(c), "code", c.InFHIR(), "display", table.Display(c))}, list...))
		}
	}
	if n := who.Comp(1).Text(); n != "" {
		k.relate(k.providerID(n, who.Comp(9), who.Comp(13).Text()), "team", "hl7v2/"+k.child+"/"+n)
	}
	return fhir.Obj("role", fhir.List{o}, "member", k.provider(who), "period", k.period(s, id, i, from, til))
}
