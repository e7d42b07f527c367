// Package x12 maps X12 transactions to FHIR and back, and cuts a file of them
// into messages. The wire itself (delimiters, envelopes, acknowledgements) is
// internal/x12. Everything is pure but Open, which reads the file it is given.
//
//	split.go       a file -> messages, one a transaction or a claim, member, payment; afterwards TA1 and 999
//	issues.go      issues of the wire <-> issues of FHIR: one place, two spellings
//	review.go      a 278, request or response, in the one shape of both directions
//	review_read.go, review_write.go          278 text <-> Review
//	*_tofhir.go, *_fromfhir.go               Review <-> Claim or ClaimResponse as Da Vinci PAS shapes them
//	authorization.go                         the mappings and the rendering made of them
//
// What a 278 has no place for, or FHIR has not, is reported as an issue of
// severity information (docs/mappings/x12_278.md).
//
// It must not know how a file came in or goes out.
package x12
