package demo

import (
	"github.com/throughline/throughline/ledger"
	"github.com/throughline/throughline/mappings/record"
)

// natural is a person of the child's own life who helps.
func (c *child) natural(k int) string {
	return elderNames[(c.n*4+7+k)%len(elderNames)] + " " + familyNames[(c.n*7+13+k)%len(familyNames)]
}

// team is the child and family team; one child in fifteen has none yet.
func (c *child) team() {
	if c.n%15 == 11 {
		return
	}
	start := c.day - ledger.Day(60+c.rand.IntN(40))
	t := &record.CareTeam{TeamID: c.id("SYN-CT", 1), Member: c.about(), Title: c.given + "'s team", Status: "active", Program: c.program, Start: date(start), Members: []record.TeamMember{
		{ID: "M1", Kind: "youth", Role: "youth", Person: c.given + " " + c.family, Start: date(start)},
		{ID: "M2", Kind: "family", Role: "caregiver", Person: c.caregiver, Relationship: c.relation, Phone: c.phone(0), Start: date(start)},
		{ID: "M3", Kind: "natural", Role: "natural-support", Person: c.natural(0), Relationship: []string{"grandparent", "friend", "neighbor"}[c.n%3], Phone: c.phone(1), Start: date(start)},
		{ID: "M4", Kind: "professional", Role: "care-coordinator", Person: c.coordinator, OwnID: c.coordinatorID, Organization: agencyName, OrgNPI: agencyNPI, Start: date(start)},
		{ID: "M5", Kind: "professional", Role: "clinician", Person: c.clinician(), OwnID: "CL-" + c.clinic.letter, Organization: c.clinic.name, OrgNPI: c.clinic.npi, Start: date(start)}}}
	if c.clinic.ehr != "" {
		t.Members = append(t.Members, record.TeamMember{ID: "M6", Kind: "organization", Role: "agency", Person: c.clinic.name + ", health record", NPI: c.clinic.ehrNPI, Start: date(start)})
	}
	if c.n%9 != 2 { // one team in nine has forgotten who gives respite
		t.Members = append(t.Members, record.TeamMember{ID: "M8", Kind: "organization", Role: "waiver-provider", Person: vendorName, OwnID: vendor, Start: date(start)})
	}
	if c.n%4 == 1 {
		t.Members = append(t.Members, record.TeamMember{ID: "M7", Kind: "natural", Role: "natural-support", Person: c.natural(1), Relationship: "friend", Start: date(start + 14)})
	}
	c.say(c.planner(), t)
}

func (c *child) clinician() string {
	return clinicianNames[(c.n+int(c.clinic.letter[0]))%len(clinicianNames)]
}
