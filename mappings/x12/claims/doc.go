// Package claims reads what X12 says about money: claims and encounter reports
// (837P, one CLM), enrollment (834, one INS) and remittance advices (835, one
// CLP). Each message is one self-contained unit that mappings/x12 cut out of a
// file; it becomes a record, and package tofhir makes FHIR and facts of it.
//
//	read.go     what the three share: places of issues, dates, parties, losses
//	p837.go     CLM and its lines -> record.Claim
//	p834.go     INS and its HD    -> record.Enrollment, record.Termination
//	p835.go     CLP and its SVC   -> record.Remittance
//
// X12 implementation guides are licensed and were not read: element positions
// come from open maps and public examples (docs/mappings/x12_*.md).
package claims
