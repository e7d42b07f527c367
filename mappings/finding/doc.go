// Package finding makes FHIR R4 of what the gateway itself has found: a
// DetectedIssue for every opening of a finding (http://hl7.org/fhir/R4/detectedissue.html),
// a MeasureReport for the totals of a program and month
// (http://hl7.org/fhir/R4/measurereport.html). The tables of findings stay the
// truth: these resources are what was told of them, version by version, made
// anew from each change of state (adr/0017).
//
// It takes messages of the gateway's own only, and must not know how findings
// are found, kept or sent.
package finding
