package search

import (
	"slices"
	"strings"

	"github.com/throughline/throughline/fhir"
)

// Subject is the reference to the patient a resource is about, as it stands in
// the resource ("Patient/123", "urn:uuid:..."), by the paths of the R4 patient
// compartment (http://hl7.org/fhir/R4/compartmentdefinition-patient.html). A
// Patient is about itself. It is empty when there is none: a directory resource,
// a subject that is no patient, or one known by an identifier only. Of several
// patients (a group appointment) it is the first. A urn that somebody takes part by
// says of no type what it is: patient, which may be nil, knows those of the message.
func Subject(r *fhir.Resource, patient func(ref string) bool) string {
	if r.Type == "Patient" {
		return string(r.Ref())
	}
	for _, path := range subjectPaths(r.Type) {
		trusted := patient
		if isSubject(path) {
			trusted = func(string) bool { return true }
		}
		if subject := firstPatient(r.Root(), path, trusted); subject != "" {
			return subject
		}
	}
	return ""
}

// aboutPaths are the subjects of types that have no patient parameter.
var aboutPaths = map[string][]string{
	"AdverseEvent":  {"subject"},
	"Binary":        {"securityContext"},
	"Schedule":      {"actor"},
	"SupplyRequest": {"deliverTo"},
}

// subjectPaths are the paths of the type's patient parameter.
func subjectPaths(resourceType string) []string {
	if p, ok := Find(resourceType, "patient"); ok {
		return p.Paths
	}
	return aboutPaths[resourceType]
}

// isSubject says whether an element names the subject by itself, so that a
// reference that does not tell its type (a urn) may be taken for a patient.
func isSubject(path string) bool {
	return slices.Contains([]string{"subject", "patient", "beneficiary", "for", "candidate", "individual"}, path)
}

// firstPatient finds the first reference to a Patient at a dotted path.
func firstPatient(n *fhir.Node, path string, trusted func(string) bool) string {
	name, rest, deeper := strings.Cut(path, ".")
	for _, item := range n.Get(name).Items() {
		var found string
		if deeper {
			found = firstPatient(item, rest, trusted)
		} else {
			found = patientReference(item, trusted)
		}
		if found != "" {
			return found
		}
	}
	return ""
}

func patientReference(n *fhir.Node, trusted func(string) bool) string {
	value := n.Get("reference").Text()
	if strings.HasPrefix(value, "Patient?") {
		return value // http://hl7.org/fhir/R4/http.html#trules
	}
	typ, _, _, absolute := fhir.ParseRef(value)
	if typ == "" {
		typ = n.Get("type").Text()
	}
	if typ == "Patient" && !strings.HasPrefix(value, "#") || typ == "" && absolute && trusted != nil && trusted(value) {
		return value
	}
	return ""
}

// Directory says whether resources of a type are about no patient and open to
// every caller: who works where, and published definitions.
func Directory(resourceType string) bool {
	_, published := Find(resourceType, "url")
	return published && !private[resourceType] || directory[resourceType]
}

// directory are the open types that are not published definitions.
var directory = map[string]bool{
	"Practitioner": true, "PractitionerRole": true, "Organization": true, "OrganizationAffiliation": true,
	"Location": true, "HealthcareService": true, "Endpoint": true, "InsurancePlan": true, "NamingSystem": true,
	"Medication": true, "MedicationKnowledge": true, "Substance": true, "DeviceDefinition": true, "SpecimenDefinition": true,
}

// private are the types that have a url and still are nobody else's business.
var private = map[string]bool{"Contract": true, "Device": true, "Subscription": true}
