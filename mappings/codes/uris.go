package codes

// Extensions is the base of our own extensions (docs/mappings lists them); PAS
// and ELTSS are the bases of those we take from the guides.
const (
	Extensions = "http://throughline.example/fhir/StructureDefinition/"
	PAS        = "http://hl7.org/fhir/us/davinci-pas/StructureDefinition/extension-"
	ELTSS      = "http://hl7.org/fhir/us/eltss/StructureDefinition/eltss-"
)

// Questionnaires is the base of the canonical names of instruments: none of their
// texts is here.
const Questionnaires = "http://throughline.example/fhir/Questionnaire/"

// Code systems of other bodies (standards.md 2).
const (
	Terminology = "http://terminology.hl7.org/CodeSystem/"
	ICD10       = "http://hl7.org/fhir/sid/icd-10-cm"
	UCUM        = "http://unitsofmeasure.org"
	Place       = "https://www.cms.gov/Medicare/Coding/place-of-service-codes/Place_of_Service_Code_Set"
)

// Systems of identifiers that are ours.
const (
	Payer   = "urn:throughline:payer"
	Program = "urn:throughline:program"
)

// Own is the system of a partner's own ids of a record or part.
func Own(partner, name string) string { return "urn:throughline:" + partner + ":" + name }
