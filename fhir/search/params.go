package search

// areas are the parameter tables of this package, one file each.
func areas() []map[string][]Param {
	return []map[string][]Param{
		people, plans, clinical, requests, money, visits, documents, oversight, medicines, definitions, others,
	}
}

// patient and subject as most types have them: subject of several types, patient
// the same element when it is a Patient.
func patient(path string) Param { return only("patient", path, "Patient").by("clinical-patient") }

// identifier as most clinical types have it.
func identifier() Param {
	return token("identifier", "identifier").by("clinical-identifier").personal()
}

// ownIdentifier is identifier where the definition belongs to the type alone.
func ownIdentifier() Param { return token("identifier", "identifier").personal() }

// ownPatient is patient where the definition belongs to the type alone.
func ownPatient(path string) Param { return only("patient", path, "Patient") }

// eventTimes are the forms of an event's time: effective[x], occurrence[x], performed[x].
func eventTimes(element string) []string {
	return choice(element, "DateTime", "Period", "Timing", "Instant")
}

// Target lists that come again and again.
var (
	carers  = []string{"Practitioner", "PractitionerRole"}
	bodies  = []string{"Practitioner", "PractitionerRole", "Organization"}
	parties = []string{"Patient", "RelatedPerson", "Practitioner", "PractitionerRole", "Organization"}
	actors  = []string{"Patient", "RelatedPerson", "Practitioner", "PractitionerRole", "Organization", "Device"}
	doers   = []string{"Patient", "RelatedPerson", "Practitioner", "PractitionerRole", "Organization", "Device", "CareTeam",
		"HealthcareService"}
	holders  = []string{"Patient", "RelatedPerson", "Organization"}
	measured = []string{"Patient", "Group", "Device", "Location"}
	meetings = []string{"Encounter", "EpisodeOfCare"}
	guides   = []string{"PlanDefinition", "ActivityDefinition", "Questionnaire", "Measure", "OperationDefinition"}
)
