package batch

import (
	"errors"
	"io"
	"iter"
	"strconv"

	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/gateway/intake"
	"github.com/throughline/throughline/internal/hl7v2"
)

// maxBatch bounds a file of HL7 v2 messages, which is read whole: its trailers
// say at the end whether anything is missing (HL7 v2 2.10.3).
const maxBatch = 64 << 20

// openHL7 cuts a batch file, with or without FHS and BHS, into its messages.
func openHL7(r io.ReadSeeker, _ *intake.File, _ *gateway.Partner) (*intake.Reading, error) {
	text, err := io.ReadAll(io.LimitReader(r, maxBatch+1))
	if err != nil {
		return nil, err
	}
	if len(text) > maxBatch {
		return &intake.Reading{Units: broken("a file of more than 64 MB", "at most 64 MB of HL7 v2 in one file", "send it in parts")}, nil
	}
	messages, err := hl7v2.Split(text)
	if err != nil {
		where := "a batch that does not add up"
		if e := (*hl7v2.Error)(nil); errors.As(err, &e) {
			where = e.At.Path() + ": " + e.Found
		}
		return &intake.Reading{Units: broken(where, "messages that begin with MSH; the counts of BTS-1 and FTS-1 right", "send the whole batch again")}, nil
	}
	return &intake.Reading{Units: func(yield func(intake.Unit, error) bool) {
		for i, m := range messages {
			if !yield(message(i+1, m), nil) {
				return
			}
		}
	}}, nil
}

// broken is a file of which nothing is taken in.
func broken(found, allowed, fix string) iter.Seq2[intake.Unit, error] {
	return func(yield func(intake.Unit, error) bool) {
		issues := wrong("", found, allowed, fix)
		yield(intake.Unit{Place: "the file", Issues: issues, Broken: issues[0].Text()}, nil)
	}
}

// message is one message of a batch, named as on every wire: MSH-3, MSH-4 and
// MSH-10 (protocol.md, msg_key).
func message(no int, text []byte) intake.Unit {
	u := intake.Unit{Place: "message " + strconv.Itoa(no), Body: text}
	h, err := hl7v2.Peek(text)
	if err == nil {
		err = h.Check()
	}
	if err != nil {
		found := "a header that cannot be read"
		if e := (*hl7v2.Error)(nil); errors.As(err, &e) {
			found = e.At.Path() + " " + e.Code.Text()
		}
		u.Issues = wrong(u.Place, found, "MSH with type, control id, processing id and version", "correct MSH and send it again")
		return u
	}
	u.Kind, u.Test = gateway.Kind("hl7v2/"+h.Kind()), h.Test()
	u.Key = h.Key()
	return u
}
