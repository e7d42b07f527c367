package x12

import (
	"github.com/throughline/throughline/fhir"
	wire "github.com/throughline/throughline/internal/x12"
)

// codeOf are the FHIR issue types of IK403 and IK304 codes, and back.
var codeOf = map[wire.Level]map[string]string{
	wire.AtElement: {wire.ElementMissing: fhir.CodeRequired, wire.ElementTooMany: fhir.CodeStructure, wire.ElementShort: fhir.CodeValue, wire.ElementLong: fhir.CodeTooLong,
		wire.ElementCharacter: fhir.CodeValue, wire.ElementCode: fhir.CodeCodeInvalid, wire.ElementDate: fhir.CodeValue, wire.ElementTime: fhir.CodeValue},
	wire.AtSegment: {wire.SegmentMissing: fhir.CodeRequired},
}

// fhirIssue is an issue of the wire as one of ours: its place is in Where, in
// the words that wire.ParsePlace reads.
func fhirIssue(i wire.Issue) fhir.Issue {
	code := codeOf[i.Level][i.Code]
	if code == "" {
		code = fhir.CodeStructure
	}
	return fhir.Issue{Severity: fhir.Error, Code: code, Path: i.Place.Name(), Where: i.Place.String(), Found: i.Found, Allowed: i.Allowed, Fix: i.Fix}
}

// fhirIssues are all of them.
func fhirIssues(is wire.Issues) fhir.Issues {
	var out fhir.Issues
	for _, i := range is {
		out = append(out, fhirIssue(i))
	}
	return out
}

// wireIssues are issues of a mapping as a 999 says them. An issue without a
// place in the text is said of the whole transaction by IK502 alone.
func wireIssues(is fhir.Issues) wire.Issues {
	var out wire.Issues
	for _, i := range is {
		p, ok := wire.ParsePlace(i.Where)
		if !ok || i.Severity != fhir.Error && i.Severity != fhir.Fatal {
			continue
		}
		w := wire.Issue{Place: p, Level: wire.AtElement, Found: i.Found, Allowed: i.Allowed, Fix: i.Fix, Code: wire.ElementCode}
		switch {
		case p.Element == 0 && i.Code == fhir.CodeRequired:
			w.Level, w.Code = wire.AtSegment, wire.SegmentMissing
		case p.Element == 0:
			w.Level, w.Code = wire.AtSegment, wire.SegmentElements
		case i.Code == fhir.CodeRequired:
			w.Code = wire.ElementMissing
		case i.Code == fhir.CodeTooLong:
			w.Code = wire.ElementLong
		}
		out = append(out, w)
	}
	return out
}
