package record

import (
	"strconv"

	"github.com/throughline/throughline/fhir"
)

// Staff is one person at work in programs: role, share of full time, supervisor,
// employer, and what the rules ask for (seed 000: clearances, trainings,
// credential review; seed 002, footnote: full time and other duties count).
type Staff struct {
	StaffID        string `json:"staff_id" need:"yes" fhir:"Practitioner.identifier, PractitionerRole.identifier"`
	Nobody         `csv:""`
	NPI            string             `json:"npi" fhir:"Practitioner.identifier (us-npi)"`
	Person         string             `json:"name" need:"yes" personal:"yes" fhir:"Practitioner.name.text"`
	Role           string             `json:"role" need:"yes" code:"staff_role" fhir:"PractitionerRole.code"`
	FTE            int64              `json:"fte_percent" fhir:"Basic (staff-file), extension staff-load: full-time" loss:"absent and 0 are the same: not stated"`
	OtherDuties    int64              `json:"other_duties_percent" fhir:"Basic, extension staff-load: other-duties"`
	SupervisorID   string             `json:"supervisor_id" fhir:"Basic, extension supervisor"`
	EmployerID     string             `json:"employer_id" fhir:"PractitionerRole.organization.identifier"`
	EmployerName   string             `json:"employer_name" fhir:"PractitionerRole.organization.display"`
	Programs       IDs                `json:"programs" fhir:"extension program (several)"`
	Circumstances  IDs                `json:"circumstances" code:"circumstance" fhir:"Basic, extension circumstance (several)"`
	Start          Date               `json:"start" fhir:"PractitionerRole.period.start"`
	End            Date               `json:"end" fhir:"PractitionerRole.period.end"`
	Qualifications []Credential       `json:"qualifications" csv:"qualification" fhir:"Basic, extension staff-qualification; open to the sender only, as all of it"`
	Clearances     []Credential       `json:"clearances" csv:"clearance" fhir:"Basic, extension staff-clearance"`
	Trainings      []Credential       `json:"trainings" csv:"training" fhir:"Basic, extension staff-training"`
	Reviews        []CredentialReview `json:"credential_reviews" csv:"review" fhir:"Basic, extension credential-review"`
}

// Credential is a qualification, a clearance or a training, with its dates. Codes
// are those that the programs' rules name.
type Credential struct {
	Code    string `json:"code" need:"yes" fhir:"extension staff-clearance: code"`
	Text    string `json:"text" fhir:"extension staff-clearance: text"`
	Issued  Date   `json:"issued" fhir:"extension staff-clearance: issued"`
	Expires Date   `json:"expires" fhir:"extension staff-clearance: expires"`
	Issuer  string `json:"issuer" fhir:"extension staff-clearance: issuer"`
}

// CredentialReview is the review of somebody whose credentials are not those of
// the guidance: asked for by the local government unit, in consultation with the
// field coordinator, under extenuating circumstances (seed 000).
type CredentialReview struct {
	RequestedBy   string `json:"requested_by" need:"yes" fhir:"extension credential-review: requested-by"`
	RequestedOn   Date   `json:"requested_on" need:"yes" fhir:"extension credential-review: requested-on"`
	Consulted     string `json:"consulted" fhir:"extension credential-review: consulted"`
	Circumstances string `json:"circumstances" personal:"yes" fhir:"extension credential-review: circumstances"`
	Outcome       string `json:"outcome" fhir:"extension credential-review: outcome"`
	DecidedOn     Date   `json:"decided_on" fhir:"extension credential-review: decided-on"`
}

// Name is "staff".
func (*Staff) Name() string { return "staff" }

// ID is the id of the person with the sender.
func (s *Staff) ID() string { return s.StaffID }

// Fill has nothing to add.
func (*Staff) Fill() {}

// Check refuses wrong periods, NPIs that cannot be, shares that are none, and
// supervisors of themselves.
func (s *Staff) Check() fhir.Issues {
	var c checks
	c.period("end", s.Start, s.End)
	c.npi("npi", s.NPI)
	c.percent("fte_percent", s.FTE, 200)
	c.percent("other_duties_percent", s.OtherDuties, 100)
	if s.SupervisorID == s.StaffID {
		c.bad("supervisor_id", "the person's own id", "the id of somebody else", "name the supervisor, or leave it out")
	}
	c.credentials("qualifications", s.Qualifications)
	c.credentials("clearances", s.Clearances)
	c.credentials("trainings", s.Trainings)
	for i, r := range s.Reviews {
		c.period(at("credential_reviews", i)+".decided_on", r.RequestedOn, r.DecidedOn)
	}
	return c.issues
}

func (c *checks) credentials(name string, list []Credential) {
	for i, cred := range list {
		c.period(at(name, i)+".expires", cred.Issued, cred.Expires)
	}
}

func (c *checks) percent(path string, n, most int64) {
	if n < 0 || n > most {
		c.bad(path, strconv.FormatInt(n, 10), "0 to "+strconv.FormatInt(most, 10), "send the share in percent")
	}
}
