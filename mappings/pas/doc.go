// Package pas reads and writes Da Vinci Prior Authorization Support, versions
// 2.0.1 and 2.2.1 (http://hl7.org/fhir/us/davinci-pas): request Bundles into
// submissions, ClaimResponses into decisions, and an authorization as it stands
// into the Bundles that PAS answers with. Both ways of saying "modified" become
// the one internal shape of gateway.Authorization.
//
// It is pure and decides nothing: what a request may change is gateway.Revise,
// what is in force is gateway.AuthItem.Standing. It knows no HTTP, no store and
// no partner but the one whose bundle it reads.
package pas

import "github.com/throughline/throughline/mappings/codes"

// The versions of the guide that are spoken.
const (
	V201 = "2.0.1"
	V221 = "2.2.1"
)

// Code systems and canonical URLs of the guide.
const (
	Topic          = "http://hl7.org/fhir/us/davinci-pas/SubscriptionTopic/PASSubscriptionTopic"
	infoCancelled  = "http://hl7.org/fhir/us/davinci-pas/StructureDefinition/modifierextension-infoCancelled"
	profile        = "http://hl7.org/fhir/us/davinci-pas/StructureDefinition/profile-"
	tempCodes      = "http://hl7.org/fhir/us/davinci-pas/CodeSystem/PASTempCodes"
	reviewActions  = codes.X12 + "306"
	reviewReasons  = codes.X12 + "886"
	errorCodes     = codes.X12 + "901"
	followUpAction = codes.X12 + "889"
	unitsOfX12     = codes.X12 + "355" // SV103: UN is a unit
)

// System is the identity under which the ClaimResponse of an authorization is
// kept: one resource for each, whoever sends what about it.
const System = "urn:throughline:prior-authorization"
