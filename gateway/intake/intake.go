package intake

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"iter"
	"strings"
	"time"

	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/ledger"
)

// Ledger is the store as the intake needs it.
type Ledger interface {
	// OpenFile registers a file, or returns what is known of one with its id.
	OpenFile(ctx context.Context, f File) (known File, fresh bool, err error)
	// NoteUnits keeps outcomes and counts; gateway.ErrFenced when another has
	// gone on from before.
	NoteUnits(ctx context.Context, id string, before, after Counts, outs []Outcome) error
	// CloseFile ends a file, with the acknowledgements it is answered with.
	CloseFile(ctx context.Context, f File, acks []Ack) error
	// Reopen lets a file with rejected units be read again from its beginning.
	Reopen(ctx context.Context, id string) error
	// Outcomes reads what became of its units, in order.
	Outcomes(ctx context.Context, id string) iter.Seq2[Outcome, error]
	// Exchange registers an interchange of a partner: false when another content
	// has its control number.
	Exchange(ctx context.Context, p gateway.PartnerID, name, content string) (bool, error)
	// NextNumber gives the next control number of what we send to a partner.
	NextNumber(ctx context.Context, p gateway.PartnerID) (int64, error)
}

// Format is what the intake has to know of a kind of file.
type Format struct {
	// Open begins to read a file; an error is one of the reader.
	Open func(r io.ReadSeeker, f *File, p *gateway.Partner) (*Reading, error)
	// Rejected writes the rejected units in the sender's own format with words.
	Rejected func(w io.Writer, outs iter.Seq2[Outcome, error]) error
}

// Reading is a file that is being cut into its units.
type Reading struct {
	Units iter.Seq2[Unit, error] // an error is one of the reader
	// Acks words the acknowledgements, after all units were settled; nil = the
	// format has none.
	Acks func(d Desk) ([]Ack, error)
}

// Desk is what is at hand when acknowledgements are worded.
type Desk struct {
	Now time.Time
	// Next gives the next control number of what we send to the partner.
	Next func() (int64, error)
	// Case is what the ledger knows of a member, as far as the sender may know it,
	// in live data or in test data; nil = nothing.
	Case func(member gateway.Identifier, test bool) (*ledger.Case, error)
}

// Opener opens the content of a file at its beginning.
type Opener func() (io.ReadSeekCloser, error)

// Ack is an acknowledgement in the sender's own protocol.
type Ack struct {
	Name string // ending of its file name: "ta1", "999", "271"
	Body []byte
}

// Intake takes files in. Ledger, Leases, Receive, Partners, Format, Detect,
// Holder and Now must be set.
type Intake struct {
	Ledger   Ledger
	Leases   gateway.Leases
	Receive  gateway.Receiver
	Partners func(gateway.PartnerID) (*gateway.Partner, bool)
	Format   func(gateway.Kind) (Format, bool)
	Detect   func(name string, head []byte, p *gateway.Partner) (gateway.Kind, fhir.Issues)
	// CaseOf is the case of a member as the partner may see it; its fault is
	// NotFound when there is none. nil = files that ask are not answered.
	CaseOf func(ctx context.Context, p gateway.PartnerID, test bool, member gateway.Identifier) (*ledger.Case, error)
	// Acknowledge takes in a partner's word on what we sent it.
	Acknowledge func(ctx context.Context, p gateway.PartnerID, test bool, w Word) error
	Holder      string
	Now         func() time.Time
}

// A step of progress is so many units or so long, whatever comes first.
const (
	stepUnits = 200
	stepTime  = 5 * time.Second
	leaseFor  = time.Minute
	headBytes = 64 << 10 // what Detect sees
)

// Take takes a file in and returns what became of it. Open is called twice,
// each time from the beginning. An error means that the file has to be taken
// again later, and that this goes on where it stopped; what is wrong with the
// file itself is in File.State and Cause. Take may run twice at once: one of
// the two gets a Busy fault.
func (in *Intake) Take(ctx context.Context, f File, open Opener) (*File, error) {
	f.Received, f.State = in.Now(), Open
	wrong, err := in.Identify(&f, open)
	if err != nil {
		return nil, err
	}
	p, _ := in.Partners(f.Partner) // Identify has asked
	release, err := in.lease(ctx, &f)
	if err != nil {
		return nil, err
	}
	defer release()
	known, fresh, err := in.Ledger.OpenFile(ctx, f)
	if err != nil {
		return nil, err
	}
	switch {
	case known.State == Open && wrong.Errors():
		return in.quarantine(ctx, known, wrong[0].Text())
	case known.State == Open:
	case known.State == Quarantined || known.Counts.Rejected == 0:
		known.Repeat = !fresh
		return &known, nil
	default: // rejected units may pass by now; the others are repeats of themselves
		if err := in.Ledger.Reopen(ctx, known.ID); err != nil {
			return nil, err
		}
		known.State, known.Counts = Open, Counts{}
	}
	return in.read(ctx, known, p, open)
}

// Identify hashes a file, finds out what it is, and names it. The issues say why
// it cannot be taken in; the error is one of the reader.
func (in *Intake) Identify(f *File, open Opener) (fhir.Issues, error) {
	p, ok := in.Partners(f.Partner)
	if !ok {
		return nil, gateway.Faultf("intake", gateway.Denied, fhir.Issue{Code: "forbidden", Found: "an unknown partner"})
	}
	r, err := open()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	b := bufio.NewReaderSize(r, headBytes)
	head, err := b.Peek(headBytes)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, bufio.ErrBufferFull) {
		return nil, err
	}
	var wrong fhir.Issues
	if f.Kind == "" {
		f.Kind, wrong = in.Detect(f.Name, head, p)
	}
	h := sha256.New()
	if f.Size, err = io.Copy(h, b); err != nil {
		return nil, err
	}
	f.SHA256 = hex.EncodeToString(h.Sum(nil))
	f.ID = idOf(f)
	if _, ok := in.Format(f.Kind); !ok && !wrong.Errors() {
		wrong = refused("a file of a kind that is not taken in", "CSV, Excel, JSON, FHIR JSON, X12, HL7 v2 batches", "send one of these")
	}
	if !wrong.Errors() && !strings.HasSuffix(string(f.Kind), "/*") && !p.MaySend(f.Kind) {
		wrong = refused("a file of kind "+string(f.Kind), "the kinds your configuration lists", "ask the gateway's operator to add the kind")
	}
	return wrong, nil
}

func refused(found, allowed, fix string) fhir.Issues {
	return fhir.Issues{{Severity: fhir.Error, Code: "not-supported", Found: found, Allowed: allowed, Fix: fix}}
}

// lease makes sure that one instance at a time reads a file. It saves work;
// keys and NoteUnits keep things right.
func (in *Intake) lease(ctx context.Context, f *File) (release func(), err error) {
	name := "file:" + f.ID
	ok, err := in.Leases.Lease(ctx, name, in.Holder, leaseFor)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, gateway.Faultf("intake", gateway.Busy, fhir.Issue{Code: "lock-error", Found: "a file that another instance is reading", Fix: "wait for its answer"})
	}
	return func() { _ = in.Leases.Unlease(context.WithoutCancel(ctx), name, in.Holder) }, nil // it ends by itself if this fails
}

func (in *Intake) quarantine(ctx context.Context, f File, cause string) (*File, error) {
	f.State, f.Cause, f.Finished = Quarantined, cause, in.Now()
	return &f, in.Ledger.CloseFile(ctx, f, nil)
}

// read goes through the units and closes the file.
func (in *Intake) read(ctx context.Context, f File, p *gateway.Partner, open Opener) (*File, error) {
	r, err := open()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	format, _ := in.Format(f.Kind) // Identify has asked
	reading, err := format.Open(r, &f, p)
	if err != nil {
		return nil, err
	}
	run := &run{Intake: in, file: &f, noted: f.Counts, now: f.Counts, step: in.Now(), shut: map[string]fhir.Issues{}}
	if err := run.all(ctx, reading.Units); err != nil {
		return nil, err
	}
	f.State, f.Cause, f.Finished = Done, run.broken, in.Now()
	if run.broken != "" || f.Counts.Units == 0 || len(run.shut) > 0 && run.open == 0 {
		f.State = Quarantined
		if f.Cause == "" {
			f.Cause = run.cause()
		}
	}
	acks, err := in.acks(ctx, &f, reading)
	if err != nil {
		return nil, err
	}
	return &f, in.Ledger.CloseFile(ctx, f, acks)
}

func (in *Intake) acks(ctx context.Context, f *File, r *Reading) ([]Ack, error) {
	if r.Acks == nil {
		return nil, nil
	}
	return r.Acks(Desk{Now: f.Finished,
		Next: func() (int64, error) { return in.Ledger.NextNumber(ctx, f.Partner) },
		Case: func(member gateway.Identifier, test bool) (*ledger.Case, error) {
			return in.caseOf(ctx, f.Partner, test, member)
		}})
}

// caseOf is the case of a member, nil when there is none that the partner may see.
func (in *Intake) caseOf(ctx context.Context, p gateway.PartnerID, test bool, member gateway.Identifier) (*ledger.Case, error) {
	if in.CaseOf == nil {
		return nil, nil
	}
	c, err := in.CaseOf(ctx, p, test, member)
	if err != nil && gateway.FaultOf(err).Code == gateway.NotFound {
		return nil, nil
	}
	return c, err
}
