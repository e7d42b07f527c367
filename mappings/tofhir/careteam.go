package tofhir

import (
	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/mappings/codes"
	"github.com/throughline/throughline/mappings/record"
)

// careTeam makes the team, a RelatedPerson for each member of the child's own
// life, and a relation for each member that has an identifier
// (standards.md 1.2).
func (k *maker) careTeam(t *record.CareTeam) {
	key := k.key("care_team", t.TeamID)
	k.put(gateway.Upsert, key, fhir.Obj("resourceType", "CareTeam",
		"extension", fhir.List{ext("program", "valueIdentifier", programID(t.Program)), ext("coordination-setting", "valueCode", t.Setting)},
		"identifier", fhir.List{identifier(key)},
		"status", t.Status,
		"name", t.Title,
		"subject", k.subject,
		"period", period(t.Start, t.End),
		"participant", each(t.Members, func(m record.TeamMember) any { return k.participant(t, m) })))
	k.staff(t)
}

func (k *maker) participant(t *record.CareTeam, m record.TeamMember) fhir.Object {
	k.relateMember(t, m)
	extensions := fhir.List{ext("team-member", "valueString", m.ID), ext("team-member-kind", "valueCode", m.Kind), ext("withheld", "valueCode", m.Withheld)}
	if !m.Related() {
		extensions = append(extensions, nested(codes.Extensions+"member-contact", part("phone", "valueString", m.Phone), part("email", "valueString", m.Email)))
	}
	return fhir.Obj(
		"extension", extensions,
		"role", fhir.List{coded("team_role", m.Role)},
		"member", k.memberRef(t, m),
		"onBehalfOf", logical("Organization", gateway.Identifier{System: gateway.NPI, Value: m.OrgNPI}, m.Organization),
		"period", period(m.Start, m.End))
}

// memberRef names a member: the child, a RelatedPerson of the message, or
// somebody who is known by an identifier.
func (k *maker) memberRef(t *record.CareTeam, m record.TeamMember) fhir.Object {
	switch {
	case m.Kind == "youth":
		return k.subject.With("display", m.Person)
	case m.Related():
		return k.related1(t, m).With("display", m.Person)
	case m.Kind == "organization":
		return logical("Organization", k.memberID(m), m.Person)
	}
	return logical("Practitioner", k.memberID(m), m.Person)
}

func (k *maker) memberID(m record.TeamMember) gateway.Identifier {
	if m.NPI != "" {
		return gateway.Identifier{System: gateway.NPI, Value: m.NPI}
	}
	return k.key("provider", m.OwnID)
}

// related1 makes the RelatedPerson of a family member or natural support.
func (k *maker) related1(t *record.CareTeam, m record.TeamMember) fhir.Object {
	key := k.key("care_team", t.TeamID, m.ID)
	k.put(gateway.Upsert, key, fhir.Obj("resourceType", "RelatedPerson",
		"identifier", fhir.List{identifier(key)},
		"active", t.Status != "entered-in-error",
		"patient", k.subject,
		"relationship", fhir.List{coded("relationship", m.Relationship)},
		"name", fhir.List{fhir.Obj("text", m.Person)},
		"telecom", fhir.List{telecom("phone", m.Phone), telecom("email", m.Email)},
		"period", period(m.Start, m.End)))
	return k.ref("RelatedPerson", key)
}

func telecom(system, value string) fhir.Object {
	if value == "" {
		return fhir.Object{}
	}
	return fhir.Obj("system", system, "value", value)
}

// relateMember lets a member's organisation see the child while the membership
// lasts. Members of a team that is not, or no longer, at work are withdrawn, as are
// those from whom things are withheld.
func (k *maker) relateMember(t *record.CareTeam, m record.TeamMember) {
	lo, hi := m.Start, m.End
	if lo == "" {
		lo = t.Start
	}
	if hi == "" {
		hi = t.End
	}
	scopes := []gateway.Identifier{{System: gateway.NPI, Value: m.OrgNPI}}
	if !m.Related() && m.Kind != "youth" {
		scopes = append(scopes, k.memberID(m))
	}
	for _, id := range scopes {
		if id.Value == "" {
			continue
		}
		k.relate(gateway.ScopeIdentifier(id), "team", t.TeamID+"/"+m.ID, lo, hi)
		if t.Status != "active" && t.Status != "suspended" || m.Withheld != "" {
			k.withdraw()
		}
	}
}
