package gateway

import "time"

// FeedLook is the last look at a feed of a partner: a type on its server, a pull
// in bulk, a folder. Who reads a feed keeps it with the feed's place, in the same
// JSON object, for people to see.
type FeedLook struct {
	Looked time.Time `json:"looked,omitzero"` // last look that was whole
	Tried  time.Time `json:"tried,omitzero"`  // last look that failed
	Fault  string    `json:"fault,omitempty"` // of Tried; empty = no look has failed since
	Found  int64     `json:"found,omitempty"` // what the last look has handed in: resources, files
}

// Failed takes a failure in.
func (l *FeedLook) Failed(at time.Time, err error) { l.Tried, l.Fault = at, FaultOf(err).Error() }

// PickupFeed is the name of the feed that a folder is.
func PickupFeed(path string) string { return "pickup/" + path }

// PollFeed is the name of the feed that a type of resources is.
func PollFeed(typ string) string { return "poll/" + typ }

// ExportFeed is the name of the feed of a pull in bulk.
const ExportFeed = "export"
