package jobs

import (
	"sync"
	"time"

	"github.com/throughline/throughline/gateway"
)

// watched is a job at work, as far as it has told. It may tell from several
// goroutines; reports may overtake each other, and the farthest counts.
type watched struct {
	now func() time.Time

	mu    sync.Mutex
	p     gateway.Progress
	fresh bool // nobody has read it yet
}

// tell takes a report in. The first of a step says where it began.
func (w *watched) tell(p gateway.Progress) {
	w.mu.Lock()
	defer w.mu.Unlock()
	now := w.now()
	if w.p.Since.IsZero() || p.Step != w.p.Step {
		p.From, p.Since = p.Done, now
	} else {
		p.From, p.Since = w.p.From, w.p.Since
		p.Done, p.Rows = max(p.Done, w.p.Done), max(p.Rows, w.p.Rows)
	}
	p.At = now
	w.p, w.fresh = p, true
}

// news is how far it has come, if that was not read before; else nil.
func (w *watched) news() *gateway.Progress {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.fresh {
		return nil
	}
	w.fresh = false
	p := w.p
	return &p
}
