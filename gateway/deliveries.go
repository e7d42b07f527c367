package gateway

import (
	"fmt"
	"time"
)

// DeliveryFilter selects deliveries; empty fields select all.
type DeliveryFilter struct {
	ID      DeliveryID
	Partner PartnerID
	Subject string
	Message MessageID
	State   string // ready, awaiting, parked, delivered, skipped; "open" = the first three
}

// Paging is the place and size of a page.
type Paging struct {
	After string // cursor of the last page; empty = from the start
	Limit int    // 0 = 50
	Back  bool   // newest first, where a list can
}

// Size is the page size in its bounds.
func (p Paging) Size() int {
	if p.Limit <= 0 {
		return 50
	}
	return min(p.Limit, 1000)
}

// DeliveryStatus is a delivery as its operator sees it.
type DeliveryStatus struct {
	Delivery
	State     string
	Remote    string // the receiver's own id or version, when it said one
	Code      Code   // of the last fault
	Fault     string // code and cause of the last failure; never a body
	BlockedBy DeliveryID
	QueuedAt  time.Time
	NextAt    time.Time
	DoneAt    time.Time
}

// Cursor is the place of the delivery in a list: Paging.After behind it.
func (d *DeliveryStatus) Cursor() string { return fmt.Sprintf("%d.%s", d.QueuedAt.UnixMicro(), d.ID) }

// LaneCount is how much of a state waits for a partner.
type LaneCount struct {
	Partner PartnerID
	State   string
	N       int
	Oldest  time.Time
}

// Conflicted is a clash that waits for a person.
type Conflicted struct {
	Clash
	Delivery DeliveryID
	Partner  PartnerID
	State    string // open, ours, theirs
	Found    time.Time
}

// Quarantined is a message that came with a key of another: both bodies are kept.
type Quarantined struct {
	ID       MessageID
	First    MessageID // the message that has the key
	Partner  PartnerID
	Received time.Time
	Bytes    int
}
