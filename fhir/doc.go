// Package fhir is the wall around FHIR R4: it reads a resource strictly, checks
// it against the R4 model, stamps it, and says in plain words what is wrong.
//
// It is the only importer of google/fhir, and takes nothing but the model from
// it: the generated descriptors say which elements exist, how often, of which
// type, with which codes and reference targets. Resources stay the bytes they
// were sent as; nothing here decodes them into messages.
//
// The walk of one message:
//
//	r, issues := fhir.Parse(body, fhir.Limits{})   // strict JSON, known resourceType
//	issues = fhir.Validate(r)                      // every breach of R4, each with its path
//	r = r.Stamp(id, 1, now, rewrite)               // id, meta, references; all other bytes kept
//	body = fhir.Outcome(issues)                    // the answer when it is refused
//
// The package knows nothing of partners, stores or HTTP, reads no clock, and
// imports nothing of ours.
package fhir
