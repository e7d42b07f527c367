package record

import (
	"reflect"
	"sync"

	"github.com/throughline/throughline/fhir"
)

// Record is one typed record.
type Record interface {
	Name() string       // care_plan, care_team, ...
	ID() string         // the sender's own id of it; the identity of its resources
	About() *Member     // whose record it is; nil = no child's
	Who() *Person       // what it tells about that person
	Fill()              // sets what absent fields mean
	Check() fhir.Issues // the rules between its fields
}

// Names lists the records, in the order documents show them.
var Names = []string{"care_plan", "care_team", "referral", "authorization", "enrollment", "service", "treatment_update", "decision", "staff", "meeting", "contact", "assessment", "flexible_fund", "referral_answer",
	"level_of_care", "placement", "waitlist_entry", "linked_plan", "application_packet", "adverse_notice", "appeal"}

// Kept are the records that programs' rules look at, and that are kept whole for
// them.
var Kept = []string{"care_plan", "care_team", "referral", "enrollment", "staff", "meeting", "contact", "assessment", "flexible_fund",
	"level_of_care", "placement", "waitlist_entry", "linked_plan", "application_packet", "adverse_notice", "appeal"}

// schemas are the records by their names.
var schemas = sync.OnceValue(func() map[string]*Schema {
	types := map[string]reflect.Type{
		"care_plan":        reflect.TypeFor[CarePlan](),
		"care_team":        reflect.TypeFor[CareTeam](),
		"referral":         reflect.TypeFor[Referral](),
		"authorization":    reflect.TypeFor[Authorization](),
		"enrollment":       reflect.TypeFor[Enrollment](),
		"service":          reflect.TypeFor[Service](),
		"treatment_update": reflect.TypeFor[TreatmentUpdate](),
		"decision":         reflect.TypeFor[PayerDecision](),
		"staff":            reflect.TypeFor[Staff](),
		"meeting":          reflect.TypeFor[Meeting](),
		"flexible_fund":    reflect.TypeFor[FlexibleFund](),
		"assessment":       reflect.TypeFor[Assessment](),
		"contact":          reflect.TypeFor[Contact](),
		"referral_answer":  reflect.TypeFor[ReferralAnswer](),

		"level_of_care":      reflect.TypeFor[LevelOfCare](),
		"placement":          reflect.TypeFor[Placement](),
		"waitlist_entry":     reflect.TypeFor[WaitlistEntry](),
		"linked_plan":        reflect.TypeFor[LinkedPlan](),
		"adverse_notice":     reflect.TypeFor[AdverseNotice](),
		"appeal":             reflect.TypeFor[Appeal](),
		"application_packet": reflect.TypeFor[ApplicationPacket](),
	}
	all := make(map[string]*Schema, len(types))
	for name, t := range types {
		all[name] = newSchema(name, "", t)
	}
	return all
})

// SchemaOf is the schema of a record; nil when there is no such record.
func SchemaOf(name string) *Schema { return schemas()[name] }

// Member names the child a record is about.
type Member struct {
	MemberID string `json:"member_id" need:"yes" personal:"yes" fhir:"Patient.identifier (type MB)"`
}

// About is the child.
func (m *Member) About() *Member { return m }

// Nobody is in records that are about no child.
type Nobody struct{}

// About is no child.
func (*Nobody) About() *Member { return nil }

// Who tells nothing about a child.
func (*Nobody) Who() *Person { return &Person{} }

// Person is what a record may tell about the child. When it tells anything the
// Patient is updated, else only made sure of.
type Person struct {
	Family    string    `json:"family_name" personal:"yes" fhir:"Patient.name.family"`
	Given     string    `json:"given_name" personal:"yes" fhir:"Patient.name.given"`
	BirthDate Date      `json:"birth_date" personal:"yes" fhir:"Patient.birthDate"`
	Gender    string    `json:"gender" personal:"yes" code:"gender" fhir:"Patient.gender"`
	OtherIDs  []OtherID `json:"other_ids" csv:"-" fhir:"Patient.identifier"`
}

// Who is the person.
func (p *Person) Who() *Person { return p }

// Told says whether the record tells anything about the child beyond its id.
func (p *Person) Told() bool {
	return p.Family != "" || p.Given != "" || p.BirthDate != "" || p.Gender != "" || len(p.OtherIDs) > 0
}

// OtherID is a further identifier of the child: a chart number, a state id.
type OtherID struct {
	System string `json:"system" need:"yes" fhir:"Patient.identifier.system"`
	Value  string `json:"value" need:"yes" personal:"yes" fhir:"Patient.identifier.value"`
}
