// Package hl7v2 maps HL7 v2 messages to FHIR R4 and renders deliveries as
// HL7 v2 (standards.md section 7; the HL7 v2-to-FHIR guide where it has the
// segment). A reader finds one file for each family of messages: patient.go and
// visit.go (ADT), referral.go (REF, RRI), meeting.go (SIU), result.go (ORU),
// document.go (MDM), goals.go (PGL, PPR); types.go reads data types; tables.go
// holds the code tables; render*.go is the way out.
//
// Everything goes in as a patch (gateway.Patch): a field that was not sent
// leaves the element alone, "" removes it. Identities are the sender's own, and
// the child's are those of the JSON and CSV records too, so that the wires meet
// on the same child. It is pure and knows no store, wire or clock.
package hl7v2
