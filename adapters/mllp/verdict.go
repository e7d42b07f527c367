package mllp

import (
	"context"
	"errors"

	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/internal/hl7v2"
)

// ruling is a code as HL7 v2 says it: MSA-1's letter and the condition of table
// 0357 where the fault itself does not know a better one.
type ruling struct {
	outcome hl7v2.Outcome
	code    hl7v2.Code
}

// rulings translate every code. Faulty (AE, CE): the sender mends it and does
// not send it again as it is. Refused (AR, CR): it was not judged; with 207 the
// same again will do, with another condition it will not.
var rulings = map[gateway.Code]ruling{
	gateway.Malformed:    {hl7v2.Faulty, hl7v2.SegmentSequence},
	gateway.Unmapped:     {hl7v2.Faulty, hl7v2.TableValue},
	gateway.Invalid:      {hl7v2.Faulty, hl7v2.DataType},
	gateway.Conflict:     {hl7v2.Refused, hl7v2.DuplicateKey},
	gateway.Mismatch:     {hl7v2.Faulty, hl7v2.UnknownKey},
	gateway.Ambiguous:    {hl7v2.Faulty, hl7v2.UnknownKey},
	gateway.Denied:       {hl7v2.Refused, hl7v2.UnsupportedType},
	gateway.NotFound:     {hl7v2.Faulty, hl7v2.UnknownKey},
	gateway.Gone:         {hl7v2.Faulty, hl7v2.UnknownKey},
	gateway.NotSupported: {hl7v2.Refused, hl7v2.UnsupportedType},
	gateway.TooLarge:     {hl7v2.Faulty, hl7v2.ValueTooLong},
	gateway.Busy:         {hl7v2.Refused, hl7v2.InternalError},
	gateway.Internal:     {hl7v2.Refused, hl7v2.InternalError},
}

// maxIssues bounds the ERR segments of one answer.
const maxIssues = 20

// verdict is what an error means for the sender: the one translation from codes
// to acknowledgements.
func verdict(err error) (hl7v2.Outcome, []*hl7v2.Error) {
	f := gateway.FaultOf(err)
	if f.Code == gateway.Internal && (errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)) {
		f = &gateway.Fault{Op: f.Op, Code: gateway.Busy}
	}
	r, ok := rulings[f.Code]
	if !ok {
		r = rulings[gateway.Internal]
	}
	if e, ok := errors.AsType[*hl7v2.Error](err); ok {
		return r.outcome, []*hl7v2.Error{e}
	}
	if f.Code == gateway.Internal { // its text is for the log
		return r.outcome, []*hl7v2.Error{{Code: r.code, Fix: "send it again later"}}
	}
	var out []*hl7v2.Error
	for _, i := range f.Issues {
		if (i.Severity == fhir.Error || i.Severity == fhir.Fatal || i.Severity == "") && len(out) < maxIssues {
			out = append(out, located(i, r.code))
		}
	}
	if len(out) == 0 {
		out = append(out, &hl7v2.Error{Code: r.code})
	}
	return r.outcome, out
}

// conditions are the issue types that say more than the code of their fault
// (http://hl7.org/fhir/issue-type).
var conditions = map[string]hl7v2.Code{
	fhir.CodeRequired: hl7v2.RequiredMissing, "code-invalid": hl7v2.TableValue, fhir.CodeTooLong: hl7v2.ValueTooLong, "structure": hl7v2.SegmentSequence,
}

// located is an issue as an ERR: its place where the path is one of HL7 v2
// (PID-3.1), else among its words.
func located(i fhir.Issue, code hl7v2.Code) *hl7v2.Error {
	if c, ok := conditions[i.Code]; ok && code != hl7v2.InternalError && code != hl7v2.DuplicateKey {
		code = c
	}
	e := &hl7v2.Error{Code: code, Found: i.Found, Allowed: i.Allowed, Fix: i.Fix}
	if at, err := hl7v2.ParsePath(i.Path); err == nil {
		e.At = at
	} else if i.Path != "" {
		e.Found = i.Path + ": " + e.Found
	}
	return e
}
