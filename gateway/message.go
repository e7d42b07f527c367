package gateway

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"time"

	"github.com/throughline/throughline/fhir/search"
)

// MessageID names one accepted message.
type MessageID string

// PartnerID names one organization that sends, asks or receives.
type PartnerID string

// Kind says what a message carries: "fhir/CarePlan", "fhir/transaction",
// "json/care_plan", "csv/service", later "hl7v2/REF^I12", "x12/278".
type Kind string

// Message is what a partner sent, exactly as it was received.
type Message struct {
	ID       MessageID
	Partner  PartnerID
	Channel  string // the door: "fhir", "messages", "import"
	Kind     Kind
	Key      string // identity of the message at this door; empty = no repeat is possible (protocol.md, msg_key)
	Received time.Time
	Body     []byte // never changed, never logged
	Ask      *Ask   // the FHIR interaction, nil for messages that are mapped
	Origin   string // file and row it was split from, "upload.csv row 12"; empty otherwise
	Test     bool   // test traffic: it belongs into the world of tests, never into live data
	Erased   bool   // its bytes were erased when their time was over; Body is empty
	Pin      string // mapping version to use on replay; empty = the newest
}

// Interaction is a FHIR interaction that changes something
// (http://hl7.org/fhir/R4/http.html).
type Interaction string

// The interactions of the FHIR door.
const (
	AskCreate      Interaction = "create"
	AskUpdate      Interaction = "update"
	AskDelete      Interaction = "delete"
	AskTransaction Interaction = "transaction"
)

// Ask is what a caller of the FHIR door wants done with the body.
type Ask struct {
	Interaction Interaction
	Type        string
	ID          string
	IfMatch     int64         // version the caller has seen; 0 = not stated
	Where       *search.Query // If-None-Exist, or the criteria of a conditional update or delete
	Prefer      string        // minimal, representation, OperationOutcome; empty = representation
}

// Sum is the SHA-256 over what makes two messages of one key the same:
// interaction, target, conditions and body.
func (m *Message) Sum() string {
	h := sha256.New()
	if m.Ask != nil {
		where := ""
		if m.Ask.Where != nil {
			where = m.Ask.Where.Values().Encode()
		}
		for _, s := range []string{string(m.Ask.Interaction), m.Ask.Type, m.Ask.ID, strconv.FormatInt(m.Ask.IfMatch, 10), where} {
			h.Write([]byte(s))
			h.Write([]byte{0})
		}
	}
	h.Write(m.Body)
	return hex.EncodeToString(h.Sum(nil))
}
