// Package record defines the records partners exchange with us outside FHIR:
// care plan, care team, referral, authorization, enrollment, service and
// treatment update. One Go struct per record is the only list of its fields;
// the struct tags say what a partner must know, and the JSON door, the CSV
// door, the issues and docs/mappings are all made from them:
//
//	json      name of the field, in JSON and as CSV column
//	csv       prefix of the columns of a nested list or object; "-" = JSON only,
//	          "*" = columns without prefix, the first entry only
//	need      "yes": the record is refused without it; "column": the column must
//	          be there, its cells may be empty
//	personal  "yes": issues never repeat the value
//	code      name of its code table (package codes)
//	open      "yes": values outside the table are taken as sent
//	fhir      element it becomes
//	loss      what FHIR, or the way back, does not keep
//
// The package is pure and knows neither FHIR resources nor partners.
package record
