package record

import "github.com/throughline/throughline/fhir"

// CareTeam is a child and family team (seed 002, 5, 11, 22; standards.md 1.2):
// family, youth, providers, agencies, natural, family and peer supports, each
// with role and period.
type CareTeam struct {
	TeamID  string `json:"team_id" need:"yes" fhir:"CareTeam.identifier"`
	Member  `csv:""`
	Person  `csv:""`
	Title   string       `json:"title" personal:"yes" fhir:"CareTeam.name"`
	Status  string       `json:"status" need:"yes" code:"team_status" fhir:"CareTeam.status"`
	Program string       `json:"program" fhir:"extension program"`
	Start   Date         `json:"start" fhir:"CareTeam.period.start"`
	End     Date         `json:"end" fhir:"CareTeam.period.end"`
	Setting string       `json:"setting" code:"coordination_setting" fhir:"extension coordination-setting"`
	Members []TeamMember `json:"members" csv:"person" need:"yes" fhir:"CareTeam.participant"`
}

// TeamMember is one member of the team. Professionals and organisations are
// named by an NPI or the sender's own id; natural supports and family become
// RelatedPersons of the child.
type TeamMember struct {
	ID           string `json:"id" need:"yes" fhir:"CareTeam.participant.id; RelatedPerson.identifier"`
	Kind         string `json:"kind" need:"yes" code:"member_kind" fhir:"CareTeam.participant.member.type"`
	Role         string `json:"role" need:"yes" code:"team_role" fhir:"CareTeam.participant.role"`
	Person       string `json:"name" personal:"yes" fhir:"RelatedPerson.name.text, CareTeam.participant.member.display"`
	Relationship string `json:"relationship" code:"relationship" fhir:"RelatedPerson.relationship"`
	NPI          string `json:"npi" fhir:"CareTeam.participant.member.identifier (us-npi)"`
	OwnID        string `json:"own_id" fhir:"CareTeam.participant.member.identifier"`
	Organization string `json:"organization" fhir:"CareTeam.participant.onBehalfOf.display"`
	OrgNPI       string `json:"organization_npi" fhir:"CareTeam.participant.onBehalfOf.identifier"`
	Phone        string `json:"phone" personal:"yes" fhir:"RelatedPerson.telecom; extension member-contact"`
	Email        string `json:"email" personal:"yes" fhir:"RelatedPerson.telecom; extension member-contact"`
	Withheld     string `json:"withheld" code:"withheld_reason" fhir:"extension withheld" loss:"no relation is made for a member from whom things are withheld"`
	Start        Date   `json:"start" fhir:"CareTeam.participant.period.start"`
	End          Date   `json:"end" fhir:"CareTeam.participant.period.end"`
}

// Related says that the member is a person of the child's life, not of an
// agency.
func (m *TeamMember) Related() bool { return m.Kind == "family" || m.Kind == "natural" }

// Name is "care_team".
func (*CareTeam) Name() string { return "care_team" }

// ID is the team's id.
func (t *CareTeam) ID() string { return t.TeamID }

// Fill has nothing to add.
func (*CareTeam) Fill() {}

// Check refuses ids used twice, wrong periods, NPIs that cannot be, and
// employers of persons who speak for themselves.
func (t *CareTeam) Check() fhir.Issues {
	var c checks
	c.period("end", t.Start, t.End)
	c.unique("members", ids(t.Members, func(m TeamMember) string { return m.ID }))
	for i, m := range t.Members {
		path := at("members", i)
		c.period(path+".end", m.Start, m.End)
		c.npi(path+".npi", m.NPI)
		c.npi(path+".organization_npi", m.OrgNPI)
		if m.Kind != "professional" && m.Organization+m.OrgNPI != "" {
			c.bad(path+".organization", "an organization with kind "+m.Kind, "an organization of a professional only (CareTeam ctm-1)", "leave it out, or set kind to professional")
		}
		if !m.Related() && m.Relationship != "" {
			c.bad(path+".relationship", "a relationship with kind "+m.Kind, "a relationship of family and natural supports", "leave it out, or correct the kind")
		}
		if m.Kind != "professional" && m.Kind != "organization" && m.NPI+m.OwnID != "" {
			c.bad(path+".npi", "an identifier with kind "+m.Kind, "npi and own_id of professionals and organizations", "leave it out, or correct the kind")
		}
		if m.NPI != "" && m.OwnID != "" {
			c.bad(path+".own_id", "npi and own_id", "one of the two", "keep the npi")
		}
		if m.Kind != "youth" && m.Person == "" && m.NPI+m.OwnID == "" {
			c.bad(path+".name", "nothing", "a name, an npi or an own_id", "say who the member is")
		}
	}
	return c.issues
}
