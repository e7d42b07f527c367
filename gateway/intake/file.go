package intake

import (
	"crypto/sha256"
	"encoding/hex"
	"time"

	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
)

// Channel is the door of every message that came in a file, by whatever wire:
// the same file by two wires is one file.
const Channel = "files"

// State of a file.
type State string

// Open: being read. Done: every unit has its outcome. Quarantined: not taken
// in as a whole, kept with its cause for a person.
const (
	Open        State = "open"
	Done        State = "done"
	Quarantined State = "quarantined"
)

// Status is what became of one unit of a file.
type Status string

// Accepted and held units are in the ledger of messages; repeated ones were
// there before; acknowledged ones are answers to what we sent.
const (
	Accepted     Status = "accepted"
	Repeated     Status = "repeated"
	Held         Status = "held"
	Rejected     Status = "rejected"
	Acknowledged Status = "acknowledged"
)

// File is one file a partner sent.
type File struct {
	ID       string
	Partner  gateway.PartnerID
	Door     string // how it came: "folder", "sftp", "http"
	Name     string // as the sender called it
	Kind     gateway.Kind
	SHA256   string
	Size     int64
	State    State
	Cause    string // why it is quarantined; no personal data
	Counts   Counts
	Received time.Time
	Finished time.Time
	Repeat   bool // it was taken in before; nothing was done now
}

// Counts of the units of a file.
type Counts struct {
	Units, Accepted, Repeated, Held, Rejected, Acknowledged int64
}

// add counts one outcome.
func (c *Counts) add(s Status) {
	c.Units++
	switch s {
	case Accepted:
		c.Accepted++
	case Repeated:
		c.Repeated++
	case Held:
		c.Held++
	case Rejected:
		c.Rejected++
	case Acknowledged:
		c.Acknowledged++
	}
}

// Unit is one message of a file, as a format cuts it out.
type Unit struct {
	Place     string       // in the sender's words: "row 12"
	Kind      gateway.Kind // "csv/service"
	Key       string       // identity of the message; empty = hash of the file and Place
	Body      []byte
	Issues    fhir.Issues // errors: it is no message
	Broken    string      // it makes the rest of the file unreadable: the cause
	Test      bool        // test traffic
	Exchange  string      // interchange it belongs to: one content for each name
	Ack       *Word       // it is an acknowledgement of what we sent
	NoMessage bool        // it says nothing that changes anything

	Shut   func()        // the interchange is refused as a duplicate; may be nil
	Settle func(Outcome) // what became of it, for the acknowledgement; may be nil
}

// Word is a partner's word on an interchange of ours.
type Word struct {
	Number int64          // our control number
	Fault  *gateway.Fault // nil = accepted
}

// Outcome is what became of one unit.
type Outcome struct {
	No      int64 // from 1
	Place   string
	Status  Status
	Message gateway.MessageID
	Issues  fhir.Issues
	Raw     []byte // of rejected units
}

// idOf names a file by who sent it, what it is and what it holds.
func idOf(f *File) string {
	sum := sha256.Sum256([]byte(string(f.Partner) + "\x00" + string(f.Kind) + "\x00" + f.SHA256))
	return "f" + hex.EncodeToString(sum[:12])
}
