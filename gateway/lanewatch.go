package gateway

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"
)

// LaneList is the store as LaneWatch needs it.
type LaneList interface {
	Lanes(ctx context.Context, f LaneFilter, p Paging) (page []LaneStatus, next string, err error)
}

// LaneWatch tells when a lane stops: one line in the log, a note on the page of
// readiness, a number for the metrics, all within two Every (protocol.md R12).
type LaneWatch struct {
	Lanes LaneList
	Every time.Duration // 0 = 15 s
	Log   *slog.Logger

	mu      sync.Mutex
	stopped map[Lane]DeliveryID
}

// maxStopped bounds how many stopped lanes are told apart.
const maxStopped = 10000

// Run looks until ctx ends.
func (w *LaneWatch) Run(ctx context.Context) error {
	tick := time.NewTicker(cmp.Or(w.Every, 15*time.Second))
	defer tick.Stop()
	for {
		if err := w.Look(ctx); err != nil && ctx.Err() == nil {
			w.Log.Error("lanes cannot be looked at", "op", "lanewatch", "code", FaultOf(err).Code, "error", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// Look finds the lanes that are stopped now, and tells of those that were not
// before.
func (w *LaneWatch) Look(ctx context.Context) error {
	now := map[Lane]DeliveryID{}
	var fresh []LaneStatus
	for after, more := "", true; more && len(now) < maxStopped; more = after != "" {
		page, next, err := w.Lanes.Lanes(ctx, LaneFilter{State: LaneStopped}, Paging{After: after, Limit: 1000})
		if err != nil {
			return err
		}
		for _, l := range page {
			if now[l.Lane] = l.Head; w.Stopped(l.Lane) != l.Head {
				fresh = append(fresh, l)
			}
		}
		after = next
	}
	w.mu.Lock()
	w.stopped = now
	w.mu.Unlock()
	for i := range fresh {
		l := &fresh[i]
		cause, _ := l.Cause()
		w.Log.Error("a lane has stopped", "op", "lanewatch", "partner", l.Partner, "lane", l.Subject, "delivery", l.Head, "message", l.Message,
			"code", l.Code, "owner", cause.Owner, "waiting", l.Waiting)
	}
	return nil
}

// Stopped is the delivery that stops a lane, as of the last look; empty = it
// goes on.
func (w *LaneWatch) Stopped(l Lane) DeliveryID {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.stopped[l]
}

// Counts is how many lanes of each partner are stopped.
func (w *LaneWatch) Counts() map[PartnerID]int {
	w.mu.Lock()
	defer w.mu.Unlock()
	out := map[PartnerID]int{}
	for l := range w.stopped {
		out[l.Partner]++
	}
	return out
}

// Note says how many lanes are stopped, and whose; empty when none is.
func (w *LaneWatch) Note() string {
	counts := w.Counts()
	words := make([]string, 0, len(counts))
	total := 0
	for _, p := range slices.Sorted(maps.Keys(counts)) {
		words = append(words, fmt.Sprintf("%s %d", p, counts[p]))
		total += counts[p]
	}
	if total == 0 {
		return ""
	}
	return fmt.Sprintf("%d stopped lanes wait for a person: %s; see throughline lane list --state stopped", total, strings.Join(words, ", "))
}
