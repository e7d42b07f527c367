// Package clocks looks at the decision clocks of prior authorizations, and at the
// steps that follow from decisions against children: notices, appeals, hearings.
// Which ran out, which are near their end. It keeps what it found and tells of
// every change once. It must not know how requests are decided or sent.
package clocks

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/throughline/throughline/gateway"
)

// Store keeps the clocks.
type Store interface {
	StaleClocks(ctx context.Context, after string, limit int) ([]gateway.Authorization, error)
	ReceivedByPayer(ctx context.Context, a *gateway.Authorization) (map[gateway.MessageID]time.Time, error)
	PutClocks(ctx context.Context, a *gateway.Authorization, clocks []gateway.Clock, now time.Time) (changed []gateway.Clock, err error)
}

// StepStore keeps the steps.
type StepStore interface {
	StaleSteps(ctx context.Context, after string, limit int) ([]gateway.Authorization, error)
	PutSteps(ctx context.Context, a *gateway.Authorization, look *gateway.StepLook, now time.Time) (changed []gateway.Notice, err error)
}

// Deps is all the job needs.
type Deps struct {
	Store Store
	Kept  StepStore
	Steps func(ctx context.Context, a *gateway.Authorization) (*gateway.StepLook, error) // of one request, as of now
	Table gateway.ClockTable
	Zone  func(gateway.PartnerID) *time.Location // of a payer's calendar
	Log   *slog.Logger
}

// Summary counts what a look found.
type Summary struct {
	Looked  int
	Changed map[gateway.ClockState]int // clocks that came into a state since the last look
	Steps   map[gateway.ClockState]int // steps that did
}

// String is the result of a slot.
func (s Summary) String() string {
	return fmt.Sprintf("%d requests looked at; now %d near their end, %d late, %d decided in time, %d decided too late; of notices and appeals %d near their end, %d late, %d done in time, %d done too late",
		s.Looked, s.Changed[gateway.Warning], s.Changed[gateway.Late], s.Changed[gateway.Met], s.Changed[gateway.Missed],
		s.Steps[gateway.Warning], s.Steps[gateway.Late], s.Steps[gateway.Met], s.Steps[gateway.Missed])
}

// page is how many authorizations are read at once.
const page = 200

// Run looks at every clock and step that may have changed. It can begin again
// anywhere.
func Run(ctx context.Context, d Deps, now time.Time) (Summary, error) {
	sum := Summary{Changed: map[gateway.ClockState]int{}, Steps: map[gateway.ClockState]int{}}
	err := each(ctx, d.Store.StaleClocks, func(a *gateway.Authorization) error { return d.look(ctx, a, now, &sum) })
	if err != nil || d.Kept == nil {
		return sum, err
	}
	return sum, each(ctx, d.Kept.StaleSteps, func(a *gateway.Authorization) error { return d.step(ctx, a, now, &sum) })
}

// each reads page by page.
func each(ctx context.Context, read func(ctx context.Context, after string, limit int) ([]gateway.Authorization, error), f func(*gateway.Authorization) error) error {
	for after := ""; ; {
		list, err := read(ctx, after, page)
		if err != nil || len(list) == 0 {
			return err
		}
		for i := range list {
			if err := f(&list[i]); err != nil {
				return err
			}
		}
		after = list[len(list)-1].ID
	}
}

func (d *Deps) step(ctx context.Context, a *gateway.Authorization, now time.Time, sum *Summary) error {
	look, err := d.Steps(ctx, a)
	if err != nil {
		return err
	}
	changed, err := d.Kept.PutSteps(ctx, a, look, now)
	if err != nil {
		return err
	}
	for i := range changed {
		n := &changed[i]
		sum.Steps[n.State(now)]++
		if n.Flagged(now) {
			d.Log.Warn("a step after a decision is late or incomplete", "op", "clocks", "partner", string(a.Payer), "authorization", a.ID, "step", n.Key(), "state", string(n.State(now)), "due", n.Due)
		}
	}
	return nil
}

func (d *Deps) look(ctx context.Context, a *gateway.Authorization, now time.Time, sum *Summary) error {
	received, err := d.Store.ReceivedByPayer(ctx, a)
	if err != nil {
		return err
	}
	clocks := d.Table.Clocks(a, d.Zone(a.Payer), func(m gateway.MessageID) time.Time { return received[m] })
	changed, err := d.Store.PutClocks(ctx, a, clocks, now)
	if err != nil {
		return err
	}
	sum.Looked++
	for i := range changed {
		c := &changed[i]
		sum.Changed[c.State(now)]++
		if s := c.State(now); s == gateway.Late || s == gateway.Warning {
			d.Log.Warn("a decision is due", "op", "clocks", "partner", string(a.Payer), "authorization", a.ID, "state", string(s), "due", c.Due)
		}
	}
	return nil
}
