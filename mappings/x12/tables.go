package x12

import (
	"slices"
	"strings"

	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/mappings/codes"
)

// Systems of what a 278 names. X12 code systems are codes.X12 and the number of
// the data element.
const (
	traceSystem = "urn:trnorg:" // and TRN03, as the examples of Da Vinci PAS spell it
	taxSystem   = "urn:oid:2.16.840.1.113883.4.4"
	nucc        = "http://nucc.org/provider-taxonomy"
	places      = "https://www.cms.gov/Medicare/Coding/place-of-service-codes/Place_of_Service_Code_Set"
	icd9        = "http://hl7.org/fhir/sid/icd-9-cm"
	pasCodes    = "http://hl7.org/fhir/us/davinci-pas/CodeSystem/PASTempCodes"
	relations   = codes.Terminology + "subscriber-relationship"
	diagnosisIs = codes.Terminology + "ex-diagnosistype"
	ownPrefix   = "x12-" // our system of ids whose X12 qualifier (element 66) has no system of its own
)

// pair is a code of X12 and what it is in FHIR.
type pair struct{ x12, fhir string }

// Tables of codes, X12 first. The first row of a FHIR code is the one written.
var (
	idSystems  = []pair{{"XX", gateway.NPI}, {"PI", codes.Payer}, {"EI", taxSystem}, {"24", taxSystem}}
	genders    = []pair{{"F", "female"}, {"M", "male"}, {"U", "unknown"}}
	relatives  = []pair{{"18", "self"}, {"01", "spouse"}, {"19", "child"}, {"20", "other"}, {"21", "other"}, {"39", "other"}, {"40", "other"}, {"53", "spouse"}, {"G8", "other"}}
	diagnoses  = []pair{{"ABK", "principal"}, {"ABJ", "admitting"}, {"APR", "patientreasonforvisit"}, {"BK", "principal"}, {"BJ", "admitting"}}
	schemes    = []pair{{"HC", codes.HCPCS}, {"WK", codes.X12 + "235/WK"}, {"N4", "http://hl7.org/fhir/sid/ndc"}, {"ZZ", codes.X12 + "235/ZZ"}, {"IV", codes.X12 + "235/IV"}}
	unitWords  = []pair{{"UN", "units"}, {"MJ", "minutes"}, {"DA", "days"}}
	priorities = []pair{{"U", "stat"}, {"03", "stat"}, {"E", "normal"}}
)

func toFHIR(table []pair, code string) string {
	if i := slices.IndexFunc(table, func(p pair) bool { return p.x12 == code }); i >= 0 {
		return table[i].fhir
	}
	return ""
}

func toX12(table []pair, code string) string {
	if i := slices.IndexFunc(table, func(p pair) bool { return p.fhir == code }); i >= 0 {
		return table[i].x12
	}
	return ""
}

// idSystem is the system of an id with a qualifier of X12 66.
func idSystem(p *gateway.Partner, qualifier string) string {
	if s := toFHIR(idSystems, qualifier); s != "" {
		return s
	}
	return codes.Own(string(p.ID), ownPrefix+qualifier)
}

// qualifierOf is the X12 66 qualifier of a system; empty when it has none.
func qualifierOf(system string) string {
	if q := toX12(idSystems, system); q != "" {
		return q
	}
	if _, q, ok := strings.Cut(system, ":"+ownPrefix); ok {
		return q
	}
	return ""
}

// dotted writes an ICD-10-CM code as FHIR has it: F91.3.
func dotted(code string) string {
	if len(code) > 3 && !strings.Contains(code, ".") {
		return code[:3] + "." + code[3:]
	}
	return code
}
