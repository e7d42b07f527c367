package gateway

import (
	"context"
	"time"

	"github.com/throughline/throughline/fhir"
)

// Mapping turns a message into resources and facts. Pure: no I/O, no clock.
type Mapping func(m *Message, p *Partner) (*Mapped, error)

// Rendering turns resources into what a partner's wire carries. Pure.
type Rendering func(d *Delivery, p *Partner) (*Parcel, error)

// Receiver is what every inbound edge calls.
type Receiver func(ctx context.Context, m *Message) (*Receipt, error)

// Service runs until ctx ends and returns after all it started has ended.
type Service interface {
	Run(ctx context.Context) error
}

// Deduper remembers which keys were accepted. It can neither fail nor decide:
// a hit leads to a primary-key read, a miss to the unique index.
type Deduper interface {
	Recall(ctx context.Context, p PartnerID, key string) (MessageID, bool)
	Remember(ctx context.Context, p PartnerID, key string, id MessageID)
}

// Ledger is the store as the way in needs it.
type Ledger interface {
	// Commit writes the receipt in one transaction and returns it with its
	// effects and answer; a repeat returns the first receipt.
	Commit(ctx context.Context, r *Receipt) (*Receipt, error)
	// Recall reads the receipt of a message with the same key at the same door:
	// nil when there is none, a Conflict fault when its content was another.
	Recall(ctx context.Context, m *Message) (*Receipt, error)
	// Message reads a stored message and its receipt by id.
	Message(ctx context.Context, id MessageID) (*Receipt, error)
	// Recommit applies a held or changed message again, compare-and-set on its generation.
	Recommit(ctx context.Context, r *Receipt) (*Receipt, error)
}

// Lane is one partner's queue for one child: order is kept inside it only.
type Lane struct {
	Partner PartnerID
	Subject string // person key; "-" for no child
}

// DeliveryID names one parcel on its way.
type DeliveryID string

// Delivery is one receipt x child x destination.
type Delivery struct {
	ID        DeliveryID
	Message   MessageID
	Lane      Lane
	Key       string // idempotency key: same content, same key on every try
	Items     []Item
	Attempts  int
	FirstAt   time.Time
	Lease     string           // token of the holder
	Resends   int              // how often it was sent anew because no acknowledgement came
	Overdue   bool             // it was sent, and its acknowledgement did not come in time
	Resources []*fhir.Resource // beside Items, nil for a deletion; Head drops what the destination may not have from both
	Context   []*fhir.Resource // what Resources refer to and the destination may have, for wires that ask for it (Wire.Context)
}

// Item names the version of a resource that a delivery carries.
type Item struct {
	Type    string
	ID      string
	Version int64
	Verb    Verb
}

// Parcel is what a Sender puts on the wire.
type Parcel struct {
	Delivery DeliveryID
	Key      string
	Kind     string // "fhir" or "webhook"
	Method   string
	Path     string
	Header   map[string]string
	Body     []byte

	Items     []Item           // what Body is made of, for senders that adapt it to their receiver
	Resources []*fhir.Resource // beside Items, nil for a deletion
	Learned   Learned          // what Send found out; it is kept with the attempt
}

// Learned is what a receiver calls the resources of a parcel, and what it has
// that is not ours to overwrite.
type Learned struct {
	Remotes []Remote
	Clashes []Clash
}

// Remote is what a receiver calls a resource of ours, and which version it has.
type Remote struct {
	Ours    fhir.Ref
	Theirs  fhir.Ref
	Version string // its version id; empty = it tells none
	Sent    int64  // our version that it was made of
	Merged  bool   // it holds changes of its own: read before writing
	Settled string // their version over which a person let ours win; empty = none
}

// Clash is a resource that both sides changed in the same elements: a person
// decides (delivery_conflict in the store).
type Clash struct {
	Remote            // Sent: the version both sides started from
	Tried    int64    // our version that was to be sent
	Elements []string // the elements, without their content
	Content  []byte   // their version as it was read
}

// Sender puts parcels on one partner's wire; remote is the receiver's own id.
type Sender interface {
	Send(ctx context.Context, p *Parcel) (remote string, err error)
}

// Awaiter is a Sender whose partner acknowledges later what was sent: how long
// that may take for a parcel, 0 when Send has had the last word.
type Awaiter interface {
	Awaits(p *Parcel) time.Duration
}

// Attempt is the outcome of one try.
type Attempt struct {
	At      time.Time
	Remote  string
	Fault   *Fault    // nil = delivered
	Next    time.Time // when to try again; zero with a Fault = parked for a person
	Skipped bool      // nothing was left to send
	Awaits  time.Time // sent; delivered once the partner's acknowledgement comes, which is due then
	Resend  bool      // with a Fault: no acknowledgement came, send it anew at once
	Learned Learned
}
