package fhir

import (
	"slices"
	"strings"
)

// Severity is the weight of an Issue (http://hl7.org/fhir/issue-severity).
type Severity string

// The severities. Fatal and Error refuse the resource; the others do not.
const (
	Fatal       Severity = "fatal"
	Error       Severity = "error"
	Warning     Severity = "warning"
	Information Severity = "information"
)

// Codes of http://hl7.org/fhir/issue-type used here; others may set any code
// of that set.
const (
	CodeStructure   = "structure"
	CodeRequired    = "required"
	CodeValue       = "value"
	CodeInvariant   = "invariant"
	CodeCodeInvalid = "code-invalid"
	CodeTooLong     = "too-long"
	CodeTooCostly   = "too-costly"
	CodeSecurity    = "security"
)

// Issue is one thing that is wrong, written for the person who can mend it.
type Issue struct {
	Severity Severity
	Code     string // issue-type code: structure, required, value, invariant ...
	Path     string // FHIRPath expression: CarePlan.activity[0].detail.status
	Found    string // what was sent; masked when the element is personal
	Allowed  string // what is accepted there
	Fix      string // what to do, as an order: "add seconds and a zone"
	Where    string // place in a source that is not FHIR: "row 12, column units"
}

// Text is the issue as one sentence: what was found, what is allowed, how to
// mend it. The path is not part of it.
func (i Issue) Text() string {
	var parts []string
	if i.Found != "" {
		parts = append(parts, "found "+i.Found)
	}
	if i.Allowed != "" {
		parts = append(parts, "allowed: "+i.Allowed)
	}
	if i.Fix != "" {
		parts = append(parts, "to mend: "+i.Fix)
	}
	if len(parts) == 0 {
		parts = append(parts, i.Code)
	}
	s := strings.Join(parts, "; ") + "."
	if i.Where != "" {
		return i.Where + ": " + s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

// Issues are all things wrong with one input, in the order they were met. It
// is an error value; test Errors, not the length, to decide on a refusal.
type Issues []Issue

// Errors says whether any issue refuses the input.
func (is Issues) Errors() bool {
	return slices.ContainsFunc(is, func(i Issue) bool {
		return i.Severity == Error || i.Severity == Fatal
	})
}

// Error lists the issues, one a line, each with its path. It shows nothing
// personal, but is meant for the partner; logs carry codes only.
func (is Issues) Error() string {
	if len(is) == 0 {
		return "no issues"
	}
	var b strings.Builder
	for n, i := range is {
		if n > 0 {
			b.WriteByte('\n')
		}
		if i.Path != "" {
			b.WriteString(i.Path)
			b.WriteString(": ")
		}
		b.WriteString(i.Text())
	}
	return b.String()
}

// At returns a copy with Where set to a place in the partner's own format, for
// those issues that have none.
func (is Issues) At(where string) Issues {
	placed := slices.Clone(is)
	for n := range placed {
		if placed[n].Where == "" {
			placed[n].Where = where
		}
	}
	return placed
}

// Outcome renders issues as an OperationOutcome. Equal issues give equal
// bytes. No issues give one informational issue, as the resource needs one.
func Outcome(is Issues) []byte {
	list := make(List, 0, len(is))
	for _, i := range is {
		severity := i.Severity
		if severity == "" {
			severity = Error
		}
		expression := List{i.Path}
		if i.Path == "" {
			expression = nil
		}
		list = append(list, Obj(
			"severity", string(severity),
			"code", i.Code,
			"diagnostics", i.Text(),
			"expression", expression,
		))
	}
	if len(list) == 0 {
		list = List{Obj("severity", string(Information), "code", "informational", "diagnostics", "No issues found.")}
	}
	return Obj("resourceType", "OperationOutcome", "issue", list).JSON()
}
