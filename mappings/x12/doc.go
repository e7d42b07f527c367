// Package x12 maps X12 transactions to FHIR and back, and cuts a file of them
// into messages. The wire itself (delimiters, envelopes, acknowledgements) is
// internal/x12. Everything is pure but Open, which reads the file it is given.
//
//	split.go       a file -> messages, one a transaction or a claim, member, payment; afterwards TA1 and 999
//	issues.go      issues of the wire <-> issues of FHIR: one place, two spellings
//
// It must not know how a file came in or goes out.
package x12
