// Package api is the way in by HTTP: FHIR R4 under /fhir, the partner API under
// /v1, health and metrics on the admin port. Routes stand in one table in
// api.go, each with its handler and its access rule; each interaction has its
// own file (fhir_read.go, v1_check.go).
//
// A request is turned into a call (call.go), its handler gives a reply, and one
// translator (fault.go) words every error: as OperationOutcome under /fhir, as
// problem+json under /v1. The entries of a batch are calls like any other, so
// nothing can be reached through a batch that could not be reached by itself.
//
// Writes go to gateway.Gateway.Receive and nowhere else; the answer is worded
// inside the commit, so that a repeat gets the same bytes. Reads hand out the
// bytes the store keeps, without parsing them. The package knows neither the
// store nor the configuration: it declares what it needs (deps.go), cmd plugs
// it in. It is the only importer of gin.
package api
