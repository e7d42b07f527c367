package gateway

import "time"

// LaneState says in one word what a lane does.
type LaneState string

// The states of a lane that is not empty.
const (
	LaneSending  LaneState = "sending"  // a worker has it
	LaneReady    LaneState = "ready"    // waits for a worker
	LaneRetry    LaneState = "retry"    // its head failed and is tried again later
	LaneAwaiting LaneState = "awaiting" // its head was sent, its acknowledgement is due
	LaneStopped  LaneState = "stopped"  // its head waits for a person
)

// LaneFilter selects lanes; empty fields select all.
type LaneFilter struct {
	Partner PartnerID
	Subject string
	State   LaneState
}

// LaneStatus is a lane as its operator sees it. Subject is our own key of a
// child and says nothing to anybody else.
type LaneStatus struct {
	Lane
	State    LaneState
	Waiting  int // deliveries that are not done, the head included
	Parked   int // of them, those that wait for a person
	Oldest   time.Time
	Head     DeliveryID
	Message  MessageID // of the head
	Attempts int
	Code     Code   // of the head's last fault; empty = none
	Fault    string // its words; never a body
	FirstAt  time.Time
	NextAt   time.Time // zero unless State is retry or awaiting
}

// Cause explains why the lane does not go on; false when nothing is wrong.
func (l *LaneStatus) Cause() (Cause, bool) {
	if l.Code == "" || l.State != LaneStopped && l.State != LaneRetry {
		return Cause{}, false
	}
	return DeliveryCause(l.Code), true
}

// GivesUp is when the head stops being tried again and waits for a person.
func (l *LaneStatus) GivesUp() time.Time {
	if l.State != LaneRetry || l.FirstAt.IsZero() {
		return time.Time{}
	}
	return l.FirstAt.Add(RetryFor)
}

// Rung is one step of the retry ladder.
type Rung struct {
	Try  int           // the try that failed before it
	Wait time.Duration // the longest wait after it; jitter takes up to half of it
}

// Ladder is how long a delivery waits between its tries, up to the step that
// repeats until RetryFor after the first try (protocol.md R10).
func Ladder() []Rung {
	var out []Rung
	for wait, try := firstRetry, 1; ; wait, try = wait*2, try+1 {
		out = append(out, Rung{try, min(wait, lastRetry)})
		if wait >= lastRetry {
			return out
		}
	}
}
