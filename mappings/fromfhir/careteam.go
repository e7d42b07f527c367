package fromfhir

import (
	"cmp"

	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/mappings/record"
)

// CareTeam reads a team and the RelatedPersons in it.
func CareTeam(rs []*fhir.Resource) (record.Record, fhir.Issues) {
	s := source(rs)
	r := s.first("CareTeam")
	if r == nil {
		return nil, missing("CareTeam")
	}
	t := &record.CareTeam{TeamID: id(r, "care_team"), Title: r.Get("name").Text(), Status: r.Get("status").Text(),
		Program: programOf(r), Setting: value(ext(r.Root(), "coordination-setting")).Text(), Start: date(r.Get("period", "start")), End: date(r.Get("period", "end"))}
	t.Member, t.Person = s.child(r.Get("subject"))
	for _, p := range r.Get("participant").Items() {
		t.Members = append(t.Members, s.teamMember(p))
	}
	return t, losses(s, keeps{"Patient": patient, "CareTeam": "status name subject period participant",
		"RelatedPerson": "active patient relationship name telecom period"})
}

func (s source) teamMember(p *fhir.Node) record.TeamMember {
	who := p.Get("member")
	m := record.TeamMember{
		Withheld: value(ext(p, "withheld")).Text(),
		ID:       value(ext(p, "team-member")).Text(), Kind: value(ext(p, "team-member-kind")).Text(), Role: anyOf("team_role", p.Get("role")), Person: display(who),
		Organization: display(p.Get("onBehalfOf")), OrgNPI: named(p.Get("onBehalfOf")),
		Start: date(p.Get("period", "start")), End: date(p.Get("period", "end")),
	}
	if m.Role == "" && coding(first(p.Get("role")), nucc) == caseManager {
		m.Role = "care-coordinator"
	}
	if m.ID == "" {
		m.ID = cmp.Or(p.Get("id").Text(), named(who))
	}
	contact := ext(p, "member-contact")
	m.Phone, m.Email = part(contact, "phone"), part(contact, "email")
	if m.Kind == "" {
		m.Kind = kindOf(who)
	}
	switch {
	case m.Related():
		s.relative(who, &m)
	case m.Kind == "youth":
	case who.Get("identifier", "system").Text() == gateway.NPI:
		m.NPI = named(who)
	default:
		m.OwnID = named(who)
	}
	return m
}

// nucc is the provider taxonomy, caseManager its code of who coordinates care
// (standards.md 1.2).
const (
	nucc        = "http://nucc.org/provider-taxonomy"
	caseManager = "171M00000X"
)

// kindOf guesses the kind of a member that another system made.
func kindOf(member *fhir.Node) string {
	typ, _, _, _ := fhir.ParseRef(member.Get("reference").Text())
	if typ == "" {
		typ = member.Get("type").Text()
	}
	switch typ {
	case "Patient":
		return "youth"
	case "RelatedPerson":
		return "natural"
	case "Organization":
		return "organization"
	}
	return "professional"
}

func (s source) relative(reference *fhir.Node, m *record.TeamMember) {
	r := s.follow(reference)
	if r == nil {
		return
	}
	m.Relationship = anyOf("relationship", r.Get("relationship"))
	if m.Person == "" {
		m.Person = first(r.Get("name")).Get("text").Text()
	}
	for _, t := range r.Get("telecom").Items() {
		switch t.Get("system").Text() {
		case "phone":
			m.Phone = t.Get("value").Text()
		case "email":
			m.Email = t.Get("value").Text()
		}
	}
}
