package hl7v2

import (
	"maps"
	"slices"

	"github.com/throughline/throughline/gateway"
)

var (
	aboutVisit    = body{admission, []string{"PV1", "PV2", "NK1", "IN1", "DG1", "ROL", "PRT"}}
	aboutPerson   = body{registration, []string{"PV1", "NK1", "IN1", "ROL", "PRT"}}
	aboutReferral = body{refer, []string{"RF1", "AUT", "PRD", "CTD", "NK1", "IN1", "DG1", "OBR", "OBX", "NTE", "PV1", "ROL", "PRT"}}
	aboutAnswer   = body{answer, []string{"MSA", "RF1", "PRD", "NTE"}}
	aboutMeeting  = body{schedule, []string{"SCH", "TQ1", "NTE", "RGS", "AIS", "AIG", "AIL", "AIP", "PV1"}}
	aboutResult   = body{result, []string{"OBR", "OBX", "NTE", "PV1", "NK1"}}
	aboutDocument = body{document, []string{"TXA", "OBX", "PV1"}}
	aboutGoals    = body{objectives, []string{"GOL", "PRB", "NTE", "OBX", "ROL", "PRT", "PV1"}}
)

// bodies are the messages that are mapped, by MSH-9.
var bodies = map[string]body{
	"ADT^A01": aboutVisit, "ADT^A03": aboutVisit, "ADT^A04": aboutVisit, "ADT^A08": aboutVisit, "ADT^A11": aboutVisit, "ADT^A13": aboutVisit,
	"ADT^A28": aboutPerson, "ADT^A31": aboutPerson, "ADT^A40": {merging, []string{"MRG", "PV1"}},
	"REF^I12": aboutReferral, "REF^I13": aboutReferral, "REF^I14": aboutReferral, "REF^I15": {}, // see status.go
	"RRI^I12": aboutAnswer, "RRI^I13": aboutAnswer, "RRI^I14": aboutAnswer, "RRI^I15": aboutAnswer,
	"SIU^S12": aboutMeeting, "SIU^S13": aboutMeeting, "SIU^S14": aboutMeeting, "SIU^S15": aboutMeeting, "SIU^S16": aboutMeeting, "SIU^S17": aboutMeeting, "SIU^S26": aboutMeeting,
	"ORU^R01": aboutResult, "MDM^T02": aboutDocument, "MDM^T11": aboutDocument,
	"PGL^PC6": aboutGoals, "PGL^PC7": aboutGoals, "PGL^PC8": aboutGoals, "PPR^PC1": aboutGoals, "PPR^PC2": aboutGoals, "PPR^PC3": aboutGoals,
}

// Kinds are the kinds of message that Map takes, sorted.
func Kinds() []gateway.Kind {
	var out []gateway.Kind
	for name := range maps.Keys(bodies) {
		out = append(out, gateway.Kind("hl7v2/"+name))
	}
	slices.Sort(out)
	return out
}
