package hl7v2

import (
	"bytes"
	"errors"
	"strings"
)

// Header is what MSH says of a message.
type Header struct {
	SendingApp, SendingFacility     string // MSH-3.1, MSH-4.1
	ReceivingApp, ReceivingFacility string // MSH-5.1, MSH-6.1
	Time                            string // MSH-7, as sent
	Type, Event, Structure          string // MSH-9; a missing MSH-9.3 is derived (table 0354)
	Control                         string // MSH-10
	Processing                      string // MSH-11.1: P production, T training, D debugging
	Version                         string // MSH-12.1
	AcceptAck, AppAck               string // MSH-15, MSH-16: AL, NE, ER, SU
	Charset                         string // MSH-18
	msh                             *Segment
}

// Header reads MSH.
func (m *Message) Header() Header {
	s := m.First("MSH")
	h := Header{
		SendingApp: s.Field(3).Text(), SendingFacility: s.Field(4).Text(),
		ReceivingApp: s.Field(5).Text(), ReceivingFacility: s.Field(6).Text(), Time: s.Field(7).Text(),
		Type: s.Field(9).Comp(1).Text(), Event: s.Field(9).Comp(2).Text(), Structure: s.Field(9).Comp(3).Text(),
		Control: s.Field(10).Text(), Processing: s.Field(11).Text(), Version: s.Field(12).Text(),
		AcceptAck: s.Field(15).Text(), AppAck: s.Field(16).Text(), Charset: s.Field(18).Text(), msh: s,
	}
	if h.Structure == "" {
		h.Structure = structure(h.Type, h.Event)
	}
	return h
}

// Kind is "REF^I12".
func (h Header) Kind() string {
	if h.Event == "" {
		return h.Type
	}
	return h.Type + "^" + h.Event
}

// Key is what makes a message the same one again at any door: MSH-3, MSH-4 and
// MSH-10, apart by "|" (protocol.md, msg_key).
func (h Header) Key() string {
	part := strings.NewReplacer("|", `\F\`)
	return part.Replace(h.SendingApp) + "|" + part.Replace(h.SendingFacility) + "|" + part.Replace(h.Control)
}

// Test says that MSH-11 marks test traffic: T, D, and whatever is not P.
func (h Header) Test() bool { return h.Processing != "P" }

// Check says whether MSH has what every message needs (HL7 v2 2.14.9).
func (h Header) Check() error {
	for _, need := range []struct {
		n    int
		text string
	}{{9, h.Type}, {10, h.Control}, {11, h.Processing}, {12, h.Version}} {
		if need.text == "" {
			return &Error{Code: RequiredMissing, At: Location{Segment: "MSH", Sequence: 1, Field: need.n}, Fix: "send a value"}
		}
	}
	return nil
}

// Peek reads the header of a text whose rest may be broken, so that it can
// still be answered. The error says why even MSH cannot be read.
func Peek(b []byte) (Header, error) {
	b = b[blanks(b):]
	if i := bytes.IndexAny(b, "\r\n"); i >= 0 {
		b = b[:i]
	}
	m, err := Parse(bytes.ToValidUTF8(b, []byte("?")), Limits{})
	if err != nil {
		if e := (*Error)(nil); !errors.As(err, &e) || e.At.Field != 18 {
			return Header{}, err
		}
		m, err = peekASCII(b)
	}
	if err != nil {
		return Header{}, err
	}
	return m.Header(), nil
}

// peekASCII reads an MSH whose character set is not supported.
func peekASCII(b []byte) (*Message, error) {
	d, err := readDelimiters(b)
	if err != nil {
		return nil, err
	}
	m := &Message{Delimiters: d, charset: utf8Set}
	return m, m.split(b, Limits{}.filled())
}

// structures name the messages whose structure is not their own name (table
// 0354): events that share one.
var structures = map[string]string{
	"ADT^A04": "ADT_A01", "ADT^A08": "ADT_A01", "ADT^A13": "ADT_A01",
	"ADT^A11": "ADT_A09", "ADT^A10": "ADT_A09", "ADT^A12": "ADT_A09",
	"ADT^A28": "ADT_A05", "ADT^A31": "ADT_A05", "ADT^A14": "ADT_A05",
	"ADT^A40": "ADT_A39", "ADT^A41": "ADT_A39", "ADT^A42": "ADT_A39", "ADT^A29": "ADT_A21",
	"REF^I13": "REF_I12", "REF^I14": "REF_I12", "REF^I15": "REF_I12",
	"RRI^I13": "RRI_I12", "RRI^I14": "RRI_I12", "RRI^I15": "RRI_I12",
	"SIU^S13": "SIU_S12", "SIU^S14": "SIU_S12", "SIU^S15": "SIU_S12", "SIU^S16": "SIU_S12", "SIU^S17": "SIU_S12", "SIU^S26": "SIU_S12",
	"MDM^T04": "MDM_T02", "MDM^T06": "MDM_T02", "MDM^T08": "MDM_T02", "MDM^T10": "MDM_T02",
	"MDM^T03": "MDM_T01", "MDM^T05": "MDM_T01", "MDM^T07": "MDM_T01", "MDM^T09": "MDM_T01", "MDM^T11": "MDM_T01",
	"PGL^PC7": "PGL_PC6", "PGL^PC8": "PGL_PC6", "PPR^PC2": "PPR_PC1", "PPR^PC3": "PPR_PC1",
}

func structure(typ, event string) string {
	if s, ok := structures[typ+"^"+event]; ok {
		return s
	}
	if typ == "ACK" || event == "" {
		return typ
	}
	return typ + "_" + event
}
