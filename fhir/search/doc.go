// Package search is FHIR R4 search without a database: which parameters a type
// has, which rows a resource leaves in the search tables, and what a query asks
// of those rows (http://hl7.org/fhir/R4/search.html).
//
// The walk of a write: Extract(resource) gives Rows, the store keeps them by
// (bucket, type, param, value, resource). The walk of a search: Parse(type,
// values) gives a Query, the store turns its Clauses into SQL over those rows.
// Match does the same in memory: it is the oracle the SQL is tested against, and
// what subscriptions filter with.
//
// The tables in params_*.go are the only list of parameters. Extract, Parse and
// the CapabilityStatement all read them, so what is claimed is what is indexed.
// Composite and special parameters are neither supported nor claimed.
//
// The package is pure: no I/O, no clock, no database. Of ours it knows fhir only.
package search
