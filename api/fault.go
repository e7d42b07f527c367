package api

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/throughline/throughline/api/access"
	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
)

// inFlight is the issue code of a Busy fault that means: the same key is being
// worked on this moment (protocol.md, R4).
const inFlight = "lock-error"

// statusOf turns a code into an HTTP status.
var statusOf = map[gateway.Code]int{
	gateway.Malformed:    http.StatusBadRequest,
	gateway.Unmapped:     http.StatusUnprocessableEntity,
	gateway.Invalid:      http.StatusUnprocessableEntity,
	gateway.Conflict:     http.StatusUnprocessableEntity,
	gateway.Mismatch:     http.StatusPreconditionFailed,
	gateway.Ambiguous:    http.StatusConflict,
	gateway.Denied:       http.StatusForbidden,
	gateway.NotFound:     http.StatusNotFound,
	gateway.Gone:         http.StatusGone,
	gateway.NotSupported: http.StatusBadRequest,
	gateway.TooLarge:     http.StatusRequestEntityTooLarge,
	gateway.Busy:         http.StatusServiceUnavailable,
	gateway.Internal:     http.StatusInternalServerError,
}

// refused is an error as HTTP says it: the one translation from codes, before
// it is worded for /fhir or /v1.
type refused struct {
	status int
	code   gateway.Code
	issues fhir.Issues
	retry  time.Duration
	allow  []string
}

// statusError is a fault that has a status of its own: 405, 406, 415.
type statusError struct {
	*gateway.Fault
	status int
	allow  []string
}

// refusal translates any error.
func refusal(err error) refused {
	if r, ok := access.AsRefusal(err); ok {
		return refused{status: r.Status, code: gateway.Denied, issues: fhir.Issues{r.Issue}, retry: r.Retry}
	}
	if s, ok := errors.AsType[*statusError](err); ok {
		return refused{status: s.status, code: s.Code, issues: s.Issues, allow: s.allow}
	}
	f := gateway.FaultOf(err)
	if f.Code == gateway.Internal && (errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)) {
		f = &gateway.Fault{Op: f.Op, Code: gateway.Busy, Err: err} // the caller hung up, or time ran out
	}
	out := refused{status: statusOf[f.Code], code: f.Code, issues: f.Issues}
	switch f.Code {
	case gateway.Invalid:
		out.status = statusOfContent(f.Issues)
	case gateway.Busy:
		out.retry = 2 * time.Second
		if len(f.Issues) > 0 && f.Issues[0].Code == inFlight {
			out.status, out.retry = http.StatusConflict, time.Second
		}
	case gateway.Internal:
		out.issues = nil // its text is for the log
	}
	if !out.issues.Errors() {
		out.issues = append(fhir.Issues{general(f.Code)}, out.issues...)
	}
	return out
}

// statusOfContent tells what cannot be read (400, 413) from what can be read and
// is not valid (422): only the readers of JSON and CSV give fatal issues.
func statusOfContent(is fhir.Issues) int {
	switch {
	case len(is) == 0 || is[0].Severity != fhir.Fatal:
		return http.StatusUnprocessableEntity
	case is[0].Code == fhir.CodeTooLong:
		return http.StatusRequestEntityTooLarge
	}
	return http.StatusBadRequest
}

// general is the issue of a fault that brought none.
func general(code gateway.Code) fhir.Issue {
	i := fhir.Issue{Severity: fhir.Error}
	switch code {
	case gateway.NotFound:
		i.Code, i.Found, i.Fix = "not-found", "nothing here that you may see", "check the type and the id"
	case gateway.Gone:
		i.Code, i.Found, i.Fix = "deleted", "a record that was deleted", "read an earlier version from its _history"
	case gateway.Denied:
		i.Code, i.Found, i.Fix = "forbidden", "something your agreement does not cover", "ask the gateway's operator if you need it"
	case gateway.Mismatch:
		i.Code, i.Found, i.Fix = "conflict", "another version than you stated, or several matches", "read the record again, then send with its ETag in If-Match"
	case gateway.Conflict:
		i.Code, i.Found, i.Fix = "duplicate", "other content under a key that was used before", "send a new Idempotency-Key, or the content of the first time"
	case gateway.Busy:
		i.Code, i.Found, i.Fix = "transient", "the gateway cannot take it at the moment; nothing was stored", "send it again after the time in Retry-After"
	case gateway.TooLarge:
		i.Code, i.Found, i.Fix = "too-long", "more than is read at once", "send less, or use the bulk import"
	case gateway.NotSupported:
		i.Code, i.Found, i.Fix = "not-supported", "something this server does not do", "see /fhir/metadata"
	case gateway.Internal:
		i.Code, i.Severity, i.Found, i.Fix = "exception", fhir.Fatal, "a mistake of the gateway; it is logged under the id in X-Request-Id", "send it again later, or give that id to the operator"
	default:
		i.Code, i.Found, i.Fix = "invalid", "content that cannot be accepted", "check it with $validate"
	}
	return i
}

// issue is an error with its four parts.
func issue(code, path, found, allowed, fix string) fhir.Issue {
	return fhir.Issue{Severity: fhir.Error, Code: code, Path: path, Found: found, Allowed: allowed, Fix: fix}
}

// malformed is a request that breaks the form of one.
func malformed(path, found, allowed, fix string) error {
	return gateway.Faultf("api", gateway.Malformed, issue(fhir.CodeValue, path, found, allowed, fix))
}

// unsupported is a request we understand and do not serve.
func unsupported(found, allowed, fix string) error {
	return gateway.Faultf("api", gateway.NotSupported, issue("not-supported", "", found, allowed, fix))
}

// notFound is the one answer for what is absent and for what is not the caller's.
func notFound() error {
	return gateway.Faultf("api", gateway.NotFound, general(gateway.NotFound))
}

// unknownType is a path whose type R4 does not have: 404 and not-supported, as
// http://hl7.org/fhir/R4/http.html#create says.
func unknownType(string) error {
	return withStatus(http.StatusNotFound, gateway.NotFound, issue("not-supported", "", "a path that names no R4 resource type",
		"the resource types of /fhir/metadata", "check the spelling; types are written like CarePlan"))
}

// denied is a message the partner's configuration does not let it send.
func denied(kind gateway.Kind) error {
	return gateway.Faultf("api", gateway.Denied, issue("forbidden", "", "a message of kind "+string(kind),
		"the kinds your configuration lists", "ask the gateway's operator to add the kind"))
}

func withStatus(status int, code gateway.Code, i fhir.Issue, allow ...string) error {
	return &statusError{Fault: gateway.Faultf("api", code, i), status: status, allow: allow}
}
