package hl7v2

import (
	"cmp"
	"strconv"
	"strings"
	"time"
)

// Outcome of a message, as its acknowledgment tells it (table 0008).
type Outcome byte

// Taken: it is stored. Faulty: its content is wrong, mend it first. Refused:
// it could not be judged (type, version, system away); send it again later.
const (
	Taken   Outcome = 'A'
	Faulty  Outcome = 'E'
	Refused Outcome = 'R'
)

// AckCodes are the MSA-1 that the sender wants to hear for an outcome, in their
// order: one of AA, AE, AR in original mode (MSH-15 and MSH-16 empty). In enhanced
// mode CA, CE, CR as MSH-15 asks and AA, AE, AR as MSH-16 asks, but no application
// answers what was not accepted: of a refusal the first one only (HL7 v2 2.9.2 and
// 2.9.3).
func (h Header) AckCodes(o Outcome) []string {
	if h.AcceptAck == "" && h.AppAck == "" {
		return []string{"A" + string(o)}
	}
	var out []string
	if wants(h.AcceptAck, o) {
		out = append(out, "C"+string(o))
	}
	if wants(h.AppAck, o) && (o == Taken || len(out) == 0) {
		out = append(out, "A"+string(o))
	}
	return out
}

// wants reads a condition of table 0155.
func wants(condition string, o Outcome) bool {
	switch strings.ToUpper(condition) {
	case "AL":
		return true
	case "ER":
		return o != Taken
	case "SU":
		return o == Taken
	}
	return false
}

// Ack is what an acknowledgment says.
type Ack struct {
	Code    string    // MSA-1, see Header.AckCodes
	Control string    // MSH-10 of the acknowledgment itself; stable for a repeat
	Time    time.Time // MSH-7
	Issues  []*Error  // one ERR each
}

// Answer builds MSH, MSA and ERR for a message with this header: sender and
// receiver swapped, its delimiters, character set and version. Before v2.5 ERR
// has one field, ERR-1 (data type ELD). A zero header gives an answer that
// names no message.
func (h Header) Answer(a Ack) *Message {
	m := &Message{Delimiters: Standard, charset: utf8Set}
	if h.msh != nil {
		m.Delimiters, m.charset = h.msh.m.Delimiters.filled(), h.msh.m.charset
	}
	m.header(h.Charset)
	msh := m.First("MSH")
	for to, from := range map[int]int{3: 5, 4: 6, 5: 3, 6: 4, 11: 11, 12: 12} {
		if i := from - 1; h.msh != nil && i < len(h.msh.fields) {
			msh.raw(to, h.msh.fields[i])
		}
	}
	msh.Put(7, a.Time.Format("20060102150405-0700"))
	msh.Put(9, h.answered(a.Code)...).Put(10, a.Control)
	if h.msh == nil {
		msh.Put(11, "P").Put(12, "2.5.1")
	}
	msa := m.Append("MSA").Put(1, a.Code).Put(2, h.Control)
	if len(a.Issues) > 0 {
		msa.Put(3, a.Issues[0].Code.Text())
	}
	for _, e := range a.Issues {
		m.err(e, h.Version)
	}
	return m
}

// answered is MSH-9 of an answer: the application answers a question for the
// status of a referral by the message of that name (HL7 v2 11.3.5).
func (h Header) answered(code string) []string {
	if h.Kind() == "REF^I15" && strings.HasPrefix(code, "A") {
		return []string{"RRI", "I15", "RRI_I12"}
	}
	return []string{"ACK", h.Event, "ACK"}
}

// raw sets a field to bytes as they are.
func (s *Segment) raw(n int, b []byte) {
	i := s.index(n)
	s.grow(i)
	s.fields[i] = b
}

// err appends one ERR.
func (m *Message) err(e *Error, version string) {
	s := m.Append("ERR")
	code, text := strconv.Itoa(int(e.Code)), e.Code.Text()
	if version != "" && version < "2.5" {
		sep := string(m.Delimiters.Sub)
		at := append(e.At.parts()[:min(3, len(e.At.parts()))], "", "", "")[:3]
		s.Put(1, at...)
		s.fields[1] = append(append(s.fields[1], m.Delimiters.Component), code+sep+text+sep+"HL70357"...)
		return
	}
	s.Put(2, e.At.parts()...).Put(3, code, text, "HL70357").Put(4, cmp.Or(e.Severity, "E"))
	s.Put(8, e.words())
}
