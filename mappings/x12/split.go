package x12

import (
	"fmt"
	"io"
	"iter"

	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
	wire "github.com/throughline/throughline/internal/x12"
)

// File is an X12 file that was checked and can be taken apart.
type File struct {
	Report *wire.Report
	r      io.ReadSeeker
}

// Open checks a file of any length; memory stays bounded. It is read twice,
// here and by Parts: whether a transaction is whole is known only at its end,
// and nothing of a broken one may go in. The error is the reader's.
func Open(r io.ReadSeeker) (*File, error) {
	report, err := wire.Check(r, wire.Limits{})
	if err != nil {
		return nil, fmt.Errorf("check x12: %w", err)
	}
	return &File{Report: report, r: r}, nil
}

// Part is one message of a file: a transaction, or one claim (837), member
// (834) or payment (835) of it with what it stands under.
type Part struct {
	Kind gateway.Kind // "x12/278", "x12/278-response", "x12/837P", "x12/834", "x12/835", "x12/270", "x12/271", "x12/999"
	Key  string       // ISA05 to ISA08, ISA13, GS06, ST02 and the number in it: the same file again has the same keys
	Body []byte       // ISA, GS, ST..SE: a text of its own
	Test bool         // ISA15 = T: not for live data
	Unit wire.Unit
}

// Origin says where the part stood: "claims.edi, interchange 000000101, group 1, transaction 0001".
func (p Part) Origin(file string) string { return p.Unit.Origin(file) }

// Parts gives the parts of all transactions that are whole and can be read, one
// at a time. What the report refused is passed over: its 999 says why. The
// error is the reader's.
func (f *File) Parts() iter.Seq2[Part, error] {
	return func(yield func(Part, error) bool) {
		if _, err := f.r.Seek(0, io.SeekStart); err != nil {
			yield(Part{}, fmt.Errorf("read x12 again: %w", err))
			return
		}
		for u, err := range wire.Units(f.r, wire.Limits{}, f.Report) {
			if err != nil {
				yield(Part{}, fmt.Errorf("split x12: %w", err))
				return
			}
			if !yield(Part{Kind: kindOf(u), Key: u.Key(), Body: u.Text, Test: u.In.Test, Unit: u}, nil) {
				return
			}
		}
	}
}

// Settle notes what became of a part, for the 999: err is what
// gateway.Receive gave. A fault that says "send again later" settles nothing;
// the file must come again then.
func (p Part) Settle(err error) {
	if err == nil {
		p.Unit.Settle(nil, false)
		return
	}
	p.Unit.Settle(wireIssues(gateway.FaultOf(err).Issues), true)
}

// kindOf names what a unit is.
func kindOf(u wire.Unit) gateway.Kind {
	switch u.Set.ID {
	case "837":
		return "x12/837P"
	case "278":
		if t, issues := wire.Parse(u.Text); issues == nil && wire.First(t.Body(), "BHT").Elem(2) == "11" {
			return "x12/278-response"
		}
	}
	return gateway.Kind("x12/" + u.Set.ID)
}

// Issues are the faults of the file that have no part to carry them: each
// refused interchange, group and transaction with where and why.
func (f *File) Issues() fhir.Issues {
	var out fhir.Issues
	if f.Report.Broken != "" {
		out = append(out, fhir.Issue{Severity: fhir.Error, Code: fhir.CodeStructure, Path: "x12", Found: f.Report.Broken, Allowed: "interchanges from ISA to IEA and nothing between them", Fix: "send the rest again"})
	}
	for _, in := range f.Report.Interchanges {
		where := "interchange " + shown(in.Control)
		if in.Refused() {
			out = append(out, fault(where, "TA1 note "+in.Note, wire.NoteText(in.Note)))
		}
		for _, g := range in.Groups {
			at := where + ", group " + shown(g.Control)
			for _, code := range g.Codes {
				out = append(out, fault(at, "AK9 code "+code, wire.GroupText(code)))
			}
			for _, s := range g.Sets {
				out = append(out, setIssues(at+", transaction "+shown(s.Control), s)...)
			}
		}
	}
	return out
}

func setIssues(where string, s *wire.Set) fhir.Issues {
	var out fhir.Issues
	for _, code := range s.Codes {
		out = append(out, fault(where, "IK5 code "+code, wire.SetText(code)))
	}
	if s.Given == 0 { // otherwise the issues are those of its parts
		for _, i := range s.Issues {
			issue := fhirIssue(i)
			issue.Where = where + ", " + issue.Where
			out = append(out, issue)
		}
	}
	return out
}

func fault(where, code, text string) fhir.Issue {
	return fhir.Issue{Severity: fhir.Error, Code: fhir.CodeStructure, Path: "x12", Where: where, Found: code + ": " + text, Fix: "mend the envelope and send it again under a new control number"}
}

// shown is a control number as it may be repeated.
func shown(control string) string {
	if len(control) > 9 {
		return control[:9]
	}
	return control
}
