package clocks_test

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/jobs/clocks"
)

// memory keeps what people were told, as the store's table does.
type memory struct {
	list []gateway.Authorization
	told map[string]gateway.ClockState
}

func (m *memory) StaleClocks(_ context.Context, after string, _ int) (out []gateway.Authorization, err error) {
	for _, a := range m.list {
		if a.ID > after {
			out = append(out, a)
		}
	}
	return out, nil
}

func (m *memory) ReceivedByPayer(context.Context, *gateway.Authorization) (map[gateway.MessageID]time.Time, error) {
	return nil, nil
}

func (m *memory) PutClocks(_ context.Context, a *gateway.Authorization, list []gateway.Clock, now time.Time) (changed []gateway.Clock, err error) {
	for _, c := range list {
		if s := c.State(now); m.told[a.ID] != s {
			m.told[a.ID] = s
			changed = append(changed, c)
		}
	}
	return changed, nil
}

// TestLateIsToldOnce: a look that finds what the last one found tells nothing.
func TestLateIsToldOnce(t *testing.T) {
	start := time.Date(2026, 5, 4, 9, 0, 0, 0, time.UTC)
	request := func(id string, urgent bool) gateway.Authorization {
		return gateway.Authorization{ID: id, Payer: "mco", Revisions: []gateway.Revision{{At: start, Urgent: urgent}}, Items: []gateway.AuthItem{{Sequence: 1, Revision: 1}}}
	}
	m := &memory{list: []gateway.Authorization{request("a", false), request("b", true)}, told: map[string]gateway.ClockState{}}
	d := clocks.Deps{Store: m, Table: gateway.DefaultClocks(), Zone: func(gateway.PartnerID) *time.Location { return time.UTC }, Log: slog.New(slog.DiscardHandler)}
	for _, c := range []struct {
		after              time.Duration
		onTime, near, late int
	}{{time.Hour, 2, 0, 0}, {2 * time.Hour, 0, 0, 0}, {60 * time.Hour, 0, 1, 0}, {73 * time.Hour, 0, 0, 1}, {6 * 24 * time.Hour, 0, 1, 0}, {8 * 24 * time.Hour, 0, 0, 1}, {9 * 24 * time.Hour, 0, 0, 0}} {
		sum, err := clocks.Run(t.Context(), d, start.Add(c.after))
		if err != nil || sum.Looked != 2 {
			t.Fatal(sum, err)
		}
		if n := sum.Changed; n[gateway.OnTime] != c.onTime || n[gateway.Warning] != c.near || n[gateway.Late] != c.late {
			t.Errorf("after %s: %v", c.after, n)
		}
	}
}
