package search

import "slices"

// others are the parameters of the types the product only carries: who they are
// about, their identifier and status. Published definitions (value sets,
// measures, profiles) are found by url, version, name, title, status and date.
var others = map[string][]Param{
	"ActivityDefinition":                slices.Concat(published("ActivityDefinition-"), publishedIdentifier("ActivityDefinition-")),
	"CapabilityStatement":               published("conformance-"),
	"ChargeItemDefinition":              slices.Concat(untitled("ChargeItemDefinition-"), publishedIdentifier("ChargeItemDefinition-"), titled("ChargeItemDefinition-")),
	"CodeSystem":                        slices.Concat(published("conformance-"), publishedIdentifier("conformance-"), []Param{token("code", "concept.code"), uri("system", "url")}),
	"CompartmentDefinition":             slices.Concat(untitled("conformance-"), named("conformance-"), []Param{token("code", "code")}),
	"ConceptMap":                        slices.Concat(published("conformance-"), publishedIdentifier("conformance-")),
	"EffectEvidenceSynthesis":           slices.Concat(published("EffectEvidenceSynthesis-"), publishedIdentifier("EffectEvidenceSynthesis-")),
	"EventDefinition":                   slices.Concat(published("EventDefinition-"), publishedIdentifier("EventDefinition-")),
	"Evidence":                          slices.Concat(published("Evidence-"), publishedIdentifier("Evidence-")),
	"EvidenceVariable":                  slices.Concat(published("EvidenceVariable-"), publishedIdentifier("EvidenceVariable-")),
	"ExampleScenario":                   slices.Concat(untitled("ExampleScenario-"), named("ExampleScenario-"), publishedIdentifier("ExampleScenario-")),
	"GraphDefinition":                   slices.Concat(untitled("conformance-"), named("conformance-")),
	"ImplementationGuide":               published("conformance-"),
	"Library":                           slices.Concat(published("Library-"), publishedIdentifier("Library-"), []Param{token("type", "type")}),
	"Measure":                           slices.Concat(published("Measure-"), publishedIdentifier("Measure-"), []Param{token("topic", "topic")}),
	"MessageDefinition":                 slices.Concat(published("conformance-"), publishedIdentifier("conformance-")),
	"OperationDefinition":               slices.Concat(published("conformance-"), []Param{token("code", "code")}),
	"PlanDefinition":                    slices.Concat(published("PlanDefinition-"), publishedIdentifier("PlanDefinition-"), []Param{token("type", "type"), token("topic", "topic")}),
	"ResearchDefinition":                slices.Concat(published("ResearchDefinition-"), publishedIdentifier("ResearchDefinition-")),
	"ResearchElementDefinition":         slices.Concat(published("ResearchElementDefinition-"), publishedIdentifier("ResearchElementDefinition-")),
	"RiskEvidenceSynthesis":             slices.Concat(published("RiskEvidenceSynthesis-"), publishedIdentifier("RiskEvidenceSynthesis-")),
	"SearchParameter":                   slices.Concat(untitled("conformance-"), named("conformance-"), []Param{token("code", "code"), code("base", "base", "resource-types"), code("type", "type", "search-param-type")}),
	"StructureDefinition":               slices.Concat(published("conformance-"), publishedIdentifier("conformance-"), []Param{uri("type", "type"), ref("base", "baseDefinition", "StructureDefinition"), code("kind", "kind", "structure-definition-kind")}),
	"StructureMap":                      slices.Concat(published("conformance-"), publishedIdentifier("conformance-")),
	"TerminologyCapabilities":           published("conformance-"),
	"TestScript":                        slices.Concat(published("TestScript-"), publishedIdentifier("TestScript-")),
	"ValueSet":                          slices.Concat(published("conformance-"), publishedIdentifier("conformance-"), []Param{uri("reference", "compose.include.system"), token("code", "expansion.contains.code", "compose.include.concept.code")}),
	"NamingSystem":                      {text("name", "name").by("conformance-name"), code("status", "status", "publication-status").by("conformance-status"), date("date", "date").by("conformance-date"), text("value", "uniqueId.value")},
	"AdverseEvent":                      {date("date", "date"), ref("subject", "subject", "Patient", "Practitioner", "RelatedPerson", "Group"), token("event", "event")},
	"BodyStructure":                     {ownIdentifier(), ownPatient("patient")},
	"DeviceDefinition":                  {ownIdentifier(), token("type", "type")},
	"DeviceMetric":                      {ownIdentifier(), token("type", "type")},
	"DeviceUseStatement":                {ownIdentifier(), patient("subject"), ref("subject", "subject", "Patient", "Group"), ref("device", "device", "Device")},
	"ImmunizationEvaluation":            {ownIdentifier(), ownPatient("patient"), date("date", "date"), code("status", "status", "CodeSystem/immunization-evaluation-status")},
	"ImmunizationRecommendation":        {ownIdentifier(), ownPatient("patient"), date("date", "date"), token("status", "recommendation.forecastStatus")},
	"InsurancePlan":                     {ownIdentifier(), text("name", "name", "alias"), code("status", "status", "publication-status"), token("type", "type"), ref("administered-by", "administeredBy", "Organization"), ref("owned-by", "ownedBy", "Organization")},
	"MedicationKnowledge":               {token("code", "code"), token("status", "status")},
	"MedicinalProduct":                  {ownIdentifier(), text("name", "name.productName")},
	"MedicinalProductAuthorization":     {ownIdentifier(), ref("subject", "subject", "MedicinalProduct", "MedicinalProductPackaged"), token("status", "status")},
	"MedicinalProductContraindication":  {ref("subject", "subject", "MedicinalProduct", "Medication")},
	"MedicinalProductIndication":        {ref("subject", "subject", "MedicinalProduct", "Medication")},
	"MedicinalProductInteraction":       {ref("subject", "subject", "MedicinalProduct", "Medication", "Substance")},
	"MedicinalProductPackaged":          {ownIdentifier(), ref("subject", "subject", "MedicinalProduct")},
	"MedicinalProductPharmaceutical":    {ownIdentifier()},
	"MedicinalProductUndesirableEffect": {ref("subject", "subject", "MedicinalProduct", "Medication")},
	"MolecularSequence":                 {ownIdentifier(), ownPatient("patient")},
	"SpecimenDefinition":                {ownIdentifier()},
	"Substance":                         {ownIdentifier(), code("status", "status", "substance-status"), token("code", "code", "ingredient.substanceCodeableConcept")},
	"TestReport":                        {ownIdentifier()},
	"VisionPrescription":                {identifier(), patient("patient"), date("datewritten", "dateWritten"), ref("encounter", "encounter", meetings...).by("clinical-encounter"), ref("prescriber", "prescriber", carers...), code("status", "status", "fm-status")},
}

// published are the parameters every published definition shares.
// http://hl7.org/fhir/R4/metadataresource.html
func published(definition string) []Param {
	return slices.Concat(untitled(definition), named(definition), titled(definition))
}

func untitled(definition string) []Param {
	return []Param{
		uri("url", "url").by(definition + "url"),
		token("version", "version").by(definition + "version"),
		code("status", "status", "publication-status").by(definition + "status"),
		date("date", "date").by(definition + "date"),
	}
}

func named(definition string) []Param {
	return []Param{text("name", "name").by(definition + "name")}
}

func titled(definition string) []Param {
	return []Param{text("title", "title").by(definition + "title")}
}

func publishedIdentifier(definition string) []Param {
	return []Param{token("identifier", "identifier").by(definition + "identifier")}
}
