package main

import (
	"context"
	"path/filepath"
	"time"

	"github.com/throughline/throughline/jobs"
	"github.com/throughline/throughline/jobs/clocks"
	"github.com/throughline/throughline/jobs/reconcile"
	"github.com/throughline/throughline/ledger"
)

// clock rings the schedules of the configuration; nil when there are none.
func (a *App) clock() (*jobs.Service, error) {
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
func (a *App) lookAtClocks(ctx context.Context, _ jobs.Slot, _ jobs.Tell) (string, error) {
	sum, err := clocks.Run(ctx, clocks.Deps{Store: a.Store, Kept: a.Store, Steps: a.stepsOf, Table: a.Config.Clocks, Zone: a.zoneOf, Log: a.Log}, time.Now())
	return sum.String(), err
}

// nightly reconciles the day before the slot and writes its files beside the data.
func (a *App) nightly(ctx context.Context, slot jobs.Slot, tell jobs.Tell) (string, error) {
	return reconcile.Nightly(a.reconcileDeps(), reconcile.Options{}, func(ctx context.Context, run *ledger.Run) error {
		_, err := reconcile.Export(ctx, a.reconcileDeps(), run, filepath.Join(a.Config.Store.DataDir, "reports", run.AsOf.String()), reconcile.ExportOptions{Excel: true})
		return err
	})(ctx, slot, tell)
}

// increment judges the children who have changed since the last full night.
func (a *App) increment(ctx context.Context, slot jobs.Slot, tell jobs.Tell) (string, error) {
	return reconcile.Increment(a.reconcileDeps(), reconcile.Options{}, a.Store.LastRun)(ctx, slot, tell)
}
