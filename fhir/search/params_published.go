package search

import "strings"

// definitions are the parameters of what authorities publish: value sets,
// measures, profiles. All have url, version, status and date; the second
// argument says which of identifier, name and title they have too.
// http://hl7.org/fhir/R4/metadataresource.html
var definitions = map[string][]Param{
	"ActivityDefinition":        published("ActivityDefinition", "identifier name title"),
	"CapabilityStatement":       published("conformance", "name title"),
	"ChargeItemDefinition":      published("ChargeItemDefinition", "identifier title"),
	"CodeSystem":                published("conformance", "identifier name title", token("code", "concept.code"), uri("system", "url")),
	"CompartmentDefinition":     published("conformance", "name", token("code", "code")),
	"ConceptMap":                published("conformance", "identifier name title"),
	"EffectEvidenceSynthesis":   published("EffectEvidenceSynthesis", "identifier name title"),
	"EventDefinition":           published("EventDefinition", "identifier name title"),
	"Evidence":                  published("Evidence", "identifier name title"),
	"EvidenceVariable":          published("EvidenceVariable", "identifier name title"),
	"ExampleScenario":           published("ExampleScenario", "identifier name"),
	"GraphDefinition":           published("conformance", "name"),
	"ImplementationGuide":       published("conformance", "name title"),
	"Library":                   published("Library", "identifier name title", token("type", "type")),
	"Measure":                   published("Measure", "identifier name title", token("topic", "topic")),
	"MessageDefinition":         published("conformance", "identifier name title"),
	"OperationDefinition":       published("conformance", "name title", token("code", "code")),
	"PlanDefinition":            published("PlanDefinition", "identifier name title", token("type", "type"), token("topic", "topic")),
	"ResearchDefinition":        published("ResearchDefinition", "identifier name title"),
	"ResearchElementDefinition": published("ResearchElementDefinition", "identifier name title"),
	"RiskEvidenceSynthesis":     published("RiskEvidenceSynthesis", "identifier name title"),
	"SearchParameter": published("conformance", "name", token("code", "code"), code("base", "base", "resource-types"),
		code("type", "type", "search-param-type")),
	"StructureDefinition": published("conformance", "identifier name title", uri("type", "type"),
		ref("base", "baseDefinition", "StructureDefinition"), code("kind", "kind", "structure-definition-kind")),
	"StructureMap":            published("conformance", "identifier name title"),
	"TerminologyCapabilities": published("conformance", "name title"),
	"TestScript":              published("TestScript", "identifier name title"),
	"ValueSet": published("conformance", "identifier name title", uri("reference", "compose.include.system"),
		token("code", "expansion.contains.code", "compose.include.concept.code")),
	"NamingSystem": {
		date("date", "date").by("conformance-date"),
		text("name", "name").by("conformance-name"),
		code("status", "status", "publication-status").by("conformance-status"),
		text("value", "uniqueId.value"),
	},
}

// published are the parameters of a definition, defined under by.
func published(by, has string, more ...Param) []Param {
	list := []Param{
		uri("url", "url").by(by + "-url"),
		token("version", "version").by(by + "-version"),
		code("status", "status", "publication-status").by(by + "-status"),
		date("date", "date").by(by + "-date"),
	}
	optional := map[string]Param{"identifier": token("identifier", "identifier"), "name": text("name", "name"), "title": text("title", "title")}
	for name := range strings.FieldsSeq(has) {
		list = append(list, optional[name].by(by+"-"+name))
	}
	return append(list, more...)
}
