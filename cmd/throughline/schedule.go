package main

import (
	"context"
	"fmt"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/throughline/throughline/config"
	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/jobs"
	"github.com/throughline/throughline/jobs/clocks"
	"github.com/throughline/throughline/jobs/reconcile"
	"github.com/throughline/throughline/ledger"
	"github.com/throughline/throughline/store"
)

// clock rings the schedules of the configuration; nil when there are none.
func (a *App) clock() (gateway.Service, error) {
	s := &jobs.Service{Slots: a.Store, Holder: a.name, Now: time.Now, Log: a.Log}
	for _, c := range a.Config.Schedules {
		times, err := jobs.ParseCalendar(c.Cron, c.Zone)
		if err != nil {
			return nil, usage(err.Error(), "correct the schedule "+c.Name)
		}
		s.Schedules = append(s.Schedules, jobs.Schedule{Name: c.Name, Times: times, Missed: jobs.Missed(c.Missed), Job: a.jobOf(c.Job)})
	}
	if len(s.Schedules) == 0 {
		return nil, nil
	}
	return s, nil
}

// jobOf is the job of a name; config knows no other names.
func (a *App) jobOf(name string) jobs.Job {
	return map[string]jobs.Job{"reconcile": a.nightly, "increment": a.increment, "clocks": a.lookAtClocks, "compliance": a.comply, "retention": a.retain}[name]
}

// lookAtClocks flags decisions that are late or nearly so.
func (a *App) lookAtClocks(ctx context.Context, _ jobs.Slot) (string, error) {
	sum, err := clocks.Run(ctx, clocks.Deps{Store: a.Store, Kept: a.Store, Steps: a.stepsOf, Table: a.Config.Clocks, Zone: a.zoneOf, Log: a.Log}, time.Now())
	return sum.String(), err
}

// nightly reconciles the day before the slot and writes its files beside the
// data.
func (a *App) nightly(ctx context.Context, slot jobs.Slot) (string, error) {
	yesterday := slot.Date() - 1
	sum, err := reconcile.Run(ctx, a.reconcileDeps(), yesterday, reconcile.Options{})
	if err != nil {
		return "", err
	}
	run, err := a.Store.RunByID(ctx, sum.Run)
	if err != nil {
		return "", err
	}
	if _, err := reconcile.Export(ctx, a.reconcileDeps(), run, filepath.Join(a.Config.Store.DataDir, "reports", yesterday.String()), reconcile.ExportOptions{Excel: true}); err != nil {
		return "", err
	}
	return fmt.Sprintf("run %s as of %s: %d lines", sum.Run, sum.AsOf, sum.RowsOut), nil
}

// increment judges the children who have changed since the last full night, as of
// its date: the same answer as a whole night would give, sooner.
func (a *App) increment(ctx context.Context, _ jobs.Slot) (string, error) {
	last, err := a.Store.LastRun(ctx)
	if gateway.FaultOf(err).Code == gateway.NotFound {
		return "there is no night to build on yet", nil
	}
	if err != nil {
		return "", err
	}
	how := "changed children"
	sum, err := reconcile.Run(ctx, a.reconcileDeps(), last.AsOf, reconcile.Options{Since: ledger.SinceLast, Told: func(r *ledger.Run) {
		if r.Why != "" {
			how = "every child: " + r.Why
		}
	}})
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("run %s as of %s: %d lines, %s", sum.Run, sum.AsOf, sum.RowsOut, how), nil
}

// scheduleJSON is a schedule with its last and its next slot.
type scheduleJSON struct {
	Name     string `json:"name"`
	Job      string `json:"job"`
	Times    string `json:"times"`
	Zone     string `json:"zone"`
	Last     string `json:"last"` // wall clock of the zone; empty = never ran
	State    string `json:"state"`
	Result   string `json:"result"`
	Finished string `json:"finished"`
	Next     string `json:"next"`
}

func (c *cli) scheduleListVerb() *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List the schedules: last slot, result, next slot", Args: args(0, 0, "no arguments"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.withData(cmd.Context(), func(ctx context.Context, a *App) error {
				list := make([]scheduleJSON, 0, len(a.Config.Schedules))
				for _, s := range a.Config.Schedules {
					one, err := a.shownSchedule(ctx, s)
					if err != nil {
						return err
					}
					list = append(list, one)
				}
				return show(c, list, "no schedules are configured", []string{"NAME", "TIMES", "ZONE", "LAST", "STATE", "NEXT", "RESULT"}, func(s scheduleJSON) []string {
					return []string{s.Name, s.Times, s.Zone, s.Last, s.State, s.Next, s.Result}
				})
			})
		},
	}
}

func (a *App) shownSchedule(ctx context.Context, s config.Schedule) (scheduleJSON, error) {
	out := scheduleJSON{Name: s.Name, Job: s.Job, Times: s.Cron, Zone: s.Zone.String()}
	times, err := jobs.ParseCalendar(s.Cron, s.Zone)
	if err != nil {
		return out, err
	}
	for _, slot := range times.Next(time.Now(), 1) {
		out.Next = slot.String()
	}
	runs, err := a.Store.SlotRuns(ctx, s.Name, 20)
	if err != nil {
		return out, err
	}
	if last := lastRun(runs); last != nil {
		out.Last, out.State, out.Result, out.Finished = last.Slot, last.State, last.Result, when(last.Finished)
	}
	return out, nil
}

// lastRun is the newest slot that was run; rows that only say where the calendar
// begins are none.
func lastRun(runs []store.SlotRun) *store.SlotRun {
	for i := range runs {
		if runs[i].State != "installed" && runs[i].State != "skipped" {
			return &runs[i]
		}
	}
	return nil
}
