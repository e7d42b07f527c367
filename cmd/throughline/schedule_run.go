package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/jobs"
	"github.com/throughline/throughline/store"
)

// runNow gives a schedule a slot for this minute that nobody holds: the next look
// of any instance runs it, once, like every other slot.
func (a *App) runNow(ctx context.Context, name, reason, who string) (slot string, err error) {
	s, err := a.schedule(name)
	if err != nil {
		return "", err
	}
	times, err := jobs.ParseCalendar(s.Cron, s.Zone)
	if err != nil {
		return "", err
	}
	slot = times.Now(time.Now()).String()
	n, err := a.Store.ClaimSlot(ctx, name, slot, who, 0)
	if err == nil && n == 0 {
		return "", gateway.Faultf("schedule", gateway.Conflict, fhir.Issue{Code: "conflict", Found: "a run of this minute", Fix: "wait for it, or try again in a minute"})
	}
	if err != nil {
		return "", err
	}
	if a.ring != nil {
		a.ring()
	}
	return slot, a.Store.Audit(ctx, store.Look{At: time.Now(), Partner: gateway.PartnerID(who), Action: "run now", Type: "schedule", ID: name, Outcome: auditSuccess, Detail: reason})
}

func (c *cli) scheduleRunVerb() *cobra.Command {
	var reason, who string
	var wait bool
	v := &cobra.Command{
		Use: "run NAME", Short: "Run a schedule's job now, once, whatever the number of instances", Args: args(1, 1, "the name of one schedule"),
		RunE: func(cmd *cobra.Command, got []string) error {
			if reason == "" {
				return usage("no reason", "say why with --reason; it is kept in the audit trail")
			}
			return c.withData(cmd.Context(), func(ctx context.Context, a *App) error {
				slot, err := a.runNow(ctx, got[0], reason, who)
				if err != nil {
					return err
				}
				fmt.Fprintf(c.errs, "%s: slot %s is due now\n", got[0], slot)
				if c.app == nil { // no server holds this data: it is run here
					return c.runHere(ctx, a, got[0], slot)
				}
				if !wait {
					return nil
				}
				return c.follow(ctx, a, got[0], slot)
			})
		},
	}
	v.Flags().StringVar(&reason, "reason", "", "why; kept in the audit trail")
	v.Flags().StringVar(&who, "who", "operator", "who asks; kept in the audit trail")
	v.Flags().BoolVar(&wait, "wait", false, "wait for the result, and tell how far it has come")
	return v
}

// runHere lets this process be the instance that rings one schedule.
func (c *cli) runHere(ctx context.Context, a *App, name, slot string) error {
	clock, err := a.clock()
	if err != nil {
		return err
	}
	for _, s := range clock.Schedules {
		if s.Name == name {
			clock.Schedules = []jobs.Schedule{s}
			break
		}
	}
	clock.Sweep(ctx)
	clock.Wait()
	return c.follow(ctx, a, name, slot)
}

// slotEvery is how often a run is looked at.
const slotEvery = 500 * time.Millisecond

// follow waits until a slot is over.
func (c *cli) follow(ctx context.Context, a *App, name, slot string) error {
	bar := c.progress(name)
	defer bar.end()
	tick := time.NewTicker(slotEvery)
	defer tick.Stop()
	for {
		r, err := a.slotRun(ctx, name, slot)
		if err != nil {
			return err
		}
		switch state := runState(r, a.Store.Now()); {
		case state == "done":
			fmt.Fprintf(c.out, "%s after %s: %s\n", state, tookOf(r), r.Result)
			return nil
		case state == "failed", state == "waiting" && r.Result != "":
			return &failure{code: exitFault, text: name + ": " + r.Result, todo: "mend the cause; a run that can still be tried again is, by itself, while a server runs"}
		case r.Progress != nil && r.Progress.Total > 0:
			bar.at(r.Progress.Done, r.Progress.Total)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}

func (a *App) slotRun(ctx context.Context, name, slot string) (*store.SlotRun, error) {
	runs, err := a.Store.SlotRuns(ctx, name, 100)
	for i := range runs {
		if runs[i].Slot == slot {
			return &runs[i], nil
		}
	}
	return nil, errors.Join(err, &failure{code: exitFault, text: "the run of " + slot + " is gone", todo: "see throughline schedule show " + name})
}
