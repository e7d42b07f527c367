package search

// others are the parameters of the types the product only carries: who they are
// about, their identifier, status and date.
var others = map[string][]Param{
	"AdverseEvent": {
		date("date", "date"),
		token("event", "event"),
		ref("subject", "subject", "Patient", "RelatedPerson", "Practitioner", "Group"),
	},
	"BodyStructure":    {ownIdentifier(), ownPatient("patient")},
	"DeviceDefinition": {ownIdentifier(), token("type", "type")},
	"DeviceMetric":     {ownIdentifier(), token("type", "type")},
	"DeviceUseStatement": {
		ref("device", "device", "Device"),
		ownIdentifier(),
		patient("subject"),
		ref("subject", "subject", "Patient", "Group"),
	},
	"ImmunizationEvaluation": {
		date("date", "date"),
		ownIdentifier(),
		ownPatient("patient"),
		code("status", "status", "http://terminology.hl7.org/CodeSystem/medication-admin-status"),
	},
	"ImmunizationRecommendation": {
		date("date", "date"),
		ownIdentifier(),
		ownPatient("patient"),
		token("status", "recommendation.forecastStatus"),
	},
	"InsurancePlan": {
		ref("administered-by", "administeredBy", "Organization"),
		ownIdentifier(),
		text("name", "name", "alias"),
		ref("owned-by", "ownedBy", "Organization"),
		code("status", "status", "publication-status"),
		token("type", "type"),
	},
	"MedicationKnowledge": {token("code", "code"), code("status", "status", "http://terminology.hl7.org/CodeSystem/medicationknowledge-status")},
	"MedicinalProduct":    {ownIdentifier(), text("name", "name.productName")},
	"MedicinalProductAuthorization": {
		ownIdentifier(),
		token("status", "status"),
		ref("subject", "subject", "MedicinalProduct", "MedicinalProductPackaged"),
	},
	"MedicinalProductContraindication":  {ref("subject", "subject", "MedicinalProduct", "Medication")},
	"MedicinalProductIndication":        {ref("subject", "subject", "MedicinalProduct", "Medication")},
	"MedicinalProductInteraction":       {ref("subject", "subject", "MedicinalProduct", "Medication", "Substance")},
	"MedicinalProductPackaged":          {ownIdentifier(), ref("subject", "subject", "MedicinalProduct")},
	"MedicinalProductPharmaceutical":    {ownIdentifier()},
	"MedicinalProductUndesirableEffect": {ref("subject", "subject", "MedicinalProduct", "Medication")},
	"MolecularSequence":                 {ownIdentifier(), ownPatient("patient")},
	"SpecimenDefinition":                {ownIdentifier()},
	"Substance": {
		token("code", "code", "ingredient.substanceCodeableConcept"),
		ownIdentifier(),
		code("status", "status", "substance-status"),
	},
	"TestReport": {ownIdentifier()},
	"VisionPrescription": {
		date("datewritten", "dateWritten"),
		ref("encounter", "encounter", "Encounter").by("clinical-encounter"),
		identifier(),
		patient("patient"),
		ref("prescriber", "prescriber", carers...),
		code("status", "status", "fm-status"),
	},
}
