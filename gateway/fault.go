package gateway

import (
	"errors"
	"fmt"

	"github.com/throughline/throughline/fhir"
)

// Code classes a fault for every edge: HTTP status, MLLP ack, retry verdict.
type Code string

// Malformed and Invalid: mend first. Unmapped: held. Conflict: same key, other
// content. Mismatch: If-Match or several matches. Ambiguous: whose record it is, a
// person decides. Busy: send again later.
const (
	Malformed    Code = "malformed"
	Unmapped     Code = "unmapped"
	Invalid      Code = "invalid"
	Conflict     Code = "conflict"
	Mismatch     Code = "mismatch"
	Denied       Code = "denied"
	NotFound     Code = "not_found"
	Gone         Code = "gone"
	NotSupported Code = "not_supported"
	TooLarge     Code = "too_large"
	Busy         Code = "busy"
	Ambiguous    Code = "ambiguous"
	Internal     Code = "internal"
)

// Fault is an error with a known cause. Its text never holds personal data.
type Fault struct {
	Op     string
	Code   Code
	Issues fhir.Issues
	Err    error
}

// Error names the operation, the code and the first issue.
func (f *Fault) Error() string {
	s := fmt.Sprintf("%s: %s", f.Op, f.Code)
	if len(f.Issues) > 0 {
		s += ": " + f.Issues.Error()
	}
	if f.Err != nil {
		s += ": " + f.Err.Error()
	}
	return s
}

// Unwrap gives the cause.
func (f *Fault) Unwrap() error { return f.Err }

// FaultOf finds the fault in err; an unknown error is Internal.
func FaultOf(err error) *Fault {
	var f *Fault
	if errors.As(err, &f) {
		return f
	}
	return &Fault{Op: "gateway", Code: Internal, Err: err}
}

// Faultf is a fault with one issue that says what was found and how to mend it.
func Faultf(op string, code Code, issue fhir.Issue) *Fault {
	if issue.Severity == "" {
		issue.Severity = fhir.Error
	}
	return &Fault{Op: op, Code: code, Issues: fhir.Issues{issue}}
}
