package mllp

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/internal/hl7v2"
)

// Channel is the door that all messages of this wire come by.
const Channel = "hl7v2"

// KindOf is the kind of a message: "hl7v2/REF^I12".
func KindOf(h hl7v2.Header) gateway.Kind { return gateway.Kind("hl7v2/" + h.Kind()) }

// take turns one frame into its reply; nil when the sender wants none. In enhanced
// mode a reply may be two messages.
func (l *Listener) take(ctx context.Context, from peer, frame []byte) []byte {
	start := l.Now()
	h, err := hl7v2.Peek(frame)
	if err != nil {
		l.refused("", start, err)
		return l.refusal(h, &gateway.Fault{Op: "read", Code: gateway.NotSupported, Err: err})
	}
	if h.Type == "ACK" || h.Type == "MCF" { // never acknowledge an acknowledgement (HL7 v2 2.9.2)
		l.Log.Warn("an acknowledgement that nobody waits for", "op", "take", "code", gateway.NotSupported)
		return nil
	}
	p := who(l.Partners(), from, h)
	if p == nil {
		err := unknown()
		l.refused("", start, err)
		return l.refusal(h, err)
	}
	r, err := l.receive(ctx, p, h, frame)
	if err != nil {
		l.refused(p.ID, start, err)
		return l.refusal(h, err)
	}
	l.observe(p.ID, string(r.State), start)
	return r.Answer.Body
}

// Take hands in the message of a partner that is known already, as a frame of
// its own would be.
func (l *Listener) Take(ctx context.Context, p *gateway.Partner, message []byte) (*gateway.Receipt, error) {
	h, err := hl7v2.Peek(message)
	if err != nil {
		return nil, &gateway.Fault{Op: "read", Code: gateway.NotSupported, Err: err}
	}
	l.Limits = l.Limits.filled()
	return l.receive(ctx, p, h, message)
}

// receive hands a message in; the receipt has the stored reply. A panic in a
// mapping is a fault of this message alone.
func (l *Listener) receive(ctx context.Context, p *gateway.Partner, h hl7v2.Header, frame []byte) (r *gateway.Receipt, err error) {
	defer func() {
		if v := recover(); v != nil { // what it says may hold a body: only the place is told
			err = &gateway.Fault{Op: "take", Code: gateway.Internal, Err: fmt.Errorf("panic of type %T\n%s", v, debug.Stack())}
		}
	}()
	if err := l.acceptable(p, h, frame); err != nil {
		return nil, err
	}
	within, cancel := context.WithTimeout(context.WithoutCancel(ctx), l.Limits.Answer)
	defer cancel()
	if l.Allow != nil {
		if ok, retry := l.Allow(within, p.ID, p.RatePerMin); !ok {
			return nil, gateway.Faultf("take", gateway.Busy, fhir.Issue{Code: "throttled", Found: "more messages than agreed", Fix: "send it again in " + retry.String()})
		}
	}
	m := &gateway.Message{Partner: p.ID, Channel: Channel, Kind: KindOf(h), Key: h.Key(), Body: frame, Test: h.Test()}
	var said func(*hl7v2.Message)
	if l.Ask != nil {
		if said, err = l.Ask(within, p, m); err != nil {
			return nil, err
		}
	}
	return l.Receive(within, m, func(r *gateway.Receipt) *gateway.Answer {
		return &gateway.Answer{Status: 200, Body: accepted(h, r, said)}
	})
}

// versions are those of HL7 v2 whose MSH we can read.
var versions = regexp.MustCompile(`^2\.[1-9](\.[1-9])?$`)

// acceptable checks what MSH alone decides, before anything is mapped.
func (l *Listener) acceptable(p *gateway.Partner, h hl7v2.Header, frame []byte) error {
	if err := h.Check(); err != nil {
		return &gateway.Fault{Op: "take", Code: gateway.Invalid, Err: err}
	}
	at := func(field int) hl7v2.Location { return hl7v2.Location{Segment: "MSH", Sequence: 1, Field: field} }
	switch {
	case len(h.Control) > maxControl || len(h.SendingApp)+len(h.SendingFacility) > maxControl:
		return refused(gateway.Invalid, hl7v2.ValueTooLong, at(10), fmt.Sprintf("at most %d bytes", maxControl))
	case !versions.MatchString(h.Version):
		return refused(gateway.NotSupported, hl7v2.UnsupportedVersion, at(12), "2.1 to 2.9")
	case p.HL7 != nil && !slices.Contains(p.HL7.Processing, h.Processing):
		return refused(gateway.NotSupported, hl7v2.UnsupportedProcess, at(11), strings.Join(p.HL7.Processing, ", "))
	case !l.Supports(KindOf(h), p):
		return refused(gateway.NotSupported, hl7v2.UnsupportedType, at(9), "the messages of docs/partners/mllp.md")
	}
	if parts, err := hl7v2.Split(frame); err == nil && len(parts) > 1 {
		return refused(gateway.Malformed, hl7v2.SegmentSequence, hl7v2.Location{Segment: "MSH", Sequence: 2}, "one message in a frame")
	}
	return nil
}

// maxControl bounds MSH-10 (ST of 199 since v2.7), which is part of an index.
const maxControl = 199

func refused(code gateway.Code, condition hl7v2.Code, at hl7v2.Location, allowed string) error {
	return &gateway.Fault{Op: "take", Code: code, Err: &hl7v2.Error{Code: condition, At: at, Allowed: allowed}}
}

func unknown() error {
	return &gateway.Fault{Op: "take", Code: gateway.Denied, Issues: fhir.Issues{{Severity: fhir.Error, Code: "unknown", Found: "an unknown sender"}},
		Err: &hl7v2.Error{Code: hl7v2.UnknownKey, At: hl7v2.Location{Segment: "MSH", Sequence: 1, Field: 3}, Found: "an unknown sender",
			Allowed: "a partner known by its certificate or network, MSH-3 and MSH-4", Fix: "ask the operator to compare them with the configuration"}}
}

// accepted is the positive acknowledgement of a message: that of the commit, that
// of the application, or both. It is made once, inside the commit, from the
// message's own id and time. said is what the application has to say beside it.
func accepted(h hl7v2.Header, r *gateway.Receipt, said func(*hl7v2.Message)) []byte {
	out := []byte{}
	id := controlOf(r.Message.ID)
	for _, code := range h.AckCodes(hl7v2.Taken) {
		answer := h.Answer(hl7v2.Ack{Code: code, Control: id, Time: r.Message.Received.UTC(), Issues: kept(r)})
		if said != nil && code[0] == 'A' {
			said(answer)
		}
		out = append(out, answer.Encode()...)
		id = "A" + id[:len(id)-1] // a message of its own has a number of its own
	}
	return out
}

// kept says of a message that is held that it is, and why: it is stored, and a
// person decides.
func kept(r *gateway.Receipt) []*hl7v2.Error {
	if r.State != gateway.Held || r.Fault == nil {
		return nil
	}
	e := &hl7v2.Error{Code: hl7v2.Accepted, Severity: "W", Fix: "nothing: the message is kept and waits for a person"}
	if _, issues := verdict(r.Fault); len(issues) > 0 {
		e.At, e.Found = issues[0].At, issues[0].Found
	}
	return []*hl7v2.Error{e}
}

// refusal is the negative one; nothing of it is kept.
func (l *Listener) refusal(h hl7v2.Header, err error) []byte {
	outcome, issues := verdict(err)
	for _, code := range h.AckCodes(outcome) { // never more than one
		return h.Answer(hl7v2.Ack{Code: code, Control: controlOf(l.NewID()), Time: l.Now().UTC(), Issues: issues}).Encode()
	}
	return nil
}

// controlOf is a message id as an MSH-10 of the 20 characters that every version
// allows.
func controlOf(id gateway.MessageID) string {
	s := strings.ReplaceAll(string(id), "-", "")
	return s[max(0, len(s)-20):]
}

// refused logs and counts a refusal: code and cause, never a value.
func (l *Listener) refused(p gateway.PartnerID, start time.Time, err error) {
	f := gateway.FaultOf(err)
	outcome, _ := verdict(err)
	l.observe(p, "refused", start)
	log := l.Log.With("op", "take", "partner", p, "code", f.Code)
	if f.Code == gateway.Internal {
		var cause *gateway.Fault
		if errors.As(err, &cause) && cause.Err != nil {
			log = log.With("error", cause.Err)
		}
		log.Error("message not taken")
		return
	}
	log.Warn("message refused", "answer", "A"+string(outcome))
}

func (l *Listener) observe(p gateway.PartnerID, outcome string, start time.Time) {
	if l.Observe != nil {
		l.Observe(p, outcome, l.Now().Sub(start))
	}
}
