package gateway

import (
	"context"
	"time"
)

// JobID names one replay.
type JobID string

// JobState says what becomes of a replay.
type JobState string

// The states of a replay. Running and Paused can still change.
const (
	JobRunning JobState = "running"
	JobPaused  JobState = "paused"
	JobDone    JobState = "done"
	JobAborted JobState = "aborted"
)

// JobKind says what a replay sends on its way again.
type JobKind string

// Messages go through the mapping again, parked deliveries to their partner.
const (
	JobMessages   JobKind = "messages"
	JobDeliveries JobKind = "deliveries"
)

// Job is a replay that a person asked for. It is a row of the store: it survives
// a restart, and any instance goes on with it.
type Job struct {
	ID         JobID
	Kind       JobKind
	Messages   MessageFilter
	Deliveries DeliveryFilter
	Reason     string
	Who        string
	Pin        string // mapping version to use; empty = the newest
	PerSec     int    // at most so many a second; 0 = no limit
	State      JobState
	Total      int // selected when it was asked for
	Done       int // of them; Applied + Held + Failed
	Applied    int
	Held       int // still not right: they stay held, with today's cause
	Failed     int
	Place      string // how far it has come
	Created    time.Time
	Updated    time.Time
	Finished   time.Time
}

// Open says whether it can still change.
func (j *Job) Open() bool { return j.State == JobRunning || j.State == JobPaused }

// order is the job as Replay knows it.
func (j *Job) order() Order {
	return Order{Reason: j.Reason, Who: j.Who, Pin: j.Pin, PerSec: j.PerSec}
}

// Jobs is the store as ReplayRun needs it.
type Jobs interface {
	// NextJob is the oldest replay that is running; nil when there is none.
	NextJob(ctx context.Context) (*Job, error)
	// Progress records one outcome and the place behind it; ErrFenced when the
	// job is paused or aborted, or another worker has come further.
	Progress(ctx context.Context, j *Job, out Outcome) error
	// FinishJob closes it as done; ErrFenced as above.
	FinishJob(ctx context.Context, j *Job) error
}

// TopicReplay is the hint that a replay waits.
const TopicReplay = "replay"
