package x12

import (
	"fmt"
	"strings"
	"time"
)

// Header is what an ISA says.
type Header struct {
	SenderQualifier, Sender     string // ISA05, ISA06
	ReceiverQualifier, Receiver string // ISA07, ISA08
	Date, Time                  string // ISA09 YYMMDD, ISA10 HHMM, as they stand
	Version                     string // ISA12: "00501"
	Control                     string // ISA13: 9 digits
	AckAsked                    bool   // ISA14 = 1: a TA1 is wanted
	Test                        bool   // ISA15 = T
}

// HeaderOf reads an ISA.
func HeaderOf(isa Segment) Header {
	return Header{SenderQualifier: isa.Elem(5), Sender: isa.Elem(6), ReceiverQualifier: isa.Elem(7), Receiver: isa.Elem(8),
		Date: isa.Elem(9), Time: isa.Elem(10), Version: isa.Elem(12), Control: isa.Elem(13), AckAsked: isa.Elem(14) == "1", Test: isa.Elem(15) == "T"}
}

// GroupHeader is what a GS says.
type GroupHeader struct {
	Functional       string // GS01: HI, HC, BE, HP, HS, HB, FA
	Sender, Receiver string // GS02, GS03
	Date, Time       string // GS04, GS05
	Control          string // GS06
	Version          string // GS08: "005010X217"
}

// GroupHeaderOf reads a GS.
func GroupHeaderOf(gs Segment) GroupHeader {
	return GroupHeader{Functional: gs.Elem(1), Sender: gs.Elem(2), Receiver: gs.Elem(3), Date: gs.Elem(4), Time: gs.Elem(5), Control: gs.Elem(6), Version: gs.Elem(8)}
}

// Party is one side of an interchange.
type Party struct {
	Qualifier string // ISA05, ISA07; empty = ZZ
	ID        string // ISA06, ISA08: at most 15 characters
	App       string // GS02, GS03: at most 15; empty = ID
}

func (p Party) app() string {
	if p.App != "" {
		return p.App
	}
	return p.ID
}

// Envelope wraps transactions for sending. The control numbers are the
// sender's own, never used twice.
type Envelope struct {
	From, To     Party
	At           time.Time // written as it is, in its zone
	Control      int       // ISA13, 1 to 999,999,999
	GroupControl int       // GS06
	Test         bool      // ISA15
	AckAsked     bool      // ISA14
}

// Wrap puts ISA, GS, GE and IEA around transactions (each ST..SE, as
// Writer.Set writes them) of one functional group: Wrap("HI", "005010X217", st).
func (e Envelope) Wrap(functional, version string, sets ...[]byte) []byte {
	w := NewWriter()
	e.isa(w)
	e.group(w, functional, version, len(sets), func() {
		for _, s := range sets {
			w.out.Write(s)
		}
	})
	w.Segment("IEA", "1", fmt.Sprintf("%09d", e.Control))
	return w.Bytes()
}

// WrapTA1 is an interchange that holds interchange acknowledgements alone.
func (e Envelope) WrapTA1(answers ...TA1) []byte {
	w := NewWriter()
	e.isa(w)
	for _, a := range answers {
		a.write(w)
	}
	w.Segment("IEA", "0", fmt.Sprintf("%09d", e.Control))
	return w.Bytes()
}

// isa writes the one segment whose elements are padded.
func (e Envelope) isa(w *Writer) {
	pad := func(s string, n int) string { return fmt.Sprintf("%-*.*s", n, n, w.clean(s)) }
	qualifier := func(p Party) string {
		if p.Qualifier == "" {
			return "ZZ"
		}
		return pad(p.Qualifier, 2)
	}
	flag := func(yes bool, t, f string) string {
		if yes {
			return t
		}
		return f
	}
	sep := string(w.D.Element)
	w.out.WriteString(strings.Join([]string{"ISA", "00", pad("", 10), "00", pad("", 10), qualifier(e.From), pad(e.From.ID, 15), qualifier(e.To), pad(e.To.ID, 15),
		e.At.Format("060102"), e.At.Format("1504"), string(w.D.Repetition), "00501", fmt.Sprintf("%09d", e.Control), flag(e.AckAsked, "1", "0"),
		flag(e.Test, "T", "P"), string(w.D.Component)}, sep) + string(w.D.Segment) + "\n")
}

// Answer is the interchange that answers one of a partner after its units were
// settled: a TA1 when it was asked for or the interchange is refused, and one
// 999 for each group. From and To are taken from the interchange, swapped, when
// the envelope has none. It is nil when nothing is to be said: acknowledgements
// are never acknowledged.
func (e Envelope) Answer(i *Interchange) []byte {
	if e.From.ID == "" {
		e.From, e.To = Party{Qualifier: i.ReceiverQualifier, ID: i.Receiver}, Party{Qualifier: i.SenderQualifier, ID: i.Sender}
	}
	e.Test = i.Test
	var acks []Ack
	for _, g := range i.Groups {
		if g.Functional != "FA" && !i.Refused() {
			acks = append(acks, g.Ack())
		}
	}
	asked := i.AckAsked && len(i.TA1s) == 0
	if len(acks) == 0 && !asked && !i.Refused() {
		return nil
	}
	w := NewWriter()
	e.isa(w)
	if asked || i.Refused() {
		i.TA1().write(w)
	}
	if len(acks) > 0 {
		e.group(w, "FA", Version999, len(acks), func() {
			for n, a := range acks {
				w.out.Write(a.Write(fmt.Sprintf("%04d", n+1)))
			}
		})
	}
	w.Segment("IEA", fmt.Sprint(min(len(acks), 1)), fmt.Sprintf("%09d", e.Control))
	return w.Bytes()
}

// group writes GS, what body writes, and GE.
func (e Envelope) group(w *Writer, functional, version string, sets int, body func()) {
	w.Segment("GS", functional, e.From.app(), e.To.app(), e.At.Format("20060102"), e.At.Format("1504"), fmt.Sprint(e.GroupControl), "X", version)
	body()
	w.Segment("GE", fmt.Sprint(sets), fmt.Sprint(e.GroupControl))
}
