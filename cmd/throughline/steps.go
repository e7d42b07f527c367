package main

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/throughline/throughline/api/console"
	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/mappings"
)

// withSteps adds what follows from decisions against the child: notices, windows
// and appeals, as of now.
func (a *App) withSteps(ctx context.Context, r *console.Request, now time.Time) error {
	f, err := a.filingsAbout(ctx, r, now)
	if err != nil {
		return err
	}
	r.Filings = f
	r.Steps = a.Config.Clocks.Notices(r.A, r.Clocks, f, a.zoneOf(r.A.Payer), now)
	for i := range r.Steps {
		r.Events = append(r.Events, eventOf(&r.Steps[i], now))
	}
	for i := range f.Notices {
		n := &f.Notices[i]
		if !slices.ContainsFunc(r.Steps, func(s gateway.Notice) bool { return s.Record == n.ID }) {
			r.Events = append(r.Events, console.Event{What: "notice of " + n.Action, Item: n.About.Item, At: n.Sent, State: "met", Text: byWhom(n.Reason, n.Reviewer, n.Credential)})
		}
	}
	return nil
}

// filingsAbout are the notices and appeals about a request; none are looked for
// where nothing was cut or late.
func (a *App) filingsAbout(ctx context.Context, r *console.Request, now time.Time) (gateway.Filings, error) {
	late := func(c gateway.Clock) bool { return c.State(now) == gateway.Late || c.State(now) == gateway.Missed }
	if !r.A.EverCut() && !slices.ContainsFunc(r.Clocks, late) {
		r.Filed = math.MaxInt64 // whatever is filed is about another decision
		return gateway.Filings{}, nil
	}
	records, err := a.Store.FilingsAbout(ctx, r.A.ID)
	for i := range records {
		r.Filed = max(r.Filed, records[i].Known)
	}
	f := mappings.Filings(records, a.partner)
	return f.Of(r.A), err
}

// stepsOf is a look at the steps of a request, for the clock job.
func (a *App) stepsOf(ctx context.Context, auth *gateway.Authorization) (*gateway.StepLook, error) {
	r, err := a.withClocks(ctx, auth)
	if err != nil {
		return nil, err
	}
	return &gateway.StepLook{Filed: r.Filed, Steps: r.Steps}, nil
}

// eventOf words a step.
func eventOf(n *gateway.Notice, now time.Time) console.Event {
	out := console.Event{What: string(n.Kind), Item: n.Item, Appeal: n.Appeal, On: string(n.On), At: n.At, Due: n.Due, Done: n.Done, State: string(n.State(now)),
		Outcome: n.Outcome, Text: byWhom(n.Reason, n.Reviewer, n.Credential), Late: n.Flagged(now) || n.Kind == gateway.LateDenial && n.Done.IsZero()}
	if n.Missing {
		out.Text = strings.TrimSpace(out.Text + " The notice lacks a reason, reviewer or credential.")
	}
	return out
}

func byWhom(reason, reviewer, credential string) string {
	if reviewer == "" {
		return reason
	}
	return strings.TrimSpace(fmt.Sprintf("%s (%s, %s)", reason, reviewer, credential))
}
