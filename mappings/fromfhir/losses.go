package fromfhir

import (
	"slices"
	"strings"

	"github.com/throughline/throughline/fhir"
)

// keeps lists, for each record, the elements of each resource type that it
// holds or that follow from what it holds. Anything else is a loss.
type keeps map[string]string

// always may stand in every resource and tells a partner nothing.
const always = "resourceType id meta text implicitRules language identifier extension"

// patient is what every record keeps of the child.
const patient = "name gender birthDate"

// losses names the elements and resources that the record does not hold, one
// issue each, with nothing of their values.
func losses(s source, k keeps) fhir.Issues {
	var issues fhir.Issues
	for _, r := range s {
		kept, ok := k[r.Type]
		if !ok {
			issues = append(issues, loss(r.Type, "a "+r.Type))
			continue
		}
		names := strings.Fields(always + " " + kept)
		for name := range r.Root().Members() {
			if !slices.Contains(names, strings.TrimPrefix(name, "_")) {
				issues = append(issues, loss(r.Type+"."+name, "an element the record has no field for"))
			}
		}
	}
	return issues
}

func loss(path, found string) fhir.Issue {
	return fhir.Issue{Severity: fhir.Information, Code: "informational", Path: path, Found: found, Allowed: "the fields of docs/mappings", Fix: "nothing; it stays in FHIR"}
}

// missing says that the main resource of a record is not there.
func missing(typ string) fhir.Issues {
	return fhir.Issues{{Severity: fhir.Error, Code: fhir.CodeRequired, Path: typ, Found: "no " + typ, Allowed: "the resources of one record", Fix: "give the " + typ}}
}
