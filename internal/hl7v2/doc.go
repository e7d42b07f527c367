// Package hl7v2 reads and writes HL7 v2 messages in ER7, the form with bars
// and carets (HL7 v2.8.2 chapter 2, sections 2.5 to 2.10).
//
// Parse keeps the bytes of every field as received: what is not Set is written
// back byte for byte, with its own line ends, BOM and blank lines. Escapes and
// the character set (MSH-18) are undone when a value is read as text.
//
//	m, err := hl7v2.Parse(body, hl7v2.Limits{})
//	m.Header().Control                  // MSH-10
//	m.Get("PID-3[2].1").Text()          // second repetition, first component
//	m.Get("PID-13").Null()              // "" was sent: delete; Empty: leave alone
//	for _, g := range m.Groups("OBR")   // an OBR with all that follows it
//	err = m.Set("PID-8", "F")
//	m.Encode()
//
// The package knows the grammar only: nothing of segments' meaning beyond
// MSH, MSA, ERR and the batch envelopes, nothing of FHIR, partners or wires.
package hl7v2
