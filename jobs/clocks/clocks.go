// Package clocks looks at the decision clocks of prior authorizations: which ran
// out, which are near their end, how long what is pended has waited. It keeps
// what it found and tells of every change once. It must not know how requests
// are decided or sent.
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

// Deps is all the job needs.
type Deps struct {
	Store Store
	Table gateway.ClockTable
	Zone  func(gateway.PartnerID) *time.Location // of a payer's calendar
	Log   *slog.Logger
}

// Summary counts what a look found.
type Summary struct {
	Looked  int
	Changed map[gateway.ClockState]int // clocks that came into a state since the last look
}

// String is the result of a slot.
func (s Summary) String() string {
	return fmt.Sprintf("%d requests looked at; now %d near their end, %d late, %d decided in time, %d decided too late",
		s.Looked, s.Changed[gateway.Warning], s.Changed[gateway.Late], s.Changed[gateway.Met], s.Changed[gateway.Missed])
}

// page is how many authorizations are read at once.
const page = 200

// Run looks at every clock that may have changed. It can begin again anywhere.
func Run(ctx context.Context, d Deps, now time.Time) (Summary, error) {
	sum := Summary{Changed: map[gateway.ClockState]int{}}
	for after := ""; ; {
		list, err := d.Store.StaleClocks(ctx, after, page)
		if err != nil || len(list) == 0 {
			return sum, err
		}
		for i := range list {
			if err := d.look(ctx, &list[i], now, &sum); err != nil {
				return sum, err
			}
		}
		after = list[len(list)-1].ID
	}
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
