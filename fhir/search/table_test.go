package search

import (
	"slices"
	"strings"
	"testing"

	"github.com/throughline/throughline/fhir"
)

// TestTables checks what the tables promise: one definition a name, targets that
// exist, sorted, and the common parameters everywhere.
func TestTables(t *testing.T) {
	for _, area := range areas() {
		for typ := range area {
			if !fhir.IsType(typ) {
				t.Errorf("%s is no R4 type", typ)
			}
		}
	}
	for _, typ := range fhir.Types() {
		names := namesOf(typ)
		if !slices.IsSorted(names) || len(slices.Compact(names)) != len(For(typ)) {
			t.Errorf("%s: names repeat or are not sorted: %v", typ, namesOf(typ))
		}
		for _, p := range For(typ) {
			checkParam(t, typ, p)
		}
		for _, name := range []string{"_id", "_lastUpdated", "_tag", "_security", "_profile", "_source"} {
			if _, ok := Find(typ, name); !ok {
				t.Errorf("%s has no %s", typ, name)
			}
		}
	}
}

func checkParam(t *testing.T, typ string, p Param) {
	t.Helper()
	if !strings.HasPrefix(p.Definition, "http://hl7.org/fhir/") || len(p.Paths) == 0 {
		t.Errorf("%s:%s: definition %q, paths %v", typ, p.Name, p.Definition, p.Paths)
	}
	for _, target := range p.Targets {
		if !fhir.IsType(target) {
			t.Errorf("%s:%s: target %s is no R4 type", typ, p.Name, target)
		}
	}
	if _, ok := modifiers[p.Type]; !ok {
		t.Errorf("%s:%s: type %q", typ, p.Name, p.Type)
	}
	if p.only && len(p.Targets) != 1 {
		t.Errorf("%s:%s keeps one type of %v", typ, p.Name, p.Targets)
	}
}

func TestSupported(t *testing.T) {
	s := Supported("CarePlan")
	if !slices.Contains(s.Includes, "CarePlan:care-team") || !slices.Contains(s.RevIncludes, "CarePlan:part-of") ||
		!slices.Contains(s.RevIncludes, "Provenance:target") || slices.Contains(s.RevIncludes, "Goal:subject") {
		t.Errorf("CarePlan: includes %v, revincludes %v", s.Includes, s.RevIncludes)
	}
	if !slices.Contains(Supported("Patient").RevIncludes, "CarePlan:patient") {
		t.Error("a Patient cannot bring its CarePlans")
	}
	if len(Supported("Nonsense").Params) != 0 {
		t.Error("Nonsense is supported")
	}
}

// TestSearchesOfStandards is standards.md section 9: what US Core and PAS
// clients send must be accepted strictly.
func TestSearchesOfStandards(t *testing.T) {
	for _, search := range []string{
		"CarePlan?patient=1&category=http://hl7.org/fhir/us/core/CodeSystem/careplan-category|assess-plan&status=active&date=ge2024-01-01&date=lt2025",
		"CareTeam?patient=Patient/1&status=active&role=116154003&_include=CareTeam:participant&_include=CareTeam:participant:PractitionerRole",
		"Goal?patient=1&lifecycle-status=active,planned&target-date=le2024-12-31&description=http://x|y",
		"Coverage?patient=1", "Coverage?beneficiary=Patient/1&status=active",
		"QuestionnaireResponse?patient=1&status=completed&authored=gt2024-01-01T00:00:00Z&questionnaire=http://example.org/Questionnaire/cans|2.0",
		"ServiceRequest?patient=1&category=http://snomed.info/sct|386053000", "ServiceRequest?patient=1&code=H2021&authored=ge2024-02-03T04:05:06%2B01:00",
		"ServiceRequest?_id=1,2", "DocumentReference?patient=1&category=c&type=t&date=2024&period=ge2023-05",
		"RelatedPerson?_id=rp1&_revinclude=Provenance:target", "RelatedPerson?patient=1&name=smith",
		"Task?patient=1&owner=Organization/2&status=requested&focus=ServiceRequest/3&code=fulfill",
		"Claim?patient=1&use=preauthorization&created=2024-02", "ClaimResponse?patient=1&use=http://hl7.org/fhir/claim-use|preauthorization&created=sa2024",
		"Encounter?patient=1&class=AMB&date=2024&discharge-disposition=home&location=Location/1",
		"Observation?patient=1&category=survey&code=a,b&date=ap2024-02&value-quantity=gt5.4||mg&_lastUpdated=gt2024-01-01&_count=10&_sort=-date",
		"Condition?patient=1&clinical-status:not=resolved&code:text=anger&encounter=Encounter/9", "Patient?name=mi&birthdate=2013-05-06&gender=male&identifier=a|b",
		"Patient?family:exact=O'Hara&given:contains=il&telecom=555-010-2030&address-postalcode=12207&deceased=false&_total=accurate&_summary=count",
		"CarePlan?patient.identifier=urn:example:medicaid|7", "CarePlan?subject:Patient.name=milo&subject:Patient=4&goal:missing=true",
		"Patient?_has:CarePlan:patient:status=active", "Observation?subject:identifier=urn:x|y", "CarePlan?_tag=urn:a|b&_security=R&_profile:below=http://hl7.org/fhir/us/core&_source=urn:x",
	} {
		typ, q := parseSearch(t, search)
		query, issues := Parse(typ, q, Options{Strict: true})
		if len(issues) > 0 {
			t.Errorf("%s: %v", search, issues)
			continue
		}
		if again, issues := Parse(typ, query.Values(), Options{Strict: true}); !same(query, again) {
			t.Errorf("%s: %s is another query: %v\n%+v\n%+v", search, query.Values().Encode(), issues, query, again)
		}
	}
}
