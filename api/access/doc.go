// Package access decides who comes in: which partner a bearer token belongs to,
// from which networks, how often, and which routes are open to it. Everything is
// denied unless a Rule says otherwise.
//
// It does not decide which records a partner may see: every read in the store
// takes the Caller made here and applies the consent and compartment predicate
// itself. It knows nothing of FHIR interactions, gin or the store.
//
// SMART on FHIR will enter as another Authenticator: a token that is a JWT is
// resolved to its partner there, and everything behind stays as it is.
package access
