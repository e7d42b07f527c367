// Package population makes up children who need care: a deterministic synthetic
// population in the three default CSV tables (enrollment, authorization,
// service), and on demand those of plans of care and care teams, of the payer's
// words on claims, and a unit table. No record is real: member ids start with SYN, provider numbers only have the right check
// digit. Every situation that the ledger's law names is planted somewhere, so
// that a run over a few hundred children shows them all.
//
// The room knows nothing of the rest of the module: not even the law. What the
// law answers for a population is the business of its sub-package oracle and of
// the ledger's own tests.
package population
