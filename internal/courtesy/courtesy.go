// Package courtesy lets long work step back while somebody waits for an answer:
// a night of a million lines and a question at the desk share the same processors.
// It must not know what the work is, nor who asks.
package courtesy

import (
	"runtime"
	"sync/atomic"
	"time"
)

// Desk counts the requests in hand. Its zero value is ready; all methods are safe
// for concurrent use.
type Desk struct {
	inHand atomic.Int64
	came   atomic.Int64 // when somebody came last, in nanoseconds since the epoch
	rested atomic.Int64 // when work went on last, in nanoseconds since the epoch
}

// Enter counts a request until leave is called.
func (d *Desk) Enter() (leave func()) {
	d.inHand.Add(1)
	d.came.Store(time.Now().UnixNano())
	return func() { d.inHand.Add(-1) }
}

// moment is how long a desk counts as busy after somebody came.
const moment = time.Second

// Busy says that requests are in hand or came a moment ago.
func (d *Desk) Busy() bool {
	return d.inHand.Load() > 0 || time.Since(time.Unix(0, d.came.Load())) < moment
}

// Rests of long work: it looks every glance whether the desk is free, and goes on
// after longest at the most.
const (
	glance  = 100 * time.Microsecond
	longest = 5 * time.Millisecond
)

// Yield is called by long work some thousand times a second. While requests are
// in hand it rests, but never longer than it has worked since its last rest: the
// busiest desk costs a night half of its speed, not its end.
func (d *Desk) Yield() {
	runtime.Gosched()
	if d.inHand.Load() == 0 {
		return
	}
	now := time.Now()
	until := now.Add(min(now.Sub(time.Unix(0, d.rested.Load())), longest))
	for d.inHand.Load() > 0 && time.Now().Before(until) {
		time.Sleep(glance)
	}
	d.rested.Store(time.Now().UnixNano())
}
