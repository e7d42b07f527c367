package search

import "slices"

const gender = "administrative-gender"

// people are the parameters of persons, agencies and places, and what joins them.
// http://hl7.org/fhir/R4/patient.html#search and the pages beside it.
var people = map[string][]Param{
	"Patient": slices.Concat(individual(), addresses("individual-"), []Param{
		token("active", "active"),
		date("death-date", "deceasedDateTime").personal(),
		deceased(),
		text("family", "name.family").by("individual-family").personal(),
		ref("general-practitioner", "generalPractitioner", bodies...),
		text("given", "name.given").by("individual-given").personal(),
		token("language", "communication.language"),
		ref("link", "link.other", "Patient", "RelatedPerson"),
		text("name", "name").personal(),
		ref("organization", "managingOrganization", "Organization"),
		date("birthdate", "birthDate").by("individual-birthdate").personal(),
	}),
	"RelatedPerson": slices.Concat(individual(), addresses("individual-"), []Param{
		token("active", "active"),
		date("birthdate", "birthDate").by("individual-birthdate").personal(),
		text("name", "name").personal(),
		ownPatient("patient"),
		token("relationship", "relationship"),
	}),
	"Person": slices.Concat(individual(), addresses("individual-"), []Param{
		date("birthdate", "birthDate").by("individual-birthdate").personal(),
		ref("link", "link.target", "Patient", "Practitioner", "RelatedPerson", "Person"),
		text("name", "name").personal(),
		ref("organization", "managingOrganization", "Organization"),
		ownPatient("link.target"),
		only("practitioner", "link.target", "Practitioner"),
		only("relatedperson", "link.target", "RelatedPerson"),
	}),
	"Practitioner": slices.Concat(individual(), addresses("individual-"), []Param{
		token("active", "active"),
		token("communication", "communication"),
		text("family", "name.family").by("individual-family").personal(),
		text("given", "name.given").by("individual-given").personal(),
		text("name", "name").personal(),
	}),
	"PractitionerRole": slices.Concat(telecoms(), []Param{
		token("active", "active"),
		date("date", "period"),
		ref("endpoint", "endpoint", "Endpoint"),
		ownIdentifier(),
		ref("location", "location", "Location"),
		ref("organization", "organization", "Organization"),
		ref("practitioner", "practitioner", "Practitioner"),
		token("role", "code"),
		ref("service", "healthcareService", "HealthcareService"),
		token("specialty", "specialty"),
	}),
	"Organization": slices.Concat(addresses("Organization-"), []Param{
		token("active", "active"),
		ref("endpoint", "endpoint", "Endpoint"),
		ownIdentifier(),
		text("name", "name", "alias").personal(),
		ref("partof", "partOf", "Organization"),
		token("type", "type"),
	}),
	"Location": slices.Concat(addresses("Location-"), []Param{
		ref("endpoint", "endpoint", "Endpoint"),
		ownIdentifier(),
		text("name", "name", "alias").personal(),
		token("operational-status", "operationalStatus"),
		ref("organization", "managingOrganization", "Organization"),
		ref("partof", "partOf", "Location"),
		code("status", "status", "location-status"),
		token("type", "type"),
	}),
	"HealthcareService": {
		token("active", "active"),
		token("characteristic", "characteristic"),
		ref("coverage-area", "coverageArea", "Location"),
		ref("endpoint", "endpoint", "Endpoint"),
		ownIdentifier(),
		ref("location", "location", "Location"),
		text("name", "name").personal(),
		ref("organization", "providedBy", "Organization"),
		token("program", "program"),
		token("service-category", "category"),
		token("service-type", "type"),
		token("specialty", "specialty"),
	},
	"Endpoint": {
		token("connection-type", "connectionType"),
		ownIdentifier(),
		text("name", "name"),
		ref("organization", "managingOrganization", "Organization"),
		token("payload-type", "payloadType"),
		code("status", "status", "endpoint-status"),
	},
	"OrganizationAffiliation": {
		token("active", "active"),
		date("date", "period"),
		ref("endpoint", "endpoint", "Endpoint"),
		ownIdentifier(),
		ref("location", "location", "Location"),
		ref("network", "network", "Organization"),
		ref("participating-organization", "participatingOrganization", "Organization"),
		ref("primary-organization", "organization", "Organization"),
		token("role", "code"),
		ref("service", "healthcareService", "HealthcareService"),
		token("specialty", "specialty"),
		contacts("telecom", "telecom").by("OrganizationAffiliation-telecom"),
		contacts("phone", "telecom[system=phone]").by("OrganizationAffiliation-phone"),
		contacts("email", "telecom[system=email]").by("OrganizationAffiliation-email"),
	},
	"Group": {
		token("actual", "actual"),
		token("characteristic", "characteristic.code"),
		token("code", "code"),
		token("exclude", "characteristic.exclude"),
		ownIdentifier(),
		ref("managing-entity", "managingEntity", "RelatedPerson", "Practitioner", "PractitionerRole", "Organization"),
		ref("member", "member.entity", "Patient", "Practitioner", "PractitionerRole", "Device", "Medication", "Substance", "Group"),
		code("type", "type", "group-type"),
		token("value", "characteristic.valueCodeableConcept", "characteristic.valueBoolean"),
	},
}

// individual are what all persons have.
func individual() []Param {
	return append(telecoms(), ownIdentifier(), code("gender", "gender", gender).by("individual-gender"))
}

func telecoms() []Param {
	return []Param{
		contacts("telecom", "telecom"),
		contacts("phone", "telecom[system=phone]"),
		contacts("email", "telecom[system=email]"),
	}
}

// addresses are the parameters of an Address, defined under the given prefix.
func addresses(definition string) []Param {
	return []Param{
		text("address", "address").by(definition + "address").personal(),
		text("address-city", "address.city").by(definition + "address-city").personal(),
		text("address-country", "address.country").by(definition + "address-country").personal(),
		text("address-postalcode", "address.postalCode").by(definition + "address-postalcode").personal(),
		text("address-state", "address.state").by(definition + "address-state").personal(),
		code("address-use", "address.use", "address-use").by(definition + "address-use"),
	}
}

// deceased is a boolean made of deceased[x]: true for a date or true, else false.
func deceased() Param {
	p := token("deceased", choice("deceased", "Boolean", "DateTime")...)
	p.deceased = true
	return p
}
