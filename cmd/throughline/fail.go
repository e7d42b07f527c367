package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/throughline/throughline/config"
	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/jobs/load"
)

// Exit codes.
const (
	exitFine     = 0
	exitFault    = 1 // something broke
	exitUsage    = 2 // the command line or the configuration cannot be used
	exitFindings = 3 // it ran, and what it looked at is not in order
	exitPartly   = 4 // some of it is done; stdout says what is not
	exitDown     = 5 // a database or a server does not answer
	exitDenied   = 6 // not allowed
)

// failure is an error that knows its exit code and what to do about it. Without
// text it only sets the code: everything has been said already.
type failure struct {
	code int
	text string
	todo string
	err  error
}

// Error says what is wrong, and the cause.
func (f *failure) Error() string {
	if f.err == nil {
		return f.text
	}
	if f.text == "" {
		return f.err.Error()
	}
	return f.text + ": " + f.err.Error()
}

// Unwrap gives the cause.
func (f *failure) Unwrap() error { return f.err }

// silent ends the program with a code after everything has been said.
func silent(code int) error {
	if code == exitFine {
		return nil
	}
	return &failure{code: code}
}

func usage(text, todo string) error { return &failure{code: exitUsage, text: text, todo: todo} }

// codes of faults that are not simply faults.
var faultCodes = map[gateway.Code]int{
	gateway.Busy: exitDown, gateway.Denied: exitDenied,
	gateway.Malformed: exitFindings, gateway.Invalid: exitFindings,
}

// exitCode is the code an error ends the program with.
func exitCode(err error) int {
	var f *failure
	var fault *gateway.Fault
	var problems config.Problems
	var header *load.HeaderError
	switch {
	case err == nil:
		return exitFine
	case errors.As(err, &f):
		return f.code
	case errors.As(err, &fault):
		if code, ok := faultCodes[fault.Code]; ok {
			return code
		}
	case errors.As(err, &problems):
		return exitUsage
	case errors.As(err, &header):
		return exitFindings
	}
	return exitFault
}

// explain says in plain words what is wrong and what to do.
func explain(w io.Writer, err error) {
	var f *failure
	var fault *gateway.Fault
	var problems config.Problems
	var header *load.HeaderError
	switch {
	case errors.Is(err, context.Canceled):
		fmt.Fprintln(w, "throughline: interrupted")
	case errors.As(err, &f):
		if text := f.Error(); text != "" {
			fmt.Fprintln(w, "throughline:", text)
		}
		if f.todo != "" {
			fmt.Fprintln(w, "  to do:", f.todo)
		}
	case errors.As(err, &problems):
		fmt.Fprintln(w, "throughline: the configuration cannot be used")
		fmt.Fprintln(w, indented(problems.Error()))
	case errors.As(err, &fault) && len(fault.Issues) > 0:
		fmt.Fprintf(w, "throughline: %s (%s)\n", fault.Op, fault.Code)
		for _, i := range fault.Issues {
			fmt.Fprintln(w, indented(strings.TrimSpace(i.Path+" "+i.Text())))
		}
	case errors.As(err, &header):
		fmt.Fprintln(w, "throughline: the header of the file cannot be used")
		for _, i := range header.Issues {
			fmt.Fprintln(w, indented(i.String()))
		}
	default:
		fmt.Fprintln(w, "throughline:", err)
	}
}

func indented(text string) string {
	return "  " + strings.ReplaceAll(strings.TrimSpace(text), "\n", "\n  ")
}
