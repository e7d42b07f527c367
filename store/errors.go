package store

import (
	"database/sql/driver"

	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
)

// errBadConn makes database/sql throw a connection away.
var errBadConn = driver.ErrBadConn

// notFound is the one answer for what is absent and what belongs to others.
func notFound(typ string) error {
	return gateway.Faultf("store", gateway.NotFound, fhir.Issue{Code: "not-found", Path: typ, Found: "no " + typ + " with this id", Fix: "check the id; you see only what your organization is related to"})
}

func gone(typ string) error {
	return gateway.Faultf("store", gateway.Gone, fhir.Issue{Code: "deleted", Path: typ, Found: "a deleted " + typ})
}

func mismatch(path, found, fix string) error {
	return gateway.Faultf("commit", gateway.Mismatch, fhir.Issue{Code: "conflict", Path: path, Found: found, Fix: fix})
}

// inFlight is the answer to a second try that met the first one still at work
// (protocol.md R4).
func inFlight(err error) error {
	return &gateway.Fault{Op: "commit", Code: gateway.Busy, Err: err,
		Issues: fhir.Issues{{Severity: fhir.Error, Code: "lock-error", Found: "a message with this key, or about this child, is being written", Fix: "send the same message again in a moment"}}}
}

func busy(err error) error {
	return &gateway.Fault{Op: "commit", Code: gateway.Busy, Err: err,
		Issues: fhir.Issues{{Severity: fhir.Error, Code: "transient", Found: "the store is busy or away", Fix: "send the same message again; it will not be applied twice"}}}
}
