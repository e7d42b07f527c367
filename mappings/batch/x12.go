package batch

import (
	"bytes"
	"io"
	"iter"
	"strconv"
	"strings"
	"time"

	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/gateway/intake"
	wire "github.com/throughline/throughline/internal/x12"
	"github.com/throughline/throughline/ledger"
	"github.com/throughline/throughline/mappings/x12"
)

// openX12 checks a file of interchanges and cuts it into transactions, claims,
// members and payments.
func openX12(r io.ReadSeeker, _ *intake.File, p *gateway.Partner) (*intake.Reading, error) {
	if _, err := r.Seek(0, io.SeekStart); err != nil {
		return nil, err
	}
	f, err := x12.Open(r)
	if err != nil {
		return nil, err
	}
	strangers(f.Report, p)
	e := exchange{file: f, partner: p}
	return &intake.Reading{Units: e.units, Acks: e.acks}, nil
}

// strangers refuses interchanges that are not from this partner to us: what a
// partner may put into a folder is its own.
func strangers(report *wire.Report, p *gateway.Partner) {
	if p.X12 == nil {
		return
	}
	for _, in := range report.Interchanges {
		switch {
		case in.Refused():
		case in.Sender != p.X12.Theirs.ID || in.SenderQualifier != p.X12.Theirs.Qualifier:
			in.Note = "006" // invalid interchange sender id
		case in.Receiver != p.X12.Ours.ID || in.ReceiverQualifier != p.X12.Ours.Qualifier:
			in.Note = "008" // invalid interchange receiver id
		}
	}
}

// exchange is one file of interchanges.
type exchange struct {
	file    *x12.File
	partner *gateway.Partner
	asked   []x12.Part // 270s that were taken in, to be answered
	bytes   int        // of them
}

// maxAsked bounds the inquiries of one file, which wait for the end of it.
const maxAsked = 8 << 20

// units gives first what is refused before anything is read of it, then the
// TA1s, then the parts.
func (e *exchange) units(yield func(intake.Unit, error) bool) {
	for _, issue := range e.file.Issues() {
		if !yield(intake.Unit{Place: issue.Where, Issues: fhir.Issues{issue}}, nil) {
			return
		}
	}
	for _, in := range e.file.Report.Interchanges {
		for i, t := range in.TA1s {
			if !yield(ta1(in, i, t), nil) {
				return
			}
		}
	}
	for part, err := range e.file.Parts() {
		if err != nil {
			yield(intake.Unit{}, err)
			return
		}
		if !yield(e.unitOf(part), nil) {
			return
		}
	}
}

// ta1 is a partner's word on an interchange: only a refusal is the last one, an
// acceptance is followed by a 999.
func ta1(in *wire.Interchange, i int, t wire.TA1) intake.Unit {
	u := intake.Unit{Place: "interchange " + in.Control + ", TA1 " + strconv.Itoa(i+1), Kind: "x12/TA1", Test: in.Test, NoMessage: t.Accepted()}
	number, err := strconv.ParseInt(t.Control, 10, 64)
	if err != nil || in.Refused() {
		u.Issues = wrong(u.Place, "a TA1 that cannot be read", "the control number of an interchange of ours", "send it again")
		return u
	}
	u.Ack = &intake.Word{Number: number, Fault: gateway.Faultf("acknowledge", gateway.Invalid, fhir.Issue{Code: "processing", Path: "TA1",
		Found: "note " + t.Note + ": " + wire.NoteText(t.Note), Fix: "mend what the note says, then release the delivery"})}
	return u
}

// unitOf is a transaction or a part of one.
func (e *exchange) unitOf(part x12.Part) intake.Unit {
	in := part.Unit.In
	name := in.SenderQualifier + "/" + in.Sender + "/" + in.ReceiverQualifier + "/" + in.Receiver + "/" + in.Control
	if in.Test {
		name = "T/" + name
	}
	u := intake.Unit{Place: part.Unit.String(), Kind: part.Kind, Key: part.Key, Body: part.Body, Test: part.Test, Exchange: name,
		Shut: func() { in.Note = wire.NoteDuplicate }}
	u.Settle = func(o intake.Outcome) {
		if o.Status == intake.Rejected {
			part.Settle(&gateway.Fault{Code: gateway.Invalid, Issues: o.Issues})
			return
		}
		part.Settle(nil)
		if part.Kind == "x12/270" {
			e.asked = append(e.asked, part)
		}
	}
	switch part.Kind {
	case "x12/999":
		u.Ack, u.Issues = word(part)
	case "x12/270":
		if e.bytes += len(part.Body); e.bytes > maxAsked {
			u.Issues = wrong(u.Place, "more than 8 MB of inquiries in one file", "at most 8 MB of 270", "send the rest in another file")
		}
	}
	return u
}

// word reads a 999. Every interchange of ours holds one transaction and its
// group has the number of the interchange.
func word(part x12.Part) (*intake.Word, fhir.Issues) {
	t, issues := wire.Parse(part.Body)
	if issues != nil {
		return nil, wrong("", issues[0].Text(), "a 999", "send it again")
	}
	ack, issues := t.Ack999()
	if issues != nil {
		return nil, wrong("", issues[0].Text(), "a 999", "send it again")
	}
	number, err := strconv.ParseInt(ack.Control, 10, 64)
	if err != nil {
		return nil, wrong("", "an AK102 that is no number of ours", "the GS06 of what we sent", "send it back as it came")
	}
	w := &intake.Word{Number: number}
	if reasons := refusal(ack); reasons != nil {
		w.Fault = &gateway.Fault{Op: "acknowledge", Code: gateway.Invalid, Issues: reasons}
	}
	return w, nil
}

// refusal is why a 999 refuses what we sent; nil when it accepts it.
func refusal(a *wire.Ack) fhir.Issues {
	var out fhir.Issues
	add := func(path, found, where string) {
		out = append(out, fhir.Issue{Severity: fhir.Error, Code: "processing", Path: path, Found: found, Where: where, Fix: "mend the record, then release the delivery"})
	}
	refused := a.Code == "R"
	for _, s := range a.Sets {
		if s.Accepted() {
			continue
		}
		refused = true
		for _, i := range s.Issues {
			add(i.Place.Segment, "code "+i.Code, i.Place.String())
		}
		for _, code := range s.Codes {
			add("IK5", "code "+code+": "+wire.SetText(code), "")
		}
	}
	for _, code := range a.Codes {
		add("AK9", "code "+code+": "+wire.GroupText(code), "")
	}
	if refused && out == nil {
		add("AK9", "a refusal without a reason", "")
	}
	if !refused {
		return nil
	}
	return out
}

// acks are our TA1s, where one was asked for or an interchange is refused, a 999
// for each group but those of 999s, and a 271 for each 270 that was taken in.
func (e *exchange) acks(d intake.Desk) ([]intake.Ack, error) {
	var ta1s, groups bytes.Buffer
	for _, in := range e.file.Report.Interchanges {
		if in.Refused() || in.AckAsked {
			env, err := e.envelope(in, d)
			if err != nil {
				return nil, err
			}
			ta1s.Write(env.WrapTA1(in.TA1()))
		}
		var sets [][]byte
		for _, g := range in.Groups {
			if g.Functional != "FA" && !in.Refused() {
				sets = append(sets, g.Ack().Write(control(len(sets)+1)))
			}
		}
		if len(sets) == 0 {
			continue
		}
		env, err := e.envelope(in, d)
		if err != nil {
			return nil, err
		}
		groups.Write(env.Wrap("FA", wire.Version999, sets...))
	}
	var out []intake.Ack
	if ta1s.Len() > 0 {
		out = append(out, intake.Ack{Name: "ta1", Body: ta1s.Bytes()})
	}
	if groups.Len() > 0 {
		out = append(out, intake.Ack{Name: "999", Body: groups.Bytes()})
	}
	answers, err := e.answers(d)
	if len(answers) > 0 {
		out = append(out, intake.Ack{Name: "271", Body: answers})
	}
	return out, err
}

// answers are the 271s of the 270s, each in an interchange of its own.
func (e *exchange) answers(d intake.Desk) ([]byte, error) {
	var out bytes.Buffer
	for _, part := range e.asked {
		questions, _ := x12.Questions(part.Body, e.partner) // it was read before
		standings := make([]x12.Standing, len(questions))
		for i, q := range questions {
			if q.Member.Member == "" {
				continue
			}
			c, err := d.Case(gateway.Identifier{System: e.partner.MemberSystem, Value: q.Member.Member}, part.Test)
			if err != nil {
				return nil, err
			}
			if c != nil { // of whom the ledger knows nothing, an inquiry has made a person and no more
				standings[i] = x12.Standing{Known: len(c.Spans)+len(c.Auths)+len(c.Lines) > 0, Spans: c.Spans}
			}
		}
		at := d.Now
		if e.partner.Zone != nil {
			at = at.In(e.partner.Zone)
		}
		body, issues := x12.Answer(part.Body, e.partner, standings, at, ledger.DayOf(at))
		if issues.Errors() {
			continue // it was refused as a message for the same
		}
		env, err := e.envelope(part.Unit.In, d)
		if err != nil {
			return nil, err
		}
		out.Write(env.Wrap("HB", x12.Version270, body))
	}
	return out.Bytes(), nil
}

// envelope turns an interchange round: its receiver answers its sender.
func (e *exchange) envelope(in *wire.Interchange, d intake.Desk) (wire.Envelope, error) {
	number, err := d.Next()
	env := wire.Envelope{From: wire.Party{Qualifier: in.ReceiverQualifier, ID: in.Receiver}, To: wire.Party{Qualifier: in.SenderQualifier, ID: in.Sender},
		At: d.Now, Control: int(number), GroupControl: int(number), Test: in.Test}
	if x := e.partner.X12; x != nil {
		env = Envelope(x, number, d.Now, in.Test)
	}
	return env, err
}

// Envelope is what we put around a transaction for a partner.
func Envelope(x *gateway.X12, number int64, at time.Time, test bool) wire.Envelope {
	party := func(p gateway.X12Party) wire.Party { return wire.Party{Qualifier: p.Qualifier, ID: p.ID, App: p.Group} }
	return wire.Envelope{From: party(x.Ours), To: party(x.Theirs), At: at, Control: int(number), GroupControl: int(number), Test: test}
}

// control is an ST02.
func control(n int) string {
	s := strconv.Itoa(n)
	return strings.Repeat("0", max(0, 4-len(s))) + s
}

// textRejected writes rejected parts as they came, each below a line with its
// place and what is wrong.
func textRejected(w io.Writer, outs iter.Seq2[intake.Outcome, error]) error {
	for o, err := range outs {
		if err != nil {
			return err
		}
		text := "# " + o.Place + ": " + strings.ReplaceAll(intake.Words(o), "\n", " ") + "\n" + string(o.Raw) + "\n"
		if _, err := io.WriteString(w, text); err != nil {
			return err
		}
	}
	return nil
}
